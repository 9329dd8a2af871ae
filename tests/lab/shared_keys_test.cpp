// C7: several threads at work on the same keys. Their calls must be linearizable key by key, and durably so: behind
// every crash the recovered value is one that a read at the end of some allowed order would have answered.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
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

TEST(Linearizability, AnExchangeKnowsWhatItFoundAndAnAddItsSum) {
  const auto with = [](Kind kind, ValueNumber value, ValueNumber expected) {
    return KeyCall{.kind = kind, .begun = 1, .ended = 2, .value = value, .expected = expected};
  };
  EXPECT_TRUE(is_linearizable({with(Kind::exchange, 7, 5)}, 5));
  EXPECT_FALSE(is_linearizable({with(Kind::exchange, 7, 0)}, 5));
  EXPECT_TRUE(is_linearizable({with(Kind::exchange, 7, 8), with(Kind::exchange, 8, 5)}, 5));
  EXPECT_TRUE(is_linearizable({with(Kind::add, 7, 2), with(Kind::add, 8, 1)}, 5));
  EXPECT_FALSE(is_linearizable({with(Kind::add, 7, 2), with(Kind::add, 6, 1)}, 4));
}

TEST(Linearizability, OneWhoPutsIfAbsentMustHaveFoundNothing) {
  EXPECT_TRUE(is_linearizable({answered(Kind::put_if_absent, 1, 2, 7, true), answered(Kind::get, 3, 4, 7)}, 0));
  EXPECT_FALSE(is_linearizable({answered(Kind::put_if_absent, 1, 2, 7, true)}, 5));
  EXPECT_FALSE(is_linearizable({answered(Kind::put_if_absent, 1, 2, 7, false)}, 0));
}

constexpr int kThreads = 3;
constexpr int kKeys = 3;  // the last one is a counter
constexpr int kCounter = kKeys - 1;
constexpr int kCallsPerThread = 20;
constexpr std::size_t kValueBytes = 40;

std::string key_name(int key) { return "shared " + std::to_string(key); }

ValueNumber counter_in(const std::optional<std::string>& bytes) {
  std::int64_t counter = 0;
  if (bytes && bytes->size() == sizeof counter) std::memcpy(&counter, bytes->data(), sizeof counter);
  return static_cast<ValueNumber>(counter);
}

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

  /// An asynchronous put that is still open.
  struct Open {
    Noted noted;
    Ticket ticket;
  };

  void work(Kv& space, int thread) {
    std::mt19937_64 random(seed_ * 31 + static_cast<std::uint64_t>(thread));
    std::optional<Open> open;
    for (int i = 0; i < kCallsPerThread; ++i) {
      Noted noted{.key = static_cast<int>(random() % kKeys), .events_before = medium_->event_count()};
      noted.call.begun = ++clock_;
      if (noted.key == kCounter) {
        count(space, noted, random() % 4);
      } else if (const std::uint64_t what = random() % 12; what < 3) {
        finish(open);
        put_async(space, noted, open);
        continue;  // one more call comes before anybody asks for its outcome
      } else {
        call(space, noted, what);
      }
      note(noted);
      finish(open);
    }
    finish(open);
  }

  void note(Noted noted) {
    noted.call.ended = ++clock_;
    noted.events_behind = medium_->event_count();
    const std::lock_guard lock(mutex_);
    noted_.push_back(noted);
  }

  void put_async(Kv& space, Noted& noted, std::optional<Open>& open) {
    noted.call.kind = Kind::put;
    noted.call.value = ++last_value_;
    auto ticket = space.put_async(key_name(noted.key), text_of(noted.call.value));
    ASSERT_TRUE(ticket) << ticket.error().to_string();
    open.emplace(Open{noted, std::move(*ticket)});
  }

  void finish(std::optional<Open>& open) {
    if (!open) return;
    const auto outcome = open->ticket.wait();
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    note(open->noted);
    open.reset();
  }

  void count(Kv& space, Noted& noted, std::uint64_t what) {
    KeyCall& call = noted.call;
    const std::string key = key_name(noted.key);
    if (what == 0) {
      call.kind = Kind::get;
      const auto found = space.get(key);
      ASSERT_TRUE(found) << found.error().to_string();
      call.value = counter_in(*found);
    } else {
      call.kind = Kind::add;
      call.expected = static_cast<ValueNumber>(what);
      const auto sum = space.add(key, static_cast<std::int64_t>(what));
      ASSERT_TRUE(sum) << sum.error().to_string();
      call.value = static_cast<ValueNumber>(*sum);
    }
  }

  void call(Kv& space, Noted& noted, std::uint64_t what) {
    KeyCall& call = noted.call;
    const std::string key = key_name(noted.key);
    if (what < 5) {
      call.kind = Kind::get;
      const auto found = space.get(key);
      ASSERT_TRUE(found) << found.error().to_string();
      call.value = number_of(*found);
    } else if (what < 6) {
      call.kind = Kind::put;
      call.value = ++last_value_;
      ASSERT_TRUE(space.put(key, text_of(call.value)));
    } else if (what < 7) {
      call.kind = Kind::erase;
      const auto erased = space.erase(key);
      ASSERT_TRUE(erased) << erased.error().to_string();
      call.answer = *erased;
    } else if (what < 8) {
      call.kind = Kind::put_if_absent;
      call.value = ++last_value_;
      const auto stored = space.put_if_absent(key, text_of(call.value));
      ASSERT_TRUE(stored) << stored.error().to_string();
      call.answer = *stored;
    } else if (what < 10) {
      exchange(space, noted, what == 9);
    } else {
      compare_and_set(space, noted);
    }
  }

  /// By Kv::exchange, or by Kv::update; now and then for nothing.
  void exchange(Kv& space, Noted& noted, bool updates) {
    KeyCall& call = noted.call;
    const std::string key = key_name(noted.key);
    call.kind = Kind::exchange;
    call.value = ++last_value_;
    if (call.value % 4 == 0) call.value = 0;
    std::optional<std::string> desired;
    if (call.value != 0) desired = text_of(call.value);
    if (updates) {
      const auto updated = space.update(key, [&](std::optional<std::string_view> present) {
        call.expected = number_of(present ? std::optional<std::string>(*present) : std::nullopt);
        return desired;
      });
      ASSERT_TRUE(updated) << updated.error().to_string();
      ASSERT_EQ(*updated, desired);
    } else {
      const auto before = space.exchange(key, desired);
      ASSERT_TRUE(before) << before.error().to_string();
      call.expected = number_of(*before);
    }
  }

  void compare_and_set(Kv& space, Noted& noted) {
    KeyCall& call = noted.call;
    const std::string key = key_name(noted.key);
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
    values.push_back(!found ? 0 : key == kCounter ? counter_in(*found) : number_of(*found));
    if (found && *found && key != kCounter) {
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
