// What lies behind a checkpoint taken away.

#include <algorithm>
#include <atomic>
#include <thread>

#include "checkpoint_fixture.hpp"

namespace holdfast::checkpoint_tests {
namespace {

std::vector<std::string> payloads_of(const ShardedLog& log) {
  std::vector<std::string> payloads;
  const auto ends = ends_of(log);
  for (std::uint32_t i = 0; i < log.shard_count(); ++i)
    for (const LogEntry& entry : records_below(log, i, ends[i])) payloads.push_back(entry.payload);
  return payloads;
}

class CheckpointsRestored : public CheckpointTest {};
INSTANTIATE_TEST_SUITE_P(, CheckpointsRestored, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(CheckpointsRestored, AreWhatTheLogIsThen) {
  append(100);
  ASSERT_TRUE(ok(log_->append("kept", "at the cut")));
  ASSERT_TRUE(ok(log_->append("erased later", "is back")));
  create("old");
  const Checkpoint cut = create("cut");
  const auto payloads = payloads_of(*log_);
  append(100);
  create("young");
  ASSERT_TRUE(ok(log_->append("kept", "behind")));
  ASSERT_TRUE(ok(log_->append("new", "behind")));
  ASSERT_TRUE(ok(log_->erase_key("erased later")));
  const auto ends = ends_of(*log_);
  ASSERT_TRUE(ok(log_->restore("cut")));
  EXPECT_EQ(payloads_of(*log_), payloads);
  EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"old", "cut"}));
  EXPECT_EQ(log_->latest("kept")->value().payload, "at the cut");
  EXPECT_EQ(log_->latest("erased later")->value().payload, "is back");
  EXPECT_FALSE(*log_->latest("new"));
  EXPECT_EQ(ends_of(*log_), ends) << "ids are not given out again";
  const auto place = log_->append("kept", "anew");
  ASSERT_TRUE(ok(place));
  EXPECT_EQ(place->id, ends[place->shard]);
  EXPECT_EQ(log_->latest("kept")->value().payload, "anew");
  ASSERT_TRUE(ok(log_->create_checkpoint("behind the gap")));
  const auto clone = log_->clone_at("behind the gap", *store_, "clone");
  ASSERT_TRUE(ok(clone));
  EXPECT_EQ(payloads_of(*clone), payloads_of(*log_));
}

TEST_P(CheckpointsRestored, AreRestoredAgainAndFurtherBack) {
  create("empty");
  append(50);
  create("a");
  const auto at_a = payloads_of(*log_);
  append(50);
  create("b");
  for (int round = 0; round < 3; ++round) {
    append(20);
    ASSERT_TRUE(ok(log_->restore("a"))) << round;
    EXPECT_EQ(payloads_of(*log_), at_a);
    EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"empty", "a"}));
  }
  ASSERT_TRUE(ok(log_->restore("empty")));
  EXPECT_TRUE(payloads_of(*log_).empty());
  ASSERT_TRUE(ok(log_->restore("empty")));
  append(3);
  EXPECT_EQ(payloads_of(*log_).size(), 3u);
}

TEST_P(CheckpointsRestored, BesideAppendsLeaveNothingBetween) {
  append(100);
  create("cut");
  constexpr std::uint64_t kRecordsEach = 5'000;  // a restore: its syncs may be slow, and the store has its bound
  std::atomic<bool> is_over{false};
  std::atomic<std::uint64_t> restored{0};
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 3; ++writer)
    writers.emplace_back([&, writer] {
      for (std::uint64_t i = 0; !is_over.load();) {
        if (i == kRecordsEach * (restored.load() + 1)) {
          std::this_thread::yield();
          continue;
        }
        ASSERT_TRUE(ok(log_->append(key_of(i), std::to_string(writer) + ":" + std::to_string(i))));
        ++i;
      }
    });
  for (int round = 0; round < 10; ++round, ++restored) ASSERT_TRUE(ok(log_->restore("cut")));
  is_over = true;
  for (std::thread& writer : writers) writer.join();
  // Of each writer's records those from some moment on are left.
  auto payloads = payloads_of(*log_);
  for (int writer = 0; writer < 3; ++writer) {
    std::vector<int> numbers;
    const std::string prefix = std::to_string(writer) + ":";
    for (const std::string& payload : payloads)
      if (payload.starts_with(prefix)) numbers.push_back(std::stoi(payload.substr(prefix.size())));
    std::sort(numbers.begin(), numbers.end());
    for (std::size_t i = 1; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], numbers[i - 1] + 1);
  }
  EXPECT_EQ(std::count_if(payloads.begin(), payloads.end(),
                          [](const std::string& payload) { return payload.starts_with("payload"); }),
            100);
}

/// The same, over restarts.
class CheckpointsRestoredReopened : public CheckpointsRestored {};
INSTANTIATE_TEST_SUITE_P(, CheckpointsRestoredReopened,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

TEST_P(CheckpointsRestoredReopened, AreStillWhatTheLogIs) {
  append(100);
  create("cut");
  const auto payloads = payloads_of(*log_);
  append(100);
  ASSERT_TRUE(ok(log_->restore("cut")));
  for (int round = 0; round < 2; ++round) {
    round == 0 ? reopen_after_kill() : reopen_after_close();
    EXPECT_EQ(payloads_of(*log_), payloads);
    EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"cut"}));
    EXPECT_TRUE(ok(log_->restore("cut")));
  }
}

}  // namespace
}  // namespace holdfast::checkpoint_tests
