// Handles are one log, may outlive their store, and are of the process that opened it.

#include <memory>

#include "contract/forked_child.hpp"
#include "sharded_log_fixture.hpp"

namespace holdfast::sharded_log_tests {
namespace {

void expect_closed(ShardedLog& log) {
  const std::vector<ShardedLogDraft> drafts{{.key = "a", .payload = "b"}};
  EXPECT_TRUE(fails_with(ErrorCode::closed, log.append("key", "payload")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, log.erase_key("key")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, log.append_batch(drafts)));
  EXPECT_TRUE(fails_with(ErrorCode::closed, log.append_atomic(drafts)));
  EXPECT_TRUE(fails_with(ErrorCode::closed, log.read({0, 1})));
  EXPECT_TRUE(fails_with(ErrorCode::closed, log.latest("key")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, log.shard(0)));
  EXPECT_TRUE(fails_with(ErrorCode::closed, log.statistics()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, log.reshard(2)));
}

TEST_P(ShardedLogs, HandlesAnswerClosedBehindAClose) {
  append("key", "payload");
  ASSERT_TRUE(ok(store_->close()));
  expect_closed(*log_);
  EXPECT_EQ(log_->shard_count(), 4u);
  EXPECT_TRUE(fails_with(ErrorCode::closed, ShardedLog::open(*store_, "events")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, ShardedLog::open(*store_, "others")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, ShardedLog::remove(*store_, "events")));
}

TEST_P(ShardedLogs, HandlesOutliveTheirStore) {
  append("key", "payload");
  store_.reset();
  expect_closed(*log_);
}

TEST_P(ShardedLogsReopened, AStoreIsReleasedThoughAHandleLives) {
  append("key", "payload");
  ASSERT_TRUE(ok(store_->sync()));
  store_.reset();
  ShardedLog before = std::move(*log_);
  open();
  expect_all();
  expect_closed(before);
  append("key", "again");
  expect_all();
}

TEST_P(ShardedLogs, AnAssignedStoreReleasesTheOneBefore) {
  const TestDirectory other_directory(GetParam()->root);
  auto other = Store::open(other_directory.store(), options_);
  ASSERT_TRUE(ok(other));
  *store_ = std::move(*other);
  expect_closed(*log_);
  log_.emplace(log("events", log_options_));
  append("key", "payload");
  expect_all();
}

TEST_P(ShardedLogs, AllHandlesAreOneLog) {
  auto second = log("events");
  const ShardedLog third = second;
  append("key", "payload");
  EXPECT_TRUE(latest_is(third, "key", "payload"));
  ASSERT_TRUE(ok(second.append("key", "by another handle")));
  EXPECT_TRUE(latest_is(*log_, "key", "by another handle"));
  log_.reset();
  EXPECT_TRUE(latest_is(second, "key", "by another handle"));
}

TEST_P(ShardedLogs, AMovedStoreGoesOn) {
  append("key", "payload");
  Store moved = std::move(*store_);
  EXPECT_TRUE(latest_is(*log_, "key", "payload"));
  *store_ = std::move(moved);
  append("key", "again");
  expect_all();
}

TEST_P(ShardedLogs, AForkedChildIsRefused) {
  append("key", "payload");
  const std::vector<ShardedLogDraft> drafts{{.key = "a", .payload = "b"}};
  EXPECT_EQ(in_forked_child([&] {
              return is_locked_out(log_->append("key", "child's")) && is_locked_out(log_->append_atomic(drafts)) &&
                             is_locked_out(log_->reshard(2)) && is_locked_out(ShardedLog::open(*store_, "events")) &&
                             is_locked_out(ShardedLog::open(*store_, "new")) &&
                             is_locked_out(ShardedLog::remove(*store_, "events"))
                         ? 1
                         : 0;
            }),
            1);
  append("key", "parent's");
  expect_all();
}

}  // namespace
}  // namespace holdfast::sharded_log_tests
