// All records are dealt out anew, and nobody's order changes.

#include <holdfast/log_reader.hpp>

#include "sharded_log_fixture.hpp"

namespace holdfast::sharded_log_tests {
namespace {

TEST_P(ShardedLogs, AReshardKeepsKeysOrderTimestampsAndErasures) {
  fill(1'000);
  append("large", some_value(200'000, 3));
  for (const std::uint32_t count : {7u, 1u, 16u, 4u}) {
    ASSERT_TRUE(ok(log_->reshard(count)));
    EXPECT_EQ(log_->shard_count(), count);
    expect_all();
    fill(50);
    expect_all();
  }
}

TEST_P(ShardedLogs, TheOldShardsGo) {
  fill(200);
  auto old = *log_->shard(0);
  ASSERT_TRUE(ok(log_->reshard(2)));
  std::vector<std::string> logs;
  const auto spaces = store_->spaces();
  for (const SpaceInfo& info : *spaces)
    if (info.kind == SpaceKind::log) logs.push_back(info.name);
  EXPECT_EQ(logs, (std::vector<std::string>{"events#0.2", "events#1.2"}));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, old.append("payload")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, old.read(1)));
}

TEST_P(ShardedLogsReopened, ReshardedLogsAreThereBehindAnOpen) {
  fill(300);
  ASSERT_TRUE(ok(log_->reshard(9)));
  log_options_.shards = 9;
  reopen_after_kill();
  expect_all();
  ASSERT_TRUE(ok(log_->reshard(3)));
  fill(10);
  log_options_.shards = 3;
  reopen_after_close();
  expect_all();
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, ShardedLog::open(*store_, "events", {.shards = 4})));
}

TEST_P(ShardedLogs, TheSameCountIsNoWork) {
  fill(100);
  ASSERT_TRUE(ok(log_->reshard(4)));
  EXPECT_EQ(log_->shard(0)->name(), "events#0");
  expect_all();
}

TEST_P(ShardedLogs, CountsHaveTheirBounds) {
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, log_->reshard(0)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, log_->reshard(kLogShardsMax + 1)));
}

TEST_P(ShardedLogs, AnEmptyLogIsResharded) {
  ASSERT_TRUE(ok(log_->reshard(2)));
  expect_all();
  fill(20);
  expect_all();
}

TEST_P(ShardedLogs, ProgressRisesToTheTotal) {
  fill(300);
  std::uint64_t calls = 0;
  ReshardProgress last;
  ASSERT_TRUE(ok(log_->reshard(3, [&](const ReshardProgress& progress) {
    EXPECT_GE(progress.done_records, last.done_records);
    EXPECT_LE(progress.done_records, progress.total_records);
    last = progress;
    ++calls;
  })));
  EXPECT_GT(calls, 0u);
  EXPECT_EQ(last.done_records, 300u);
  EXPECT_EQ(last.total_records, 300u);
}

TEST_P(ShardedLogs, WhoIsToldOfProgressMayAppendAndAsk) {
  fill(300);
  bool has_appended = false;
  ASSERT_TRUE(ok(log_->reshard(3, [&](const ReshardProgress&) {
    if (!has_appended) append("meanwhile", "payload");
    has_appended = true;
    EXPECT_TRUE(latest_is(*log_, "meanwhile", "payload"));
    EXPECT_TRUE(fails_with(ErrorCode::busy, log_->reshard(5)));
    EXPECT_TRUE(fails_with(ErrorCode::busy, ShardedLog::remove(*store_, "events")));
  })));
  EXPECT_TRUE(has_appended);
  expect_all();
}

TEST_P(ShardedLogs, AReaderInAShardKeepsIt) {
  fill(100);
  auto shard = *log_->shard(2);
  std::optional<LogReader> reader(*shard.reader(1));
  EXPECT_TRUE(fails_with(ErrorCode::busy, log_->reshard(2)));
  EXPECT_EQ(log_->shard_count(), 4u);
  expect_all();
  EXPECT_TRUE(*reader->next());
  reader.reset();
  ASSERT_TRUE(ok(log_->reshard(2)));
  expect_all();
}

TEST_P(ShardedLogs, AReaderThatComesMeanwhileKeepsTheOldShards) {
  fill(100);
  std::optional<LogReader> reader;
  const auto resharded = log_->reshard(2, [&](const ReshardProgress&) {
    if (!reader) reader.emplace(*log_->shard(1)->reader(1));
  });
  EXPECT_TRUE(fails_with(ErrorCode::busy, resharded));
  EXPECT_EQ(log_->shard_count(), 4u);
  fill(30);
  expect_all();
  reader.reset();
  std::uint64_t begun_at = 0;
  ASSERT_TRUE(ok(log_->reshard(2, [&](const ReshardProgress& progress) {
    if (begun_at == 0) begun_at = progress.done_records;
  })));
  EXPECT_GT(begun_at, 100u) << "it has gone on where it was";
  expect_all();
}

TEST_P(ShardedLogs, ARecordWithoutAKeyIsInTheWay) {
  fill(20);
  ASSERT_TRUE(ok(log_->shard(1)->append("past the log")));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, log_->reshard(2)));
  EXPECT_EQ(log_->shard_count(), 4u);
}

TEST_P(ShardedLogs, NewShardsHaveTheSettingsOfTheOld) {
  log_.emplace(log("small", {.shards = 2, .log = {.settings = {.retain_records = 1'000}}}));
  fill(100);
  ASSERT_TRUE(ok(log_->reshard(3)));
  for (std::uint32_t index = 0; index < 3; ++index)
    EXPECT_EQ(log_->shard(index)->settings()->retain_records, 1'000u);
  expect_all();
}

TEST_P(ShardedLogs, ANameOfANewShardThatIsTakenIsLeftAlone) {
  fill(20);
  ASSERT_TRUE(ok(store_->log("events#1.2")->append("somebody's")));
  EXPECT_TRUE(fails_with(ErrorCode::exists, log_->reshard(2)));
  EXPECT_EQ(store_->log("events#1.2")->read(1)->payload, "somebody's");
  expect_all();
}

TEST_P(ShardedLogs, WithoutAnIndexTheShardsAreDealtOutAllTheSame) {
  log_.reset();
  log_options_.index_latest = false;
  log_.emplace(log("events", log_options_));
  fill(200);
  ASSERT_TRUE(ok(log_->reshard(6)));
  EXPECT_EQ(records_of(*log_), expected_);
}

}  // namespace
}  // namespace holdfast::sharded_log_tests
