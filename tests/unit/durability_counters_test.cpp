// What a durable write costs, by the medium's own counters.

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <holdfast/holdfast.hpp>

#include "kv/kv_assertions.hpp"

namespace holdfast {
namespace {

/// A store on one of the media, with one space whose first slice is open.
class DurabilityCounters : public ::testing::TestWithParam<BackendRow> {
 protected:
  DurabilityCounters() : directory_(GetParam()->root) {
    auto storage = GetParam()->open_fresh(directory_.store());
    EXPECT_TRUE(ok(storage));
    auto store = Store::open(std::move(*storage), {});
    EXPECT_TRUE(ok(store));
    store_.emplace(std::move(*store));
    auto space = store_->kv("space");
    EXPECT_TRUE(ok(space));
    space_.emplace(std::move(*space));
    EXPECT_TRUE(ok(space_->put("first", "takes a segment")));
  }

  /// Syncs and fences so far: what waits for the medium.
  [[nodiscard]] std::uint64_t waits() const {
    const StorageCounters counters = store_->info()->counters;
    return counters.syncs + counters.fences;
  }

  TestDirectory directory_;
  std::optional<Store> store_;
  std::optional<Kv> space_;
};
INSTANTIATE_TEST_SUITE_P(, DurabilityCounters, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(DurabilityCounters, APutCostsOneSyncOrFence) {
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t before = waits();
    ASSERT_TRUE(ok(space_->put("key " + std::to_string(i), std::string(100, 'v'))));
    ASSERT_EQ(waits(), before + 1);
  }
}

TEST_P(DurabilityCounters, AnEraseCostsOneAndOneOfAMissingKeyNone) {
  ASSERT_TRUE(ok(space_->put("key", "value")));
  const std::uint64_t before = waits();
  EXPECT_TRUE(says(true, space_->erase("key")));
  EXPECT_EQ(waits(), before + 1);
  EXPECT_TRUE(says(false, space_->erase("key")));
  EXPECT_EQ(waits(), before + 1);
}

TEST_P(DurabilityCounters, ACompareAndSetCostsOneAndAFailedOneNone) {
  const std::uint64_t before = waits();
  EXPECT_TRUE(says(true, space_->compare_and_set("key", std::nullopt, "value")));
  EXPECT_EQ(waits(), before + 1);
  EXPECT_TRUE(says(false, space_->compare_and_set("key", std::nullopt, "value")));
  EXPECT_EQ(waits(), before + 1);
}

TEST_P(DurabilityCounters, EachConditionalWriteCostsOneAndOneThatWritesNothingNone) {
  std::uint64_t before = waits();
  const auto costs = [&](std::uint64_t expected) { return waits() - std::exchange(before, waits()) == expected; };
  EXPECT_TRUE(says(true, space_->put_if_absent("key", "value")) && costs(1));
  EXPECT_TRUE(says(false, space_->put_if_absent("key", "value")) && costs(0));
  EXPECT_TRUE(ok(space_->exchange("key", "another")) && costs(1));
  EXPECT_TRUE(ok(space_->exchange("absent", std::nullopt)) && costs(0));
  EXPECT_TRUE(ok(space_->update("key", [](auto) { return "updated"; })) && costs(1));
  EXPECT_TRUE(ok(space_->update("absent", [](auto) { return std::nullopt; })) && costs(0));
  EXPECT_TRUE(ok(space_->add("counter", 1)) && costs(1));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->add("key", 1)) && costs(0));
}

TEST_P(DurabilityCounters, AMultiPutOfAHundredCostsOne) {
  std::vector<std::string> keys;
  for (int i = 0; i < 100; ++i) keys.push_back("key " + std::to_string(i));
  std::vector<KvEntry> entries;
  for (const std::string& key : keys) entries.push_back({key, "value"});
  const std::uint64_t before = waits();
  ASSERT_TRUE(ok(space_->multi_put(entries)));
  EXPECT_EQ(waits(), before + 1);
}

TEST_P(DurabilityCounters, ABatchOfAHundredCostsOne) {
  Batch batch;
  for (int i = 0; i < 100; ++i) batch.put(*space_, "key " + std::to_string(i), "value");
  const std::uint64_t before = waits();
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_EQ(waits(), before + 1);
}

TEST_P(DurabilityCounters, AnAppendCostsOne) {
  auto stream = store_->log("stream");
  ASSERT_TRUE(ok(stream));
  ASSERT_TRUE(ok(stream->append("takes a segment")));
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t before = waits();
    ASSERT_TRUE(ok(stream->append(std::string(100, 'p'))));
    ASSERT_EQ(waits(), before + 1);
  }
  const std::vector<std::string_view> payloads(100, "payload");
  const std::uint64_t before = waits();
  ASSERT_TRUE(ok(stream->append_batch(payloads)));
  EXPECT_EQ(waits(), before + 1);
}

TEST_P(DurabilityCounters, ACommitOverStreamsAndKeysCostsOne) {
  auto stream = store_->log("stream");
  auto other = store_->log("other");
  ASSERT_TRUE(ok(stream));
  ASSERT_TRUE(ok(other));
  ASSERT_TRUE(ok(stream->append("takes a segment")));
  ASSERT_TRUE(ok(other->append("takes a segment")));
  Batch batch;
  batch.put(*space_, "key", "value");
  batch.append(*stream, "payload");
  batch.append(*other, "payload");
  batch.erase(*space_, "first");
  const std::uint64_t before = waits();
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_EQ(waits(), before + 1);
}

TEST_P(DurabilityCounters, AReadCostsNone) {
  const std::uint64_t before = waits();
  EXPECT_TRUE(ok(space_->get("first")));
  EXPECT_TRUE(ok(space_->contains("first")));
  EXPECT_TRUE(ok(space_->scan("", [](std::string_view, std::string_view) { return true; })));
  EXPECT_EQ(waits(), before);
}

TEST_P(DurabilityCounters, EveryWriterIsAcknowledgedAndNoneCostsMoreThanOne) {
  constexpr int kThreads = 16;
  constexpr int kPuts = 60;
  const std::uint64_t before = waits();
  std::vector<std::thread> writers;
  std::atomic<int> acknowledged{0};
  for (int thread = 0; thread < kThreads; ++thread)
    writers.emplace_back([&, thread] {
      for (int i = 0; i < kPuts; ++i)
        if (space_->put(std::to_string(thread) + "/" + std::to_string(i), "value")) ++acknowledged;
    });
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(acknowledged.load(), kThreads * kPuts);
  // each writer on cache-line media takes a slice of its own, and slices come in segments
  const std::uint64_t for_segments = 4 * (store_->spaces()->front().segment_count);
  EXPECT_LE(waits() - before, kThreads * kPuts + for_segments);
  for (int thread = 0; thread < kThreads; ++thread)
    for (int i = 0; i < kPuts; ++i)
      EXPECT_TRUE(holds(*space_, std::to_string(thread) + "/" + std::to_string(i), "value"));
}

/// Media on which one sync serves everybody.
class SharedSyncs : public DurabilityCounters {};
INSTANTIATE_TEST_SUITE_P(, SharedSyncs,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::shares_syncs)), row_name);

TEST_P(SharedSyncs, ABufferedPutCostsNoneAndASyncOne) {
  const std::uint64_t before = waits();
  for (int i = 0; i < 50; ++i)
    ASSERT_TRUE(ok(space_->put("key", "value", {.durability = Durability::buffered})));
  EXPECT_EQ(waits(), before);
  ASSERT_TRUE(ok(store_->sync()));
  EXPECT_EQ(waits(), before + 1);
  ASSERT_TRUE(ok(store_->sync()));
  EXPECT_EQ(waits(), before + 1);  // nothing was left to do
}

TEST_P(SharedSyncs, AnImmediateAppendBehindBufferedOnesCostsOneAndMakesThemDurable) {
  auto stream = store_->log("stream");
  ASSERT_TRUE(ok(stream));
  ASSERT_TRUE(ok(stream->append("takes a segment")));
  const std::uint64_t before = waits();
  for (int i = 0; i < 50; ++i)
    ASSERT_TRUE(ok(stream->append("payload", {.durability = Durability::buffered})));
  EXPECT_EQ(waits(), before);
  ASSERT_TRUE(ok(stream->append("payload")));
  EXPECT_EQ(waits(), before + 1);
  ASSERT_TRUE(ok(store_->sync()));
  EXPECT_EQ(waits(), before + 1);  // nothing was left to do
}

TEST_P(SharedSyncs, AnImmediatePutBehindBufferedOnesStillCostsOne) {
  ASSERT_TRUE(ok(space_->put("key", "value", {.durability = Durability::buffered})));
  const std::uint64_t before = waits();
  ASSERT_TRUE(ok(space_->put("key", "value")));
  EXPECT_EQ(waits(), before + 1);
}

TEST_P(SharedSyncs, ABatchOverSpacesWithDifferentDefaultsIsAsDurableAsTheStrictest) {
  auto lax = store_->kv("lax", {.durability = Durability::buffered});
  ASSERT_TRUE(ok(lax));
  ASSERT_TRUE(ok(lax->put("first", "takes a segment")));
  ASSERT_TRUE(ok(store_->sync()));
  Batch batch;
  batch.put(*lax, "key", "value");
  const std::uint64_t before = waits();
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_EQ(waits(), before);
  batch.put(*space_, "key", "value");
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_EQ(waits(), before + 1);
  ASSERT_TRUE(ok(store_->commit(batch, {.durability = Durability::buffered})));
  EXPECT_EQ(waits(), before + 1);
}

}  // namespace
}  // namespace holdfast
