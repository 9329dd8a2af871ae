// What lies below a checkpoint taken away.

#include "checkpoint_fixture.hpp"

namespace holdfast::checkpoint_tests {
namespace {

std::uint64_t records_of(const ShardedLog& log) {
  std::uint64_t count = 0;
  const auto ends = ends_of(log);
  for (std::uint32_t i = 0; i < log.shard_count(); ++i) count += records_below(log, i, ends[i]).size();
  return count;
}

std::vector<LogId> begins_of(const ShardedLog& log) {
  std::vector<LogId> begins;
  for (std::uint32_t i = 0; i < log.shard_count(); ++i) begins.push_back(*log.shard(i)->first_id());
  return begins;
}

TEST_P(Checkpoints, ArePrunedToTheRecordWithThoseBeforeThem) {
  append(100);
  create("old");
  append(100);
  const Checkpoint cut = create("cut");
  append(77);
  create("young");
  const auto pruned = log_->prune_before("cut");
  ASSERT_TRUE(ok(pruned));
  EXPECT_EQ(pruned->shards, 4u);
  EXPECT_EQ(pruned->checkpoints, 1u);
  EXPECT_EQ(begins_of(*log_), cut.next);
  EXPECT_EQ(records_of(*log_), 77u);
  EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"cut", "young"}));
  const auto again = log_->prune_before("cut");
  ASSERT_TRUE(ok(again));
  EXPECT_EQ(again->shards, 0u);
  EXPECT_EQ(again->segments, 0u);
  EXPECT_EQ(again->checkpoints, 0u);
}

TEST_P(Checkpoints, PrunedGiveWholeSegmentsBack) {
  ShardedLog log = this->log(
      "cut often", {.shards = 2, .log = {.durability = Durability::buffered, .settings = {.segment_records_max = 10}}});
  for (std::uint64_t i = 0; i < 200; ++i) ASSERT_TRUE(ok(log.append(key_of(i), "payload")));
  ASSERT_TRUE(ok(log.create_checkpoint("a")));
  for (std::uint64_t i = 0; i < 50; ++i) ASSERT_TRUE(ok(log.append(key_of(i), "payload")));
  const auto pruned = log.prune_before("a");
  ASSERT_TRUE(ok(pruned));
  EXPECT_GE(pruned->segments, 15u);
  EXPECT_GT(pruned->bytes, 0u);
  EXPECT_EQ(records_of(log), 50u);
}

TEST_P(Checkpoints, AreNotPrunedBelowAReaderOrACursorInAnyShard) {
  append(100);
  create("old");
  append(100);
  const Checkpoint cut = create("cut");
  const auto unchanged = [&] {
    EXPECT_EQ(begins_of(*log_), std::vector<LogId>(4, 1));
    EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"old", "cut"}));
  };
  auto last = *log_->shard(3);
  {
    const auto reader = last.reader(cut.next[3] - 1);
    ASSERT_TRUE(ok(reader));
    const auto refused = log_->prune_before("cut");
    ASSERT_TRUE(fails_with(ErrorCode::busy, refused));
    EXPECT_NE(refused.error().message.find("a reader"), std::string::npos) << refused.error().to_string();
    unchanged();
  }
  ASSERT_TRUE(ok(last.commit_cursor("slow", cut.next[3] - 1)));
  const auto refused = log_->prune_before("cut");
  ASSERT_TRUE(fails_with(ErrorCode::busy, refused));
  EXPECT_NE(refused.error().message.find("'slow'"), std::string::npos) << refused.error().to_string();
  unchanged();
  ASSERT_TRUE(ok(last.commit_cursor("slow", cut.next[3] - 1, {.protects = false})));
  const auto reader = last.reader(cut.next[3]);
  ASSERT_TRUE(ok(reader));
  EXPECT_TRUE(ok(log_->prune_before("cut"))) << "who stands at the cut is not in the way";
  EXPECT_EQ(begins_of(*log_), cut.next);
}

TEST_P(CheckpointsReopened, StayPrunedAndAreUsedAgain) {
  append(120);
  create("a");
  append(60);
  ASSERT_TRUE(ok(log_->prune_before("a")));
  append(40);
  reopen_after_kill();
  EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"a"}));
  const auto begins = begins_of(*log_);
  EXPECT_EQ(begins, log_->checkpoint("a")->next);
  const Checkpoint b = create("b");
  append(30);
  ASSERT_TRUE(ok(log_->prune_before("b")));
  reopen_after_close();
  EXPECT_EQ(begins_of(*log_), b.next);
  EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"b"}));
  EXPECT_EQ(records_of(*log_), 30u);
}

TEST_P(Checkpoints, ThatRetentionHasPassedStayWithWhatIsLeft) {
  append(100);
  const Checkpoint old = create("old");
  append(100);
  create("young");
  auto shard = *log_->shard(0);
  ASSERT_TRUE(ok(shard.truncate_before(old.next[0] + 5)));
  EXPECT_EQ(log_->checkpoint("old")->next, old.next);
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, log_->restore("old")));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, log_->clone_at("old", *store_, "clone")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, ShardedLog::open(*store_, "clone", {.mode = OpenMode::existing})));
  EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"old", "young"}));
}

}  // namespace
}  // namespace holdfast::checkpoint_tests
