// C7: several threads at work on the same keys. Their calls must be linearizable key by key, and durably so: behind
// every crash the recovered value is one that a read at the end of some allowed order would have answered.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_map>

#include <holdfast/holdfast.hpp>
#include <holdfast/testing/crash_images.hpp>

#include "linearizability.hpp"
#include "runner.hpp"

namespace holdfast::lab {
namespace {

using Kind = KeyCall::Kind;

constexpr KeyCall answered(Kind kind, std::uint64_t begun, std::uint64_t ended, ValueNumber value,
                           bool answer = false) {
  return {.kind = kind, .begun = begun, .ended = ended, .value = value, .answer = answer};
}

TEST(Linearizability, AReadMaySeeAWriteThatRunsBesideIt) {
  EXPECT_TRUE(is_linearizable({answered(Kind::put, 1, 4, 7), answered(Kind::get, 2, 3, 7)}, 0));
  EXPECT_TRUE(is_linearizable({answered(Kind::put, 1, 4, 7), answered(Kind::get, 2, 3, 0)}, 0));
}

TEST(Linearizability, AReadBehindAWriteMustSeeIt) {
  EXPECT_FALSE(is_linearizable({answered(Kind::put, 1, 2, 7), answered(Kind::get, 3, 4, 0)}, 0));
}

TEST(Linearizability, TwoReadsDoNotGoBack) {
  EXPECT_FALSE(is_linearizable(
      {answered(Kind::put, 1, 9, 7), answered(Kind::get, 2, 3, 7), answered(Kind::get, 4, 5, 0)}, 0));
}

TEST(Linearizability, OfTwoConditionalWritesOneWins) {
  const auto cas = [](std::uint64_t begun, std::uint64_t ended, ValueNumber value, bool answer) {
    return KeyCall{.kind = Kind::compare_and_set, .begun = begun, .ended = ended, .value = value, .answer = answer};
  };
  EXPECT_TRUE(is_linearizable({cas(1, 4, 7, true), cas(2, 3, 8, false)}, 0));
  EXPECT_FALSE(is_linearizable({cas(1, 4, 7, true), cas(2, 3, 8, true)}, 0));
}

TEST(Linearizability, ACallWithoutAnswerMayHaveHappenedOrNot) {
  const KeyCall lost{.kind = Kind::put, .begun = 1, .value = 7};
  EXPECT_TRUE(is_linearizable({lost, answered(Kind::get, 2, 3, 7)}, 0));
  EXPECT_TRUE(is_linearizable({lost, answered(Kind::get, 2, 3, 0)}, 0));
  EXPECT_FALSE(is_linearizable({lost, answered(Kind::get, 2, 3, 7), answered(Kind::get, 4, 5, 0)}, 0));
}

TEST(Linearizability, AnEraseKnowsWhetherThereWasSomething) {
  EXPECT_FALSE(is_linearizable({answered(Kind::erase, 1, 2, 0, true)}, 0));
  EXPECT_TRUE(is_linearizable({answered(Kind::erase, 1, 2, 0, true)}, 5));
}

constexpr int kThreads = 3;
constexpr int kKeys = 2;
constexpr int kCallsPerThread = 16;
constexpr std::size_t kValueBytes = 40;

std::string key_name(int key) { return "shared " + std::to_string(key); }

std::string text_of(ValueNumber value) { return std::to_string(value) + " " + value_of(value, kValueBytes); }

ValueNumber number_of(const std::optional<std::string>& text) {
  return text ? static_cast<ValueNumber>(std::strtoul(text->c_str(), nullptr, 10)) : 0;
}

/// Threads that call on shared keys, and what they saw.
class SharedKeys {
 public:
  SharedKeys(std::shared_ptr<testing::CrashMedium> medium, std::uint64_t seed) : medium_(std::move(medium)), seed_(seed) {}

  void run(Kv space) {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread)
      threads.emplace_back([this, space, thread]() mutable { work(space, thread); });
    for (std::thread& thread : threads) thread.join();
  }

  /// All calls on `key` as a client knows them who lost its store behind `event_count` events, the look at what was
  /// recovered added.
  [[nodiscard]] std::vector<KeyCall> calls(int key, std::uint64_t event_count, ValueNumber recovered) const {
    std::vector<KeyCall> known;
    for (const Noted& noted : noted_) {
      if (noted.key != key || noted.events_before > event_count) continue;
      known.push_back(noted.call);
      if (noted.events_behind > event_count) known.back().ended = KeyCall::kNever;
    }
    known.push_back({.kind = Kind::get, .begun = KeyCall::kNever - 2, .ended = KeyCall::kNever - 1, .value = recovered});
    return known;
  }

 private:
  struct Noted {
    int key = 0;
    std::uint64_t events_before = 0;
    std::uint64_t events_behind = 0;
    KeyCall call{};
  };

  void work(Kv& space, int thread) {
    std::mt19937_64 random(seed_ * 31 + static_cast<std::uint64_t>(thread));
    for (int i = 0; i < kCallsPerThread; ++i) {
      Noted noted{.key = static_cast<int>(random() % kKeys), .events_before = medium_->event_count()};
      noted.call.begun = ++clock_;
      call(space, noted, random() % 8);
      noted.call.ended = ++clock_;
      noted.events_behind = medium_->event_count();
      const std::lock_guard lock(mutex_);
      noted_.push_back(noted);
    }
  }

  void call(Kv& space, Noted& noted, std::uint64_t what) {
    KeyCall& call = noted.call;
    const std::string key = key_name(noted.key);
    if (what < 2) {
      call.kind = Kind::get;
      const auto found = space.get(key);
      ASSERT_TRUE(found) << found.error().to_string();
      call.value = number_of(*found);
    } else if (what < 5) {
      call.kind = Kind::put;
      call.value = ++last_value_;
      ASSERT_TRUE(space.put(key, text_of(call.value)));
    } else if (what < 6) {
      call.kind = Kind::erase;
      const auto erased = space.erase(key);
      ASSERT_TRUE(erased) << erased.error().to_string();
      call.answer = *erased;
    } else {
      const auto present = space.get(key);
      ASSERT_TRUE(present) << present.error().to_string();
      call.kind = Kind::compare_and_set;
      call.begun = ++clock_;  // the look before is no part of it
      call.expected = number_of(*present);
      call.value = ++last_value_;
      const auto set = space.compare_and_set(
          key, *present ? std::optional<std::string_view>(**present) : std::nullopt, text_of(call.value));
      ASSERT_TRUE(set) << set.error().to_string();
      call.answer = *set;
    }
  }

  std::shared_ptr<testing::CrashMedium> medium_;
  std::uint64_t seed_;
  std::atomic<std::uint64_t> clock_{0};
  std::atomic<ValueNumber> last_value_{0};
  std::mutex mutex_;
  std::vector<Noted> noted_;
};

using Values = std::vector<ValueNumber>;

Values values_in(Store& store) {
  Values values;
  const auto space = store.kv("shared", {.mode = OpenMode::existing});
  for (int key = 0; key < kKeys; ++key) {
    const auto found = space ? space->get(key_name(key)) : Result<std::optional<std::string>>(Unexpected(space.error()));
    EXPECT_TRUE(found) << found.error().to_string();
    values.push_back(found ? number_of(*found) : 0);
    if (found && *found) {
      EXPECT_EQ(**found, text_of(values.back()));
    }
  }
  return values;
}

class SharedKeysLab : public ::testing::TestWithParam<testing::MediumModel> {};

TEST_P(SharedKeysLab, AreDurablyLinearizable) {
  const RunOptions options = run_options_from_environment();
  const Options store_options{.segment_size_bytes = std::uint64_t{64} << 10};
  const testing::CrashOptions medium_options{.model = GetParam(), .size_bytes = std::uint64_t{384} << 10};
  const auto medium = testing::CrashMedium::create(medium_options);
  auto store = Store::open(medium->open().value(), store_options);
  ASSERT_TRUE(store) << store.error().to_string();
  auto space = store->kv("shared");
  ASSERT_TRUE(space) << space.error().to_string();
  const std::uint64_t first_point = medium->event_count();
  SharedKeys shared(medium, options.seed);
  shared.run(*space);
  ASSERT_FALSE(HasFatalFailure());
  const Values at_last = values_in(*store);
  for (int key = 0; key < kKeys; ++key)
    ASSERT_TRUE(is_linearizable(shared.calls(key, UINT64_MAX, at_last[static_cast<std::size_t>(key)]), 0)) << key_name(key);

  std::uint64_t images = 0;
  std::unordered_map<std::uint64_t, Values> recovered;  // by the image's hash
  for_each_crash_image(
      *medium, {.seed = options.seed, .images_max = options.images_max, .first_point = first_point},
      [&](const testing::CrashPoint& point, const testing::CrashImage& image) {
        ++images;
        auto [found, is_new] = recovered.try_emplace(image.hash);
        if (is_new) {
          testing::CrashOptions look = medium_options;
          look.keeps_log = false;
          auto again = Store::open(testing::CrashMedium::from_image(image, look)->open().value(), store_options);
          EXPECT_TRUE(again) << point.to_string() << ": " << again.error().to_string();
          if (!again) return false;
          found->second = values_in(*again);
        }
        for (int key = 0; key < kKeys; ++key) {
          const ValueNumber value = found->second[static_cast<std::size_t>(key)];
          EXPECT_TRUE(is_linearizable(shared.calls(key, point.event_count, value), 0))
              << point.to_string() << ": " << key_name(key) << " holds " << value;
        }
        return !HasFailure();
      });
  std::cout << "lab: shared keys, model=" << name(GetParam()) << ", events=" << medium->event_count()
            << ", images=" << images << ", recoveries=" << recovered.size() << ", seed=" << options.seed << '\n';
  EXPECT_GT(images, 0u);
}

INSTANTIATE_TEST_SUITE_P(, SharedKeysLab,
                         ::testing::Values(testing::MediumModel::cache_lines, testing::MediumModel::pages),
                         [](const auto& one) { return std::string(testing::name(one.param)); });

}  // namespace
}  // namespace holdfast::lab
