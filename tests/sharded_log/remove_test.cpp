// A log goes with everything that belongs to it.

#include <algorithm>

#include "sharded_log_fixture.hpp"

namespace holdfast::sharded_log_tests {
namespace {

TEST_P(ShardedLogs, ARemovedLogIsGoneWithItsShardsAndCheckpoints) {
  const auto names = space_names();
  ASSERT_EQ(std::count(names.begin(), names.end(), "events#3"), 1);
  fill(100);
  ASSERT_TRUE(ok(log_->create_checkpoint("one")));
  auto shard = *log_->shard(0);
  ASSERT_TRUE(ok(ShardedLog::remove(*store_, "events")));
  for (const std::string& name : space_names()) EXPECT_FALSE(name.starts_with("events")) << name;
  EXPECT_TRUE(fails_with(ErrorCode::not_found, log_->append("key", "payload")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, log_->latest(key_of(1))));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, log_->create_checkpoint("two")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, log_->reshard(2)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, shard.append("payload")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, ShardedLog::remove(*store_, "events")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, ShardedLog::open(*store_, "events", {.mode = OpenMode::existing})));
}

TEST_P(ShardedLogs, OneOfTheSameNameIsAnother) {
  fill(100);
  ASSERT_TRUE(ok(log_->create_checkpoint("one")));
  const ShardedLog before = *log_;
  ASSERT_TRUE(ok(ShardedLog::remove(*store_, "events")));
  log_.emplace(log("events", {.shards = 3, .log = {.durability = Durability::buffered}}));
  expected_.clear();
  expect_all();
  EXPECT_TRUE(log_->checkpoints()->empty());
  append("key", "payload");
  expect_all();
  EXPECT_TRUE(fails_with(ErrorCode::not_found, before.latest("key")));
}

TEST_P(ShardedLogsReopened, ARemovedLogStaysAway) {
  fill(100);
  log_.reset();
  ASSERT_TRUE(ok(ShardedLog::remove(*store_, "events"))) << "nobody has it open";
  kill();
  open_store();
  EXPECT_TRUE(fails_with(ErrorCode::not_found, ShardedLog::open(*store_, "events", {.mode = OpenMode::existing})));
  EXPECT_TRUE(space_names().size() <= 1) << "but for the ledger";
}

}  // namespace
}  // namespace holdfast::sharded_log_tests
