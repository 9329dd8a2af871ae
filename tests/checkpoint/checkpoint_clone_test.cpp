// Logs made of what is below a checkpoint.

#include <algorithm>

#include "checkpoint_fixture.hpp"

namespace holdfast::checkpoint_tests {
namespace {

/// Whether the shards hold the same records, up to their ids.
void expect_same(const std::vector<LogEntry>& copies, const std::vector<LogEntry>& originals) {
  ASSERT_EQ(copies.size(), originals.size());
  for (std::size_t i = 0; i < copies.size(); ++i) {
    EXPECT_EQ(copies[i].id, i + 1);
    EXPECT_EQ(copies[i].key, originals[i].key);
    EXPECT_EQ(copies[i].payload, originals[i].payload);
    EXPECT_EQ(copies[i].timestamp_us, originals[i].timestamp_us);
    EXPECT_EQ(copies[i].erases_key, originals[i].erases_key);
  }
}

void expect_clone(const ShardedLog& clone, const ShardedLog& log, const Checkpoint& cut) {
  ASSERT_EQ(clone.shard_count(), log.shard_count());
  const auto ends = ends_of(clone);
  for (std::uint32_t i = 0; i < log.shard_count(); ++i)
    expect_same(records_below(clone, i, ends[i]), records_below(log, i, cut.next[i]));
  for (std::uint64_t key = 0; key < 40; ++key) EXPECT_EQ(clone.shard_of(key_of(key)), log.shard_of(key_of(key)));
}

TEST_P(Checkpoints, AreClonedWithKeysTimesAndErases) {
  ASSERT_TRUE(ok(log_->append("k1", "first", {.timestamp_us = 12'345})));
  append(5'000);
  ASSERT_TRUE(ok(log_->append("k2", std::string(300'000, 'L'))));
  ASSERT_TRUE(ok(log_->erase_key("k3")));
  ASSERT_TRUE(ok(log_->append("k4", "before")));
  const Checkpoint cut = create("cut");
  append(100);
  ASSERT_TRUE(ok(log_->append("k4", "behind")));
  const auto clone = log_->clone_at("cut", *store_, "clone");
  ASSERT_TRUE(ok(clone));
  expect_clone(*clone, *log_, cut);
  EXPECT_EQ(clone->latest("k4")->value().payload, "before");
  EXPECT_EQ(clone->latest("k2")->value().payload.size(), 300'000u);
  EXPECT_FALSE(*clone->latest("k3"));
  EXPECT_EQ(log_->latest("k4")->value().payload, "behind");
  EXPECT_TRUE(ids_of(clone->checkpoints()).empty());
}

TEST_P(Checkpoints, AreClonedToLogsThatGoTheirOwnWay) {
  append(50);
  create("cut");
  auto clone = log_->clone_at("cut", *store_, "clone");
  ASSERT_TRUE(ok(clone));
  const auto ends = ends_of(*log_);
  ASSERT_TRUE(ok(clone->append("k1", "more")));
  ASSERT_TRUE(ok(clone->create_checkpoint("of the clone")));
  EXPECT_EQ(ends_of(*log_), ends);
  EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"cut"}));
  ASSERT_TRUE(ok(log_->prune_before("cut")));
  EXPECT_EQ(records_below(*clone, 0, 1'000).size(), ends[0] - 1 + (clone->shard_of("k1") == 0 ? 1u : 0u));
}

TEST_P(Checkpoints, OfAPrunedLogAreClonedWithWhatIsLeft) {
  append(100);
  create("old");
  append(100);
  const Checkpoint cut = create("cut");
  ASSERT_TRUE(ok(log_->prune_before("old")));
  const auto clone = log_->clone_at("cut", *store_, "clone");
  ASSERT_TRUE(ok(clone));
  expect_clone(*clone, *log_, cut);
}

TEST_P(Checkpoints, AreNotClonedOverWhatIsThere) {
  append(10);
  create("cut");
  EXPECT_TRUE(fails_with(ErrorCode::exists, log_->clone_at("cut", *store_, "events")));
  ASSERT_TRUE(ok(store_->log("taken#2")));
  EXPECT_TRUE(fails_with(ErrorCode::exists, log_->clone_at("cut", *store_, "taken")));
  EXPECT_TRUE(ok(store_->log("taken#2", {.mode = OpenMode::existing}))) << "somebody else's";
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->log("taken#0", {.mode = OpenMode::existing})));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, log_->clone_at("cut", *store_, "")));
  ASSERT_TRUE(ok(log_->clone_at("cut", *store_, "clone")));
  EXPECT_TRUE(fails_with(ErrorCode::exists, log_->clone_at("cut", *store_, "clone")));
}

TEST_P(CheckpointsReopened, AreClonedIntoOtherStoresThatKeepThem) {
  append(500);
  const Checkpoint cut = create("cut");
  append(5);
  const auto path = directory_.path() / "other";
  {
    auto other = Store::open(path, options_);
    ASSERT_TRUE(ok(other));
    ASSERT_TRUE(ok(log_->clone_at("cut", *other, "events")));
  }
  auto other = Store::open(path, options_);
  ASSERT_TRUE(ok(other));
  const auto clone = ShardedLog::open(*other, "events", {.mode = OpenMode::existing});
  ASSERT_TRUE(ok(clone));
  expect_clone(*clone, *log_, cut);
}

TEST_P(Checkpoints, ThatFindNoRoomForTheirCloneLeaveNothingOfIt) {
  close();
  options_.max_size_bytes = options_.size_bytes;
  open();
  const std::string payload(100'000, 'p');
  for (std::uint64_t i = 0; i < 45; ++i) ASSERT_TRUE(ok(log_->append(key_of(i), payload)));
  create("cut");
  EXPECT_TRUE(fails_with(ErrorCode::no_space, log_->clone_at("cut", *store_, "clone")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, ShardedLog::open(*store_, "clone", {.mode = OpenMode::existing})));
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(
        fails_with(ErrorCode::not_found, store_->log("clone#" + std::to_string(i), {.mode = OpenMode::existing})));
  EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"cut"}));
}

}  // namespace
}  // namespace holdfast::checkpoint_tests
