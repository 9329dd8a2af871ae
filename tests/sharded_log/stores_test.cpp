// A log whose shards lie in several stores.

#include <algorithm>
#include <array>

#include "sharded_log_fixture.hpp"

namespace holdfast::sharded_log_tests {
namespace {

class ShardedLogOverStores : public ::testing::TestWithParam<BackendRow> {
 protected:
  ShardedLogOverStores() : directory_(GetParam()->root) {
    options_.backend = backend_of(GetParam());
    options_.emulate_pmem = true;
    options_.size_bytes = kTestSizeBytes;
    options_.max_size_bytes = kTestMaxSizeBytes;
    options_.segment_size_bytes = 64 << 10;
  }

  void SetUp() override {
    for (std::size_t i = 0; i < stores_.size(); ++i) open_store(i);
    log_.emplace(*open({0, 1, 2}));
  }

  void open_store(std::size_t index) {
    auto opened = Store::open(directory_.path() / ("store-" + std::to_string(index)), options_);
    ASSERT_TRUE(ok(opened));
    stores_[index].emplace(std::move(*opened));
  }

  [[nodiscard]] std::vector<Store*> those(std::initializer_list<std::size_t> indexes) {
    std::vector<Store*> stores;
    for (const std::size_t index : indexes) stores.push_back(&*stores_[index]);
    return stores;
  }

  [[nodiscard]] Result<ShardedLog> open(std::initializer_list<std::size_t> indexes) {
    return ShardedLog::open(those(indexes), "events", {.shards = 5, .log = {.durability = Durability::buffered}});
  }

  TestDirectory directory_;
  Options options_;
  std::array<std::optional<Store>, 3> stores_;
  std::optional<ShardedLog> log_;
};
INSTANTIATE_TEST_SUITE_P(, ShardedLogOverStores, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(ShardedLogOverStores, ShardsAreDealtOutOverThem) {
  const std::array<std::vector<std::string>, 3> expected{
      std::vector<std::string>{"events#0", "events#3"}, {"events#1", "events#4"}, {"events#2"}};
  for (std::size_t i = 0; i < stores_.size(); ++i) {
    std::vector<std::string> names;
    const auto spaces = stores_[i]->spaces();
    for (const SpaceInfo& info : *spaces)
      if (info.kind == SpaceKind::log) names.push_back(info.name);
    EXPECT_EQ(names, expected[i]) << i;
  }
}

TEST_P(ShardedLogOverStores, RecordsGoToTheShardsWhereverTheyLie) {
  ByKey expected;
  std::vector<std::string> keys;
  std::vector<ShardedLogDraft> drafts;
  for (std::uint64_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(ok(log_->append(key_of(i % 20), std::to_string(i), {.timestamp_us = i})));
    expected[key_of(i % 20)].push_back({std::to_string(i), i});
    keys.push_back(key_of(i % 20));
  }
  for (const std::string& key : keys) {
    drafts.push_back({.key = key, .payload = "batch", .timestamp_us = 1'000});
    expected[key].push_back({"batch", 1'000});
  }
  const auto places = log_->append_batch(drafts);
  ASSERT_TRUE(ok(places));
  for (std::size_t i = 0; i < drafts.size(); ++i) EXPECT_EQ(log_->read((*places)[i])->key, keys[i]);
  EXPECT_EQ(records_of(*log_), expected);
  EXPECT_TRUE(latest_is(*log_, key_of(3), "batch"));
}

TEST_P(ShardedLogOverStores, WhatNeedsOneStepIsNotSupported) {
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, log_->append_atomic(std::vector<ShardedLogDraft>{{.key = "key"}})));
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, log_->reshard(3)));
}

TEST_P(ShardedLogOverStores, OtherStoresOrAnotherOrderAreRefused) {
  ASSERT_TRUE(ok(log_->append("key", "payload")));
  for (const bool is_open : {true, false}) {
    if (!is_open) log_.reset();
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, open({0, 2, 1})));
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, open({1, 0, 2})));
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, open({0, 1})));
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, open({0})));
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, open({2, 1})));
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, open({0, 0, 0})));
  }
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, ShardedLog::open(std::span<Store* const>(), "events")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, ShardedLog::remove(*stores_[0], "events")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, ShardedLog::remove(those({1, 2, 0}), "events")));
  log_.emplace(*open({0, 1, 2}));
  EXPECT_TRUE(latest_is(*log_, "key", "payload"));
}

TEST_P(ShardedLogOverStores, AStoreThatIsClosedClosesTheLog) {
  ASSERT_TRUE(ok(log_->append("key", "payload")));
  ASSERT_TRUE(ok(stores_[2]->close()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, log_->latest("key")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, log_->statistics()));
}

TEST_P(ShardedLogOverStores, OneThatFindsNoRoomInAStoreIsNotThereInAny) {
  options_.size_bytes = options_.max_size_bytes = 2 * kMiB;
  options_.segment_size_bytes = 256 << 10;
  stores_[1].reset();
  const TestDirectory small(GetParam()->root);
  auto full = Store::open(small.store(), options_);
  ASSERT_TRUE(ok(full));
  auto space = full->kv("space");
  ASSERT_TRUE(ok(space));
  ASSERT_TRUE(ok(full->log("keeps no room for others")->append("payload")));
  for (std::uint64_t i = 0; space->put(key_of(i), some_value(3'000, 1)); ++i) ASSERT_LT(i, 10'000u);
  const std::array<Store*, 2> stores{&*stores_[0], &*full};
  EXPECT_TRUE(fails_with(ErrorCode::no_space, ShardedLog::open(stores, "new", {.shards = 64})));
  for (Store* const store : stores) {
    const auto spaces = store->spaces();
    for (const SpaceInfo& info : *spaces) EXPECT_FALSE(info.name.starts_with("new")) << info.name;
  }
  EXPECT_TRUE(fails_with(ErrorCode::not_found, ShardedLog::open(stores, "new", {.mode = OpenMode::existing})));
  ASSERT_TRUE(ok(full->drop_kv("space")));
  auto log = ShardedLog::open(stores, "new", {.mode = OpenMode::create, .shards = 4});
  ASSERT_TRUE(ok(log));
  ASSERT_TRUE(ok(log->append("key", "payload")));
  EXPECT_TRUE(latest_is(*log, "key", "payload"));
}

TEST_P(ShardedLogOverStores, ARemovedLogIsGoneFromAllOfThem) {
  ASSERT_TRUE(ok(log_->append("key", "payload")));
  ASSERT_TRUE(ok(log_->create_checkpoint("one")));
  ASSERT_TRUE(ok(ShardedLog::remove(those({0, 1, 2}), "events")));
  for (const auto& store : stores_) {
    const auto spaces = store->spaces();
    for (const SpaceInfo& info : *spaces) EXPECT_NE(info.kind, SpaceKind::log);
  }
  EXPECT_TRUE(fails_with(ErrorCode::not_found, log_->append("key", "payload")));
  EXPECT_TRUE(ok(ShardedLog::open(*stores_[1], "events")));
}

}  // namespace
}  // namespace holdfast::sharded_log_tests
