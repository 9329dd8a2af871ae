// How a sharded log is opened, and by whom it is refused.

#include <algorithm>

#include "sharded_log/manifest.hpp"
#include "sharded_log_fixture.hpp"

namespace holdfast::sharded_log_tests {
namespace {

TEST_P(ShardedLogs, TheModeSaysWhetherOneIsMade) {
  EXPECT_TRUE(fails_with(ErrorCode::not_found, ShardedLog::open(*store_, "new", {.mode = OpenMode::existing})));
  EXPECT_TRUE(ok(ShardedLog::open(*store_, "new", {.mode = OpenMode::create})));
  EXPECT_TRUE(fails_with(ErrorCode::exists, ShardedLog::open(*store_, "new", {.mode = OpenMode::create})));
  EXPECT_TRUE(ok(ShardedLog::open(*store_, "new", {.mode = OpenMode::existing})));
  EXPECT_EQ(log("new").shard_count(), 8u);
}

TEST_P(ShardedLogs, NamesAndCountsHaveTheirBounds) {
  for (const std::string& name : {std::string(), std::string(kShardedLogNameSizeBytesMax + 1, 'n')})
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, ShardedLog::open(*store_, name)));
  EXPECT_TRUE(ok(ShardedLog::open(*store_, std::string(kShardedLogNameSizeBytesMax, 'n'), {.shards = 1})));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, ShardedLog::open(*store_, "m", {.shards = kLogShardsMax + 1})));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument,
                         ShardedLog::open(*store_, "m", {.log = {.settings = {.segment_bytes = 1}}})));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, ShardedLog::open(*store_, "m", {.mode = OpenMode::existing})))
      << "nothing is left of what was refused";
  EXPECT_LE(sharded_log::shard_name(std::string(kShardedLogNameSizeBytesMax, 'n'), ~std::uint64_t{0}, kLogShardsMax - 1).size(), 255u);
}

TEST_P(ShardedLogsReopened, AllLogsAreListed) {
  ASSERT_TRUE(ok(store_->log("no sharded log")));
  ASSERT_TRUE(ok(ShardedLog::open(*store_, "another", {.shards = 1})));
  ASSERT_TRUE(ok(ShardedLog::open(*store_, "removed", {.shards = 1})));
  ASSERT_TRUE(ok(ShardedLog::remove(*store_, "removed")));
  const auto names = ShardedLog::list(*store_);
  ASSERT_TRUE(ok(names));
  EXPECT_EQ(*names, (std::vector<std::string>{"another", "events"}));
  reopen_after_close();
  EXPECT_EQ(*ShardedLog::list(*store_), *names);
  ASSERT_TRUE(ok(store_->close()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, ShardedLog::list(*store_)));
}

TEST_P(ShardedLogs, AnotherCountIsRefused) {
  const auto refused = ShardedLog::open(*store_, "events", {.shards = 5});
  ASSERT_TRUE(fails_with(ErrorCode::invalid_argument, refused));
  EXPECT_EQ(refused.error().expected, "4");
  EXPECT_EQ(refused.error().found, "5");
  log_.reset();
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, ShardedLog::open(*store_, "events", {.shards = 5})));
  EXPECT_EQ(log("events").shard_count(), 4u);
}

TEST_P(ShardedLogs, KeysGoWhereTheyWentAndEachLogDealsThemItsOwnWay) {
  std::vector<std::uint32_t> before;
  std::vector<std::uint32_t> elsewhere;
  fixed_shards_.reset();
  log_.reset();
  log_.emplace(log("drawn", {.shards = 4}));
  const auto other = log("other", {.shards = 4});
  for (std::uint64_t number = 0; number < 100; ++number) {
    before.push_back(log_->shard_of(key_of(number)));
    elsewhere.push_back(other.shard_of(key_of(number)));
  }
  EXPECT_NE(before, elsewhere) << "each has its own seed";
  log_.reset();
  log_.emplace(log("drawn"));
  for (std::uint64_t number = 0; number < 100; ++number) EXPECT_EQ(log_->shard_of(key_of(number)), before[number]);
}

TEST_P(ShardedLogs, ANameOfAShardThatIsTakenIsLeftAlone) {
  auto taken = store_->log("new#2");
  ASSERT_TRUE(ok(taken));
  ASSERT_TRUE(ok(taken->append("somebody's")));
  EXPECT_TRUE(fails_with(ErrorCode::exists, ShardedLog::open(*store_, "new", {.shards = 4})));
  EXPECT_EQ(taken->read(1)->payload, "somebody's");
  const auto names = space_names();
  EXPECT_EQ(std::count(names.begin(), names.end(), "new#0"), 0);
  EXPECT_TRUE(ok(ShardedLog::open(*store_, "new", {.shards = 2}))) << "these names are free";
}

TEST_P(ShardedLogs, AMissingShardIsCorruption) {
  fill(20);
  log_.reset();
  ASSERT_TRUE(ok(store_->drop_log("events#2")));
  const auto broken = ShardedLog::open(*store_, "events");
  ASSERT_TRUE(fails_with(ErrorCode::corruption, broken));
  EXPECT_EQ(broken.error().expected, "4 shards");
  ASSERT_TRUE(ok(ShardedLog::remove(*store_, "events")));
  EXPECT_EQ(log("events").shard_count(), 8u);
}

TEST_P(ShardedLogsReopened, AStoreThatIsReadOnlyShowsItsLogs) {
  fill(100);
  close();
  options_.mode = OpenMode::read_only;
  open_store();
  EXPECT_TRUE(fails_with(ErrorCode::not_found, ShardedLog::open(*store_, "new")));
  log_.emplace(log("events"));
  expect_all();
  EXPECT_TRUE(fails_with(ErrorCode::read_only, log_->append("key", "payload")));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, log_->append_atomic(std::vector<ShardedLogDraft>{{.key = "key"}})));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, log_->reshard(2)));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, ShardedLog::remove(*store_, "events")));
  expect_all();
}

TEST_P(ShardedLogsReopened, TheShardsHaveTheSettingsTheyWereMadeWith) {
  ASSERT_TRUE(ok(ShardedLog::open(*store_, "small", {.shards = 2, .log = {.settings = {.retain_records = 10}}})));
  reopen_after_close();
  const auto small = log("small", {.log = {.settings = {.retain_records = 99}}});
  for (std::uint32_t index = 0; index < 2; ++index)
    EXPECT_EQ(small.shard(index)->settings()->retain_records, 10u) << "one that exists keeps its own";
}

}  // namespace
}  // namespace holdfast::sharded_log_tests
