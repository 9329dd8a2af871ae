// Spaces that keep to a bound, beside whatever else goes on: readers, snapshots, times to live, compaction, reopening.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "eviction_fixture.hpp"

namespace holdfast::kv_suites {
namespace {

class EvictionNeighbours : public EvictionTest {};
INSTANTIATE_TEST_SUITE_P(, EvictionNeighbours, ::testing::ValuesIn(all_backends()), row_name);

class EvictionReopen : public EvictionTest {};
INSTANTIATE_TEST_SUITE_P(, EvictionReopen, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

// A key that is written again and again: absent, or as it was written last, never as before.
TEST_P(EvictionNeighbours, NobodyIsShownAValueThatWasReplaced) {
  ASSERT_NO_FATAL_FAILURE(open_with_thread());
  ASSERT_NO_FATAL_FAILURE(bound({.keys_max = 16}));
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 2; ++t)
    threads.emplace_back([&, t] {
      for (unsigned round = 0; round < 3'000; ++round) {
        const std::string key = std::to_string(t) + " " + std::to_string(round % 24);
        const std::string value = std::to_string(round);
        ASSERT_TRUE(ok(space_->put(key, value, kBuffered)));
        const auto found = space_->get(key);
        ASSERT_TRUE(ok(found));
        if (*found) {
          ASSERT_EQ(**found, value);
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  sweep();
  EXPECT_GT(statistics().evicted_keys, 100u);
  expect_whole();
}

TEST_P(EvictionNeighbours, SnapshotsAndViewsKeepWhatTheySee) {
  put_numbers(0, 300);
  ASSERT_NO_FATAL_FAILURE(put_number(300, 100'000));
  const auto snapshot = space_->snapshot();
  ASSERT_TRUE(ok(snapshot));
  const auto view = space_->view(name_of(7));
  ASSERT_TRUE(ok(view));
  ASSERT_NO_FATAL_FAILURE(put_numbers(1'000, 4'000));
  EXPECT_EQ(count_there(0, 301), 0u);
  ASSERT_TRUE(ok(space_->compact()));
  for (std::uint64_t i = 0; i < 301; ++i) {
    const auto found = snapshot->get(name_of(i));
    ASSERT_TRUE(ok(found));
    EXPECT_EQ(found->value_or("none"), some_value(i == 300 ? 100'000 : 30, i & 0xff));
  }
  std::uint64_t count = 0;
  ASSERT_TRUE(ok(snapshot->scan("", [&](std::string_view, std::string_view) { return ++count != 0; })));
  EXPECT_EQ(count, 301u);
  EXPECT_EQ((*view)->value(), some_value(30, 7));
}

TEST_P(EvictionNeighbours, ARunningScanSeesEachKeyOnce) {
  put_numbers(0, kBound);
  std::set<std::string> seen;
  std::uint64_t next = 10'000;
  ASSERT_TRUE(ok(space_->scan("", [&](std::string_view key, std::string_view) {
    EXPECT_TRUE(seen.emplace(key).second) << key;
    put_number(next++);
    return true;
  })));
  EXPECT_EQ(seen.size(), kBound);
}

TEST_P(EvictionNeighbours, OrderedSpacesShowInOrderWhatIsLeft) {
  auto ordered = space("ordered", {.settings = {.ordered = true, .keys_max = 100}});
  for (unsigned i = 0; i < 2'000; ++i) {
    char name[8];
    std::snprintf(name, sizeof name, "%05u", i * 7'919 % 10'000);
    ASSERT_TRUE(ok(ordered.put(name, std::to_string(i), kBuffered)));
    const auto size = ordered.size();
    ASSERT_TRUE(ok(size));
    ASSERT_LE(*size, 106u);
  }
  const auto contents = contents_of(ordered);
  std::vector<std::string> keys;
  ASSERT_TRUE(ok(ordered.range({}, [&](std::string_view key, std::string_view value) {
    EXPECT_EQ(contents.at(std::string(key)), value);
    keys.emplace_back(key);
    return true;
  })));
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  EXPECT_EQ(keys.size(), contents.size());
  const auto count = ordered.count();
  ASSERT_TRUE(ok(count));
  EXPECT_EQ(*count, contents.size());
}

TEST_P(EvictionNeighbours, KeysThatExpireCountUntilTheyAreSwept) {
  for (std::uint64_t i = 0; i < 200; ++i)
    ASSERT_TRUE(ok(space_->put(name_of(i), "short", {.durability = Durability::buffered, .ttl_ms = 10})));
  put_numbers(1'000, 1'200);
  clock_.advance_ms(10);
  sweep();
  EXPECT_EQ(statistics().keys, 200u);
  EXPECT_EQ(statistics().evicted_keys, 0u);
  for (std::uint64_t i = 0; i < 2'000; ++i)
    ASSERT_TRUE(ok(space_->put(name_of(i), "short", {.durability = Durability::buffered, .ttl_ms = 10})));
  EXPECT_GT(statistics().evicted_keys, 1'000u);
  clock_.advance_ms(10);
  EXPECT_TRUE(has_size(*space_, 0));
  sweep();
  EXPECT_TRUE(has_size(*space_, 0));
  EXPECT_EQ(statistics().index_bytes, 0u);
  EXPECT_EQ(statistics().data_bytes, 0u);
  expect_whole();
}

TEST_P(EvictionNeighbours, BesideCompactionNothingIsLostThatIsNotEvicted) {
  ASSERT_NO_FATAL_FAILURE(open_with_thread());
  std::atomic<bool> stop{false};
  std::thread compactor([&] {
    while (!stop) ASSERT_TRUE(ok(space_->compact()));
  });
  std::uint64_t added = 0;  // a key may be evicted before it is written again: copies come to stand among those written last
  for (std::uint64_t i = 0; i < 6'000; ++i)
    for (const std::size_t size : {200u, 300u}) {
      if (size == 300 && i % 3 != 0) continue;
      const auto before = space_->exchange(name_of(i), some_value(size, i & 0xff), kBuffered);
      EXPECT_TRUE(ok(before));
      added += before && !*before ? 1 : 0;
    }
  stop = true;
  compactor.join();
  sweep();
  EXPECT_GE(added, 6'000u);
  EXPECT_EQ(statistics().evicted_keys + statistics().keys, added);
  expect_whole();
}

TEST_P(EvictionNeighbours, SpacesWithoutABoundAreLeftAlone) {
  auto other = space("other");
  for (unsigned i = 0; i < 2'000; ++i) ASSERT_TRUE(ok(other.put(std::to_string(i), "value", kBuffered)));
  put_numbers(0, 2'000);
  EXPECT_TRUE(has_size(other, 2'000));
  EXPECT_EQ(other.statistics()->evicted_keys, 0u);
}

TEST_P(EvictionNeighbours, IsNoObstacleToDroppingAndClosing) {
  ASSERT_NO_FATAL_FAILURE(open_with_thread());
  for (int round = 0; round < 5; ++round) {
    auto cache = space("cache", {.settings = {.keys_max = 20}});
    for (unsigned i = 0; i < 500; ++i) ASSERT_TRUE(ok(cache.put(std::to_string(i), "value", kBuffered)));
    ASSERT_TRUE(ok(store_->drop_kv("cache")));
  }
  put_numbers(0, 2'000);
  EXPECT_TRUE(ok(store_->close()));
}

TEST_P(EvictionReopen, TheBoundHoldsBehindACloseAndAKill) {
  for (std::uint64_t i = 0; i < 3'000; ++i) ASSERT_NO_FATAL_FAILURE(put_number(i, i % 100 == 0 ? 30'000 : 30));
  const std::uint64_t data_bytes = statistics().data_bytes;
  const auto contents = contents_of(*space_);
  reopen_after_close();
  EXPECT_EQ(statistics().data_bytes, data_bytes);
  EXPECT_EQ(contents_of(*space_), contents);
  EXPECT_EQ(statistics().evicted_keys, 0u);
  reopen_after_kill();
  EXPECT_EQ(statistics().data_bytes, data_bytes);
  ASSERT_NO_FATAL_FAILURE(put_numbers(10'000, 12'000));
  EXPECT_LE(statistics().keys, kBound + kBoundSlack);
  EXPECT_EQ(count_there(12'000 - kBound, 12'000), kBound);
  expect_whole();
}

TEST_P(EvictionReopen, WhatIsBeyondTheBoundGoesWhenTheStoreIsOpened) {
  ASSERT_NO_FATAL_FAILURE(bound({}));
  put_numbers(0, 2'000);
  ASSERT_NO_FATAL_FAILURE(bound({.keys_max = kBound}));
  close();
  options_.sweep_interval_ms = 1;
  open();
  while (statistics().keys > kBound) std::this_thread::yield();
  sweep();
  EXPECT_EQ(count_there(2'000 - statistics().keys, 2'000), statistics().keys);
}

TEST_P(EvictionReopen, AStoreOpenedReadOnlyIsOnlyRead) {
  put_numbers(0, 500);
  ASSERT_NO_FATAL_FAILURE(bound({.keys_max = 10}));
  close();
  options_.mode = OpenMode::read_only;
  options_.sweep_interval_ms = 1;
  open();
  const auto space = store_->kv("space", {.mode = OpenMode::existing});
  ASSERT_TRUE(ok(space));
  EXPECT_TRUE(has_size(*space, 500));
  EXPECT_TRUE(holds(*space, name_of(3), some_value(30, 3)));
  EXPECT_TRUE(has_size(*space, 500));
}

}  // namespace
}  // namespace holdfast::kv_suites
