// What durable appends to a sharded log cost, by the medium's own counters.

#include "sharded_log_fixture.hpp"

namespace holdfast::sharded_log_tests {
namespace {

/// A log whose shards have their first segments, beside a plain stream that has.
class ShardedLogCost : public ShardedLogTest {
 protected:
  void SetUp() override {
    options_.segment_size_bytes = 1 << 20;
    log_options_.log.durability = Durability::immediate;
    open();
    auto stream = store_->log("plain");
    ASSERT_TRUE(ok(stream));
    stream_.emplace(std::move(*stream));
    ASSERT_TRUE(ok(stream_->append("takes a segment", {.key = "key"})));
    for (std::uint64_t number = 0; number < 40; ++number) append(key_of(number), "takes a segment");
  }

  struct Waits {
    std::uint64_t syncs = 0;
    std::uint64_t fences = 0;
    friend bool operator==(const Waits&, const Waits&) = default;
  };
  template <class Act>
  [[nodiscard]] Waits waits_of(const Act& act) const {
    const StorageCounters before = store_->info()->counters;
    act();
    const StorageCounters after = store_->info()->counters;
    return {after.syncs - before.syncs, after.fences - before.fences};
  }

  std::optional<Log> stream_;
};
INSTANTIATE_TEST_SUITE_P(, ShardedLogCost, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(ShardedLogCost, AnAppendCostsWhatOneToAStreamCosts) {
  for (std::uint64_t i = 0; i < 100; ++i) {
    const auto plain = waits_of([&] { ASSERT_TRUE(ok(stream_->append("payload", {.key = key_of(i % 40)}))); });
    EXPECT_EQ(waits_of([&] { append(key_of(i % 40), "payload"); }), plain);
    EXPECT_EQ(plain.syncs + plain.fences, 1u);
    EXPECT_EQ(waits_of([&] { erase(key_of(i % 40)); }), plain);
  }
}

TEST_P(ShardedLogCost, ABatchOverAllShardsCostsWhatOneAppendCosts) {
  std::vector<std::string> keys;
  std::vector<ShardedLogDraft> drafts;
  for (std::uint64_t number = 0; number < 40; ++number) keys.push_back(key_of(number));
  for (const std::string& key : keys) drafts.push_back({.key = key, .payload = "payload"});
  const auto plain = waits_of([&] { ASSERT_TRUE(ok(stream_->append("payload", {.key = "key"}))); });
  EXPECT_EQ(waits_of([&] { ASSERT_TRUE(ok(log_->append_batch(drafts))); }), plain);
  EXPECT_EQ(waits_of([&] { ASSERT_TRUE(ok(log_->append_atomic(drafts))); }), plain);
}

TEST_P(ShardedLogCost, LookingCostsNothing) {
  const auto nothing = waits_of([&] {
    ASSERT_TRUE(latest_is(*log_, key_of(1), "takes a segment"));
    ASSERT_TRUE(ok(log_->read({0, 1})));
    ASSERT_TRUE(ok(log_->statistics()));
  });
  EXPECT_EQ(nothing, Waits{});
}

}  // namespace
}  // namespace holdfast::sharded_log_tests
