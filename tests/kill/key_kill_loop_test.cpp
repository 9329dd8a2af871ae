// Fifty times a process with four writing threads is killed with SIGKILL at a random time. Afterwards
// every key must hold what the acknowledged operations left in it, give or take the one operation a
// thread that was in flight, whole or absent. Nothing here proves a sync or a fence (the page cache
// survives the kill); the crash lab does that.

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include <holdfast/holdfast.hpp>

#include "contract/storage_test_support.hpp"
#include "killed_process.hpp"
#include "lanes/key_operations.hpp"
#include "lanes/key_replay.hpp"

namespace holdfast::kill {
namespace {

using lanes::Replay;
using lanes::ThreadState;

constexpr std::uint64_t kSeed = 50;
constexpr int kStores = 5;
constexpr int kKillsPerStore = 10;

/// What the killing process does between two writers.
enum class Between {
  look_and_close,  ///< opens, checks, closes cleanly
  look_and_drop,   ///< opens, checks, ends as if killed itself
  look_read_only,  ///< opens read-only and checks: the next writer recovers the crash
  nothing,         ///< the next writer recovers the crash; what was in flight stays open
};

/// On each medium that a second process can open.
class KeyKillLoop : public ::testing::TestWithParam<BackendRow> {
 protected:
  KeyKillLoop() : directory_(GetParam()->root) {
    const char* seed = std::getenv("HOLDFAST_KILL_SEED");
    seed_ = seed != nullptr ? std::stoull(seed) : kSeed;
  }

  [[nodiscard]] Target target(int index, std::mt19937_64& random) const {
    Target target{.writer = HOLDFAST_KEY_WRITER, .threads = kKeyThreads, .path = directory_.path() / ("store" + std::to_string(index)), .seed = random()};
    target.options.backend =
        GetParam()->capabilities.granularity == Granularity::page ? Backend::file : Backend::pmem;
    target.options.emulate_pmem = true;
    target.options.segment_size_bytes = (std::uint64_t{64} << 10) << (random() % 6);
    target.options.size_bytes = std::uint64_t{8} << 20;  // small: growth is killed as well
    return target;
  }

  TestDirectory directory_;
  std::uint64_t seed_ = 0;
};

/// One store over its ten kills.
class Victim {
 public:
  Victim(Target target, std::mt19937_64& random) : target_(std::move(target)), random_(random) {
    for (std::uint32_t t = 0; t < kKeyThreads; ++t) replays_.emplace_back(target_.seed, t);
  }

  void run() {
    for (int round = 0; round < kKillsPerStore && !::testing::Test::HasFailure(); ++round) {
      SCOPED_TRACE("kill " + std::to_string(round));
      kill_once();
      if (::testing::Test::HasFailure()) return;
      between(static_cast<Between>(random_() % 4));
    }
    if (!::testing::Test::HasFailure()) finish();
  }

  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] std::uint64_t in_flight() const { return in_flight_; }
  [[nodiscard]] int kills() const { return kills_; }

 private:
  void kill_once() {
    const std::uint64_t more = 50 + random_() % 3000;
    const std::uint64_t wait_us = 2000 + random_() % 150'000;  // a slow disk gets something done too
    ASSERT_EQ(write_and_kill(target_, page_, {.more = more, .wait_us = wait_us}), "");
    ++kills_;
    for (std::uint32_t t = 0; t < kKeyThreads; ++t) {
      auto& thread = page_->threads[t];
      const std::uint64_t acknowledged = thread.acknowledged.load();
      const std::uint64_t begun = thread.begun.load();
      ASSERT_TRUE(begun == acknowledged || begun == acknowledged + 1);
      acknowledged_ += acknowledged - replays_[t].begun();
      in_flight_ += begun - acknowledged;
      replays_[t].died(acknowledged, begun);
      thread.acknowledged.store(begun);  // the next writer goes on behind it
    }
  }

  void between(Between action) {
    if (action == Between::nothing) return;
    const bool read_only = action == Between::look_read_only;
    auto store = open(read_only ? OpenMode::read_only : OpenMode::existing);
    if (!store) return;
    EXPECT_FALSE(store->recovery().clean_close);
    check(*store);
    if (action != Between::look_and_close) return;
    auto closed = store->close();
    EXPECT_TRUE(ok(closed));
  }

  std::optional<Store> open(OpenMode mode) {
    Options options = target_.options;
    options.mode = mode;
    auto store = Store::open(target_.path, options);
    EXPECT_TRUE(ok(store));
    if (!store) return std::nullopt;
    for (const Damage& damage : store->recovery().damage)
      ADD_FAILURE() << "damage in segment " << damage.segment_id << ", " << damage.range.size_bytes
                    << " bytes at " << damage.range.offset << ": " << damage.message;
    return std::move(*store);
  }

  void check(Store& store) {
    auto space = store.kv("kill", {.mode = OpenMode::existing});
    ASSERT_TRUE(ok(space));
    std::size_t present = 0;
    for (std::uint32_t t = 0; t < kKeyThreads; ++t) {
      const ThreadState found = read_thread(*space, t);
      present += found.size();
      if (!replays_[t].settle(found)) ADD_FAILURE() << "lost or invented: " << replays_[t].explain(found);
    }
    check_scan(*space, present);
  }

  /// What the keys of one thread hold; a value that does not prove itself is torn.
  ThreadState read_thread(const Kv& space, std::uint32_t thread) {
    ThreadState found;
    for (std::uint32_t index = 0; index < lanes::kKeysPerThread; ++index) {
      const std::string key = lanes::key_of(thread, index);
      auto value = space.get(key);
      EXPECT_TRUE(ok(value));
      if (!value || !*value) continue;
      const auto number = lanes::number_in(key, **value);
      if (!number) {
        ADD_FAILURE() << "torn: '" << key.substr(0, 40) << "', " << (*value)->size() << " bytes";
        continue;
      }
      found[key] = {*number, static_cast<std::uint32_t>((*value)->size())};
    }
    return found;
  }

  /// The scan shows what the gets showed, each key once, and size() counts it.
  void check_scan(const Kv& space, std::size_t present) {
    std::set<std::string, std::less<>> visited;
    auto scanned = space.scan("", [&](std::string_view key, std::string_view value) {
      EXPECT_TRUE(visited.emplace(key).second) << "visited twice";
      auto again = space.get(key);
      EXPECT_TRUE(again && *again && **again == value) << "scan and get differ";
      return true;
    });
    EXPECT_TRUE(ok(scanned));
    EXPECT_EQ(visited.size(), present);
    auto size = space.size();
    ASSERT_TRUE(ok(size));
    EXPECT_EQ(*size, present);
  }

  /// Everything proves itself, and a clean close keeps it.
  void finish() {
    {
      auto store = open(OpenMode::existing);
      ASSERT_TRUE(store);
      check(*store);
      auto report = store->verify();
      ASSERT_TRUE(ok(report));
      EXPECT_TRUE(report->damage.empty());
      ASSERT_TRUE(ok(store->close()));
    }
    auto store = open(OpenMode::read_only);
    ASSERT_TRUE(store);
    EXPECT_TRUE(store->recovery().clean_close);
    check(*store);
  }

  Target target_;
  std::mt19937_64& random_;
  SharedPage page_;
  std::vector<Replay> replays_;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t in_flight_ = 0;
  int kills_ = 0;
};

TEST_P(KeyKillLoop, FiftyKillsLoseAndTearNothing) {
  SCOPED_TRACE("HOLDFAST_KILL_SEED=" + std::to_string(seed_));
  std::mt19937_64 random(seed_);
  std::uint64_t acknowledged = 0;
  std::uint64_t in_flight = 0;
  int kills = 0;
  for (int i = 0; i < kStores && !HasFailure(); ++i) {
    SCOPED_TRACE("store " + std::to_string(i));
    Victim victim(target(i, random), random);
    victim.run();
    acknowledged += victim.acknowledged();
    in_flight += victim.in_flight();
    kills += victim.kills();
  }
  EXPECT_EQ(kills, kStores * kKillsPerStore);
  EXPECT_GE(acknowledged, std::uint64_t{kStores} * kKillsPerStore * kKeyThreads);
  std::cout << "kill loop: keys, medium=" << GetParam()->name << ", kills=" << kills << ", acknowledged=" << acknowledged
            << ", in flight=" << in_flight << ", seed=" << seed_ << (HasFailure() ? ", FAILED" : ", 0 lost, 0 torn") << '\n';
}

INSTANTIATE_TEST_SUITE_P(Media, KeyKillLoop, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

}  // namespace
}  // namespace holdfast::kill
