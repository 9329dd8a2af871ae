// The latest record of a key, also where the index can't tell by itself.

#include <holdfast/testing/crash_storage.hpp>

#include "kv/colliding_keys.hpp"
#include "log/log_stream.hpp"
#include "sharded_log_fixture.hpp"

namespace holdfast::sharded_log_tests {
namespace {

TEST_P(ShardedLogs, TheLatestRecordIsTheOneAppendedLast) {
  EXPECT_TRUE(latest_is(*log_, "key", std::nullopt));
  append("key", "one");
  EXPECT_TRUE(latest_is(*log_, "key", "one"));
  append("key", "two");
  const auto found = log_->latest("key");
  ASSERT_TRUE(ok(found));
  EXPECT_EQ((*found)->payload, "two");
  EXPECT_EQ((*found)->id, 2u);
  EXPECT_EQ((*found)->timestamp_us, 2u);
  erase("key");
  EXPECT_TRUE(latest_is(*log_, "key", std::nullopt));
  append("key", "three");
  EXPECT_TRUE(latest_is(*log_, "key", "three"));
}

TEST_P(ShardedLogs, KeysThatShareAHashAreToldApart) {
  const CollidingKeys colliding(3);
  log_options_.shards = 2;
  log_.emplace(log("colliding", log_options_));
  fill(200);
  expect_all();
}

TEST_P(ShardedLogsReopened, KeysThatShareAHashAreToldApartBehindAnOpen) {
  kill();
  const CollidingKeys colliding(3);
  open();
  fill(200);
  reopen_after_kill();
  expect_all();
  fill(100);
  expect_all();
  kill();
}

TEST_P(ShardedLogs, WhatWasTakenAwayIsNobodysLatest) {
  append("old", "payload");
  const std::uint32_t index = log_->shard_of("old");
  auto shard = *log_->shard(index);
  ASSERT_TRUE(ok(shard.truncate_before(*shard.next_id())));
  EXPECT_TRUE(latest_is(*log_, "old", std::nullopt));
  EXPECT_EQ(log_->statistics()->keys, 0u) << "its entry has gone";
  append("old", "again");
  EXPECT_TRUE(latest_is(*log_, "old", "again"));
}

TEST_P(ShardedLogsReopened, TheIndexIsMadeAnew) {
  fill(300);
  auto shard = *log_->shard(1);
  ASSERT_TRUE(ok(shard.truncate_before(*shard.next_id())));
  reopen_after_close();
  std::uint64_t answered = 0;
  for (const auto& [key, records] : expected_) {
    const bool is_gone = log_->shard_of(key) == 1 || records.back().erases_key;
    EXPECT_TRUE(latest_is(*log_, key, is_gone ? std::nullopt : std::optional<std::string_view>(records.back().payload)));
    answered += is_gone ? 0 : 1;
  }
  EXPECT_GT(answered, 10u);
}

TEST_P(ShardedLogsReopened, WithoutAnIndexThereIsNoAnswer) {
  append("key", "payload");
  kill();
  log_options_.index_latest = false;
  open();
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, log_->latest("key")));
  EXPECT_EQ(records_of(*log_), expected_);
  EXPECT_EQ(log_->statistics()->keys, 0u);
  kill();
  log_options_.index_latest = true;
  open();
  expect_all();
}

/// A log of one shard on a medium whose bytes can be changed.
class LatestBesideDamage : public ::testing::TestWithParam<testing::MediumModel> {
 protected:
  LatestBesideDamage()
      : medium_(testing::CrashMedium::create(
            {.model = GetParam(), .size_bytes = 4 * kMiB, .max_size_bytes = 16 * kMiB, .keeps_log = false})) {}

  void open(OnDamage on_damage) {
    auto storage = medium_->open();
    ASSERT_TRUE(ok(storage));
    auto store = Store::open(std::move(*storage), {.segment_size_bytes = 64 << 10});
    ASSERT_TRUE(ok(store));
    store_.emplace(std::move(*store));
    auto log = ShardedLog::open(*store_, "events", {.shards = 1, .log = {.on_damage = on_damage}});
    ASSERT_TRUE(ok(log));
    log_.emplace(std::move(*log));
  }

  void close() {
    log_.reset();
    ASSERT_TRUE(ok(store_->close()));
    store_.reset();
  }

  void flip(ByteRange range) {
    auto storage = medium_->open();
    ASSERT_TRUE(ok(storage));
    const auto bytes = (*storage)->writable(range);
    ASSERT_TRUE(ok(bytes));
    for (std::uint64_t i = 0; i < range.size_bytes; ++i) (*bytes)[i] ^= std::byte{0x20};
    ASSERT_TRUE(ok((*storage)->close()));
  }

  std::shared_ptr<testing::CrashMedium> medium_;
  std::optional<Store> store_;
  std::optional<ShardedLog> log_;
};
INSTANTIATE_TEST_SUITE_P(, LatestBesideDamage,
                         ::testing::Values(testing::MediumModel::pages, testing::MediumModel::cache_lines),
                         [](const auto& row) { return std::string(testing::name(row.param)); });

TEST_P(LatestBesideDamage, WhoseLatestRecordMayBeTheDamagedOneIsTold) {
  open(OnDamage::fail);
  for (const char* const key : {"before", "damaged", "other", "other", "behind"})
    ASSERT_TRUE(ok(log_->append(key, std::string("payload of ") + key)));
  const auto place = log::stream_of(*log_->shard(0)).placements(2).front();
  close();
  flip(place);
  open(OnDamage::fail);
  EXPECT_TRUE(fails_with(ErrorCode::corruption, log_->latest("damaged")));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, log_->latest("before"))) << "record 2 may be this key's";
  EXPECT_TRUE(fails_with(ErrorCode::corruption, log_->latest("unknown"))) << "the same";
  EXPECT_TRUE(latest_is(*log_, "other", "payload of other"));
  EXPECT_TRUE(latest_is(*log_, "behind", "payload of behind"));
  ASSERT_TRUE(ok(log_->append("before", "again")));
  EXPECT_TRUE(latest_is(*log_, "before", "again"));
  // Once the damage was taken away, nobody's record can be there.
  auto shard = *log_->shard(0);
  ASSERT_TRUE(ok(shard.truncate_before(3)));
  EXPECT_TRUE(latest_is(*log_, "damaged", std::nullopt));
  close();
}

TEST_P(LatestBesideDamage, WhoSkipsDamageGetsTheLatestThatIsLeft) {
  open(OnDamage::skip);
  ASSERT_TRUE(ok(log_->append("key", "old")));
  ASSERT_TRUE(ok(log_->append("key", "new")));
  ASSERT_TRUE(ok(log_->append("other", "payload")));
  const auto place = log::stream_of(*log_->shard(0)).placements(2).front();
  close();
  flip(place);
  open(OnDamage::skip);
  EXPECT_TRUE(latest_is(*log_, "key", "old"));
  EXPECT_TRUE(latest_is(*log_, "other", "payload"));
  close();
}

}  // namespace
}  // namespace holdfast::sharded_log_tests
