// Records go to the shard of their key, alone and together.

#include <set>

#include "sharded_log_fixture.hpp"

namespace holdfast::sharded_log_tests {
namespace {

TEST_P(ShardedLogs, RecordsOfAKeyAreInOneShardInTheirOrder) {
  fill(400);
  std::set<std::uint32_t> used;
  for (std::uint64_t number = 0; number < 40; ++number) used.insert(log_->shard_of(key_of(number)));
  EXPECT_EQ(used.size(), 4u);
  expect_all();
}

TEST_P(ShardedLogs, APlaceCanBeRead) {
  const auto place = append("key", "payload");
  EXPECT_EQ(place.shard, log_->shard_of("key"));
  EXPECT_EQ(place.id, 1u);
  const auto entry = log_->read(place);
  ASSERT_TRUE(ok(entry));
  EXPECT_EQ(entry->payload, "payload");
  EXPECT_EQ(entry->key, "key");
  EXPECT_EQ(entry->timestamp_us, 1u);
  EXPECT_TRUE(fails_with(ErrorCode::not_found, log_->read({place.shard, 2})));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, log_->read({4, 1})));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, log_->shard(4)));
}

TEST_P(ShardedLogs, KeysHaveTheirBounds) {
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, log_->append("", "payload")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, log_->erase_key("")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, log_->latest("")));
  const std::string longest(kLogKeySizeBytesMax, 'k');
  EXPECT_TRUE(fails_with(ErrorCode::too_large, log_->append(longest + "k", "payload")));
  const std::vector<ShardedLogDraft> one_of_them{{.key = "good", .payload = "a"}, {.key = "", .payload = "b"}};
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, log_->append_batch(one_of_them)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, log_->append_atomic(one_of_them)));
  append(longest, "payload");
  expect_all();
}

TEST_P(ShardedLogs, ABatchHasItsPlacesInItsOrder) {
  append("key 1", "before");
  std::vector<std::string> keys;
  std::vector<std::string> payloads;
  std::vector<ShardedLogDraft> drafts;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    keys.push_back(key_of(i % 40));
    payloads.push_back("in the batch " + std::to_string(i));
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    drafts.push_back({.key = keys[i], .payload = payloads[i], .timestamp_us = 100 + i});
    expected_[keys[i]].push_back({payloads[i], 100 + i});
  }
  for (const bool atomic : {false, true}) {
    const auto places = atomic ? log_->append_atomic(drafts) : log_->append_batch(drafts);
    ASSERT_TRUE(ok(places));
    ASSERT_EQ(places->size(), drafts.size());
    std::map<std::uint32_t, LogId> last;
    for (std::size_t i = 0; i < drafts.size(); ++i) {
      const ShardedLogId& place = (*places)[i];
      EXPECT_EQ(place.shard, log_->shard_of(keys[i]));
      EXPECT_TRUE(!last.contains(place.shard) || place.id == last[place.shard] + 1) << "consecutive within a shard";
      last[place.shard] = place.id;
      const auto entry = log_->read(place);
      ASSERT_TRUE(ok(entry));
      EXPECT_EQ(entry->payload, payloads[i]);
    }
    EXPECT_EQ(last.size(), 4u);
    if (!atomic)
      for (std::size_t i = 0; i < keys.size(); ++i) expected_[keys[i]].push_back({payloads[i], 100 + i});
  }
  expect_all();
}

TEST_P(ShardedLogs, AnEmptyBatchAppendsNothing) {
  const auto places = log_->append_batch({});
  ASSERT_TRUE(ok(places));
  EXPECT_TRUE(places->empty());
  EXPECT_TRUE(ok(log_->append_atomic({})));
  expect_all();
}

TEST_P(ShardedLogs, LargeRecordsGoInABatchToo) {
  const std::string large = some_value(300'000, 7);
  const std::vector<ShardedLogDraft> drafts{{.key = "small", .payload = "a", .timestamp_us = 1},
                                            {.key = "large", .payload = large, .timestamp_us = 2}};
  ASSERT_TRUE(ok(log_->append_batch(drafts)));
  expected_ = {{"small", {{"a", 1}}}, {"large", {{large, 2}}}};
  expect_all();
}

TEST_P(ShardedLogsReopened, RecordsAreThereAfterACloseAndAfterAKill) {
  for (int round = 0; round < 4; ++round) {
    fill(100);
    round % 2 == 0 ? reopen_after_close() : reopen_after_kill();
    expect_all();
  }
}

TEST_P(ShardedLogs, StatisticsTellShardsAndKeys) {
  fill(100);
  const auto statistics = log_->statistics();
  ASSERT_TRUE(ok(statistics));
  ASSERT_EQ(statistics->shards.size(), 4u);
  std::uint64_t records = 0;
  for (const LogStatistics& shard : statistics->shards) records += shard.next_id - shard.first_id;
  EXPECT_EQ(records, 100u);
  EXPECT_EQ(statistics->keys, 40u);
  EXPECT_EQ(statistics->checkpoints, 0u);
}

}  // namespace
}  // namespace holdfast::sharded_log_tests
