// A reshard that was interrupted goes on where it was, or goes away.

#include <algorithm>

#include "sharded_log_fixture.hpp"

namespace holdfast::sharded_log_tests {
namespace {

/// Ends the process, as far as the store knows, in the middle of a reshard.
class InterruptedReshard : public ShardedLogTest {
 protected:
  struct Stopped {};

  /// Stops behind the `calls`th batch.
  void reshard_until(std::uint32_t count, int calls) {
    try {
      static_cast<void>(log_->reshard(count, [&](const ReshardProgress&) {
        if (--calls == 0) throw Stopped();
      }));
      FAIL() << "it was over before";
    } catch (const Stopped&) {
    }
    kill();
    open();
  }

  void fill_batches(int count) {
    for (int i = 0; i < count; ++i) {
      std::vector<std::string> keys;
      for (std::uint64_t number = 0; number < 4'500; ++number) keys.push_back(key_of(number % 100));
      std::vector<ShardedLogDraft> drafts;
      for (const std::string& key : keys) {
        drafts.push_back({.key = key, .payload = "payload", .timestamp_us = ++time_us_});
        expected_[key].push_back({"payload", time_us_});
      }
      ASSERT_TRUE(ok(log_->append_atomic(drafts)));
    }
  }

  [[nodiscard]] bool has_streams_of_generation(int generation) const {
    const auto names = space_names();
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return name.ends_with("." + std::to_string(generation));
    });
  }
};
INSTANTIATE_TEST_SUITE_P(, InterruptedReshard, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

/// The erases of the keys go as soon as they may.
ShardedLogOptions compacted_options() {
  return {.shards = 1,
          .log = {.durability = Durability::buffered,
                  .settings = {.segment_records_max = 100, .compact_by_key = true, .compact_garbage_percent_min = 1}}};
}

void fill_with_erased(ShardedLog& log) {
  const auto append = [&](const std::string& key) { ASSERT_TRUE(ok(log.append(key, "payload"))); };
  for (int i = 0; i < 100; ++i) append("erased " + std::to_string(i));
  for (int i = 0; i < 9'000; ++i) append("stays " + std::to_string(i));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(ok(log.erase_key("erased " + std::to_string(i))));
  for (int i = 0; i < 101; ++i) append("tail");
}

void expect_erased(const ShardedLog& log) {
  for (int i = 0; i < 100; ++i) {
    const auto latest = log.latest("erased " + std::to_string(i));
    ASSERT_TRUE(ok(latest));
    EXPECT_FALSE(latest->has_value()) << i;
  }
}

TEST_P(InterruptedReshard, NoErasedKeyComesBackBesideCompaction) {
  auto log = this->log("compacted", compacted_options());
  fill_with_erased(log);
  bool was_busy = false;
  ASSERT_TRUE(ok(log.reshard(2, [&](const ReshardProgress& progress) {
    if (progress.done_records < 1'000 || progress.done_records > 9'000 || was_busy) return;
    was_busy = fails_with(ErrorCode::busy, log.shard(0)->compact());
  })));
  EXPECT_TRUE(was_busy);
  expect_erased(log);
  EXPECT_TRUE(ok(log.shard(0)->compact())) << "it is over";
}

TEST_P(InterruptedReshard, BeginsAnewWhereCompactionHasPassedIt) {
  {
    auto log = this->log("compacted", compacted_options());
    fill_with_erased(log);
    try {
      static_cast<void>(log.reshard(2, [&](const ReshardProgress&) { throw Stopped(); }));
    } catch (const Stopped&) {
    }
  }
  kill();
  open();
  auto log = this->log("compacted", compacted_options());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(ok(log.shard(0)->compact()));
  ASSERT_TRUE(ok(log.reshard(2)));
  expect_erased(log);
}

TEST_P(InterruptedReshard, GoesOnWhereItWas) {
  fill_batches(3);
  reshard_until(6, 2);
  EXPECT_EQ(log_->shard_count(), 4u);
  EXPECT_TRUE(has_streams_of_generation(2));
  expect_all();
  fill(100);
  std::optional<std::uint64_t> begun_at;
  ASSERT_TRUE(ok(log_->reshard(6, [&](const ReshardProgress& progress) {
    if (!begun_at) begun_at = progress.done_records;
  })));
  EXPECT_GT(begun_at.value_or(0), 2u * 4'096);
  expect_all();
  EXPECT_EQ(log_->shard_count(), 6u);
}

TEST_P(InterruptedReshard, BeginsAnewForAnotherCount) {
  fill_batches(3);
  reshard_until(6, 1);
  ASSERT_TRUE(ok(log_->reshard(3)));
  EXPECT_EQ(log_->shard_count(), 3u);
  expect_all();
  const auto names = space_names();
  EXPECT_EQ(std::count(names.begin(), names.end(), "events#4.2"), 0) << "of the first try nothing is left";
}

TEST_P(InterruptedReshard, TheOldCountTakesItBack) {
  fill_batches(2);
  reshard_until(6, 1);
  EXPECT_TRUE(has_streams_of_generation(2));
  ASSERT_TRUE(ok(log_->reshard(4)));
  EXPECT_FALSE(has_streams_of_generation(2));
  expect_all();
}

TEST_P(InterruptedReshard, KnowsTheCutsItHasMoved) {
  fill_batches(1);
  ASSERT_TRUE(ok(log_->create_checkpoint("one")));
  const ByKey below = expected_;
  fill_batches(2);
  reshard_until(6, 3);
  ASSERT_TRUE(ok(log_->reshard(6)));
  expect_all();
  const auto checkpoint = log_->checkpoint("one");
  ASSERT_TRUE(ok(checkpoint));
  std::uint64_t records = 0;
  for (const LogId next : checkpoint->next) records += next - 1;
  std::uint64_t expected = 0;
  for (const auto& [key, all] : below) expected += all.size();
  EXPECT_EQ(records, expected);
}

TEST_P(InterruptedReshard, GoesWithARemovedLog) {
  fill_batches(2);
  reshard_until(6, 1);
  ASSERT_TRUE(ok(ShardedLog::remove(*store_, "events")));
  for (const std::string& name : space_names()) EXPECT_FALSE(name.starts_with("events")) << name;
}

TEST_P(ShardedLogs, AReshardWithoutRoomChangesNothingAndGoesOnWhenThereIs) {
  log_.reset();
  store_.reset();
  options_.size_bytes = options_.max_size_bytes = 4 * kMiB;
  const TestDirectory small(GetParam()->root);
  auto store = Store::open(small.store(), options_);
  ASSERT_TRUE(ok(store));
  store_.emplace(std::move(*store));
  log_.emplace(log("events", log_options_));
  auto other = store_->kv("other");
  ASSERT_TRUE(ok(other));
  for (std::uint64_t i = 0; i < 20; ++i) ASSERT_TRUE(ok(other->put(key_of(i), some_value(100'000, 1), {})));
  for (std::uint64_t i = 0; i < 300; ++i) append(key_of(i % 40), some_value(3'000, static_cast<unsigned>(i)));
  EXPECT_TRUE(fails_with(ErrorCode::no_space, log_->reshard(2)));
  EXPECT_EQ(log_->shard_count(), 4u);
  expect_all();
  ASSERT_TRUE(ok(store_->drop_kv("other")));
  ASSERT_TRUE(ok(log_->reshard(2)));
  expect_all();
  log_.reset();
  store_.reset();
}

}  // namespace
}  // namespace holdfast::sharded_log_tests
