// Durability::interval: durable without anybody asking. Counters and the durable mark decide; the waits
// only end.

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <thread>

#include <holdfast/holdfast.hpp>

#include "kv/kv_space.hpp"
#include "memory_storage.hpp"
#include "testing/durable_mark_storage.hpp"

namespace holdfast {
namespace {

using testing::DurableMark;
using testing::DurableMarkStorage;

constexpr WriteOptions kInterval{.durability = Durability::interval};
constexpr std::uint32_t kNever = 3'600'000;

/// A store over a medium that knows what is durable.
struct MarkedStore {
  explicit MarkedStore(Options options) {
    auto storage = std::make_unique<DurableMarkStorage>(memory_storage(kTestSizeBytes, kTestMaxSizeBytes));
    mark = storage->mark();
    auto opened = Store::open(std::move(storage), options);
    EXPECT_TRUE(ok(opened));
    store.emplace(std::move(*opened));
    auto opened_space = store->kv("space");
    EXPECT_TRUE(ok(opened_space));
    space.emplace(std::move(*opened_space));
    EXPECT_TRUE(ok(space->put("first", "takes a segment")));
  }

  [[nodiscard]] bool is_durable(std::string_view key) const {
    for (const ByteRange& range : kv::space_of(*space).placements(key))
      if (!mark->is_durable(range)) return false;
    return true;
  }
  [[nodiscard]] std::uint64_t syncs() const { return store->info()->counters.syncs; }

  std::shared_ptr<DurableMark> mark;
  std::optional<Store> store;
  std::optional<Kv> space;
};

/// True as soon as `condition` is; a minute is for machines that have stopped.
bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

TEST(Interval, AWriteBecomesDurableByItself) {
  MarkedStore store({.interval_ms = 1});
  ASSERT_TRUE(ok(store.space->put("key", "value", kInterval)));
  EXPECT_TRUE(eventually([&] { return store.is_durable("key"); }));
}

TEST(Interval, SoDoesOneThatComesLongAfterTheLastSync) {
  MarkedStore store({.interval_ms = 1});
  for (int i = 0; i < 5; ++i) {
    const std::string key = "key " + std::to_string(i);
    ASSERT_TRUE(ok(store.space->put(key, "value", kInterval)));
    ASSERT_TRUE(eventually([&] { return store.is_durable(key); })) << i;
  }
}

TEST(Interval, NothingIsSyncedWithoutAWrite) {
  MarkedStore store({.interval_ms = 1});
  ASSERT_TRUE(ok(store.space->put("key", "value", kInterval)));
  ASSERT_TRUE(eventually([&] { return store.is_durable("key"); }));
  const std::uint64_t before = store.syncs();
  ASSERT_TRUE(ok(store.space->put("key", "value", {.durability = Durability::buffered})));
  for (int i = 0; i < 100; ++i) std::this_thread::yield();
  EXPECT_LE(store.syncs(), before + 1);  // one may have been on its way
  EXPECT_FALSE(store.is_durable("key") && store.syncs() == before);
}

TEST(Interval, EnoughBytesAreSyncedAtOnce) {
  MarkedStore store({.interval_ms = kNever, .interval_bytes = 10'000});
  const std::uint64_t before = store.syncs();
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(ok(store.space->put("k", std::string(999, 'v'), kInterval)));
  EXPECT_EQ(store.syncs(), before);
  ASSERT_TRUE(ok(store.space->put("last", std::string(999, 'v'), kInterval)));
  EXPECT_EQ(store.syncs(), before + 1);
  EXPECT_TRUE(store.is_durable("k"));
  EXPECT_TRUE(store.is_durable("last"));
}

TEST(Interval, TheBytesAreCountedAnewAfterEachSync) {
  MarkedStore store({.interval_ms = kNever, .interval_bytes = 10'000});
  const std::uint64_t before = store.syncs();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(ok(store.space->put("k", std::string(999, 'v'), kInterval)));
  EXPECT_EQ(store.syncs(), before + 10);
}

TEST(Interval, BufferedBytesDoNotCount) {
  MarkedStore store({.interval_ms = kNever, .interval_bytes = 10'000});
  const std::uint64_t before = store.syncs();
  for (int i = 0; i < 30; ++i)
    ASSERT_TRUE(ok(store.space->put("k", std::string(999, 'v'), {.durability = Durability::buffered})));
  EXPECT_EQ(store.syncs(), before);
}

TEST(Interval, AnExplicitSyncCoversIt) {
  MarkedStore store({.interval_ms = kNever});
  ASSERT_TRUE(ok(store.space->put("key", "value", kInterval)));
  EXPECT_FALSE(store.is_durable("key"));
  ASSERT_TRUE(ok(store.store->sync()));
  EXPECT_TRUE(store.is_durable("key"));
}

TEST(Interval, AnImmediateWriteBehindItMakesItDurableToo) {
  MarkedStore store({.interval_ms = kNever});
  ASSERT_TRUE(ok(store.space->put("key", "value", kInterval)));
  ASSERT_TRUE(ok(store.space->put("another", "value")));
  EXPECT_TRUE(store.is_durable("key"));
  EXPECT_TRUE(store.is_durable("another"));
}

TEST(Interval, TheStoreClosesWhileTheTimerRuns) {
  MarkedStore store({.interval_ms = kNever});
  ASSERT_TRUE(ok(store.space->put("key", "value", kInterval)));
  EXPECT_TRUE(ok(store.store->close()));
}

TEST(Interval, TheStoreIsReleasedWhileTheTimerRuns) {
  MarkedStore store({.interval_ms = kNever});
  ASSERT_TRUE(ok(store.space->put("key", "value", kInterval)));
  store.store.reset();
  EXPECT_TRUE(fails_with(ErrorCode::closed, store.space->get("key")));
}

}  // namespace
}  // namespace holdfast
