// A process that writes with every facade at once is killed with SIGKILL again and again: at a random time, at a random
// call of the seam, or while it recovers from the last kill. Of each lane every acknowledged operation must be there,
// the one in flight whole or not at all, and nothing else. Nothing here proves a sync or a fence (the page cache
// survives the kill); the crash lab does that.

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include <holdfast/holdfast.hpp>

#include "contract/storage_test_support.hpp"
#include "killed_process.hpp"
#include "lanes/store_check.hpp"

namespace holdfast::kill {
namespace {

using lanes::kLanes;

constexpr std::uint64_t kSeed = 60;
constexpr int kStores = 2;
constexpr int kKillsPerStore = 15;

/// How a process is ended.
enum class Way { at_a_time, at_a_call, early };
constexpr std::uint64_t kWays = 3;

/// What the killing process does between two writers.
enum class Between {
  look_and_close,  ///< opens, checks, closes cleanly
  look_and_drop,   ///< opens, checks, ends as if killed itself
  look_read_only,  ///< opens read-only and checks: the next writer recovers the crash
};

/// One store over its kills.
class Victim {
 public:
  Victim(Target target, std::mt19937_64& random) : target_(std::move(target)), random_(random) {}

  void run() {
    for (int round = 0; round < kKillsPerStore && !::testing::Test::HasFailure(); ++round) {
      const Kill kill = choose_kill(round == 0);
      SCOPED_TRACE("kill " + std::to_string(round) + ", " + (kill.point ? kill.point->to_string() : "at a time"));
      ASSERT_EQ(write_and_kill(target_, page_, kill), "");
      ++kills_;
      was_writing_ = !kill.is_early && !kill.point;
      look(round + 1 == kKillsPerStore ? Between::look_and_close : static_cast<Between>(random_() % 3));
    }
  }

  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] int kills() const { return kills_; }

 private:
  /// The first writer creates the store, and does something.
  [[nodiscard]] Kill choose_kill(bool is_first) {
    Kill kill{.more = 20 + random_() % 1500, .wait_us = 2000 + random_() % 100'000};
    if (is_first) return kill;
    switch (static_cast<Way>(random_() % kWays)) {
      case Way::at_a_time:
        break;
      case Way::at_a_call: {
        const auto call = static_cast<StorageCall>(random_() % kStorageCalls);
        const bool is_rare = call == StorageCall::grow || call == StorageCall::punch;
        kill.point = KillPoint{call, 1 + random_() % (is_rare ? 2 : 400), random_() % 2 == 0};
        break;
      }
      case Way::early:
        kill.is_early = true;
        kill.wait_us = random_() % 15'000;
        break;
    }
    return kill;
  }

  void look(Between between) {
    Options options = target_.options;
    options.mode = between == Between::look_read_only ? OpenMode::read_only : OpenMode::existing;
    auto store = Store::open(target_.path, options);
    ASSERT_TRUE(ok(store));
    if (was_writing_) {
      EXPECT_FALSE(store->recovery().clean_close);
    }
    auto spaces = lanes::open_spaces(std::move(*store), options.mode);
    ASSERT_TRUE(ok(spaces));
    settle(lanes::check_store(*spaces, target_.seed, acknowledged_by_lane()));
    if (between != Between::look_and_close) return;
    EXPECT_TRUE(ok(spaces->store.close()));
  }

  [[nodiscard]] lanes::Acknowledged acknowledged_by_lane() const {
    lanes::Acknowledged numbers{};
    for (std::uint32_t lane = 0; lane < kLanes.size(); ++lane) numbers[lane] = page_->threads[lane].acknowledged.load();
    return numbers;
  }

  /// What is there now is promised from now on; the next writer goes on behind it.
  void settle(const lanes::Verdict& verdict) {
    for (const std::string& complaint : verdict.complaints) ADD_FAILURE() << complaint;
    std::uint64_t sum = 0;
    for (std::uint32_t lane = 0; lane < kLanes.size(); ++lane) {
      auto& thread = page_->threads[lane];
      const std::uint64_t acknowledged = thread.acknowledged.load();
      const std::uint64_t begun = thread.begun.load();
      EXPECT_TRUE(begun == acknowledged || begun == acknowledged + 1);
      thread.acknowledged.store(verdict.settled[lane]);
      thread.begun.store(verdict.settled[lane]);
      sum += verdict.settled[lane];
    }
    acknowledged_ = sum;
  }

  Target target_;
  std::mt19937_64& random_;
  SharedPage page_;
  std::uint64_t acknowledged_ = 0;
  int kills_ = 0;
  bool was_writing_ = false;  ///< When it was killed: else it may have changed nothing yet.
};

/// On each medium that a second process can open.
class LanesKillLoop : public ::testing::TestWithParam<BackendRow> {};

TEST_P(LanesKillLoop, KillsOfEveryFacadeLoseAndTearNothing) {
  const char* chosen = std::getenv("HOLDFAST_KILL_SEED");
  const std::uint64_t seed = chosen != nullptr ? std::stoull(chosen) : kSeed;
  SCOPED_TRACE("HOLDFAST_KILL_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const TestDirectory directory(GetParam()->root);
  std::uint64_t acknowledged = 0;
  int kills = 0;
  for (int i = 0; i < kStores && !HasFailure(); ++i) {
    SCOPED_TRACE("store " + std::to_string(i));
    Target target{.writer = HOLDFAST_LANES_WRITER,
                  .threads = kLanes.size(),
                  .path = directory.path() / ("store" + std::to_string(i)),
                  .seed = random()};
    target.options.backend = GetParam()->capabilities.granularity == Granularity::page ? Backend::file : Backend::pmem;
    target.options.emulate_pmem = true;
    target.options.segment_size_bytes = (std::uint64_t{64} << 10) << (random() % 4);
    target.options.size_bytes = 8 * kMiB;  // small: growth is killed as well
    Victim victim(std::move(target), random);
    victim.run();
    acknowledged += victim.acknowledged();
    kills += victim.kills();
  }
  EXPECT_EQ(kills, kStores * kKillsPerStore);
  std::cout << "kill loop: every facade, medium=" << GetParam()->name << ", kills=" << kills
            << ", acknowledged=" << acknowledged << ", seed=" << seed << (HasFailure() ? ", FAILED" : ", 0 lost, 0 torn")
            << '\n';
}

INSTANTIATE_TEST_SUITE_P(Media, LanesKillLoop, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

}  // namespace
}  // namespace holdfast::kill
