// Spaces that keep to a bound: how far what is present may go beyond it, whoever writes and however.

#include <atomic>
#include <thread>
#include <vector>

#include "eviction_fixture.hpp"

namespace holdfast::kv_suites {
namespace {

class EvictionBounds : public EvictionTest {};
INSTANTIATE_TEST_SUITE_P(, EvictionBounds, ::testing::ValuesIn(all_backends()), row_name);

class EvictionInASmallStore : public EvictionTest {
 protected:
  EvictionInASmallStore() {
    options_.sweep_interval_ms = 1;
    options_.clean_automatically = true;
    options_.size_bytes = kMiB;
    options_.max_size_bytes = 3 * kMiB;
  }
};
INSTANTIATE_TEST_SUITE_P(, EvictionInASmallStore, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(EvictionBounds, WritersKeepToTheBoundOnKeys) {
  constexpr std::uint64_t kCount = 5'000;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    ASSERT_NO_FATAL_FAILURE(put_number(i));
    ASSERT_LE(statistics().keys, kBound + kBoundSlack);
  }
  const KvStatistics found = statistics();
  EXPECT_GE(found.keys, kBound);
  EXPECT_EQ(found.evicted_keys, kCount - found.keys);
  // What was written last is there, all of it, and nothing else.
  EXPECT_EQ(count_there(kCount - found.keys, kCount), found.keys);
  expect_whole();
}

TEST_P(EvictionBounds, WritersKeepToTheBoundOnBytesLargeValuesIncluded) {
  constexpr std::uint64_t kBytesMax = 600'000;
  ASSERT_NO_FATAL_FAILURE(bound({.bytes_max = kBytesMax}));
  std::uint64_t written_bytes = 0;
  for (std::uint64_t i = 0; i < 600; ++i) {
    const std::size_t size = i % 20 == 0 ? 60'000 : i * 37 % 3'000;
    ASSERT_NO_FATAL_FAILURE(put_number(i, size));
    written_bytes += size;
    ASSERT_LE(statistics().data_bytes, kBytesMax + kBytesMax / 32 + 60'200);  // that, and the one in flight
  }
  EXPECT_GT(written_bytes, 4 * kBytesMax);
  EXPECT_GT(statistics().data_bytes, kBytesMax / 2);
  EXPECT_GT(statistics().evicted_keys, 300u);
  EXPECT_TRUE(is_there(599));
  EXPECT_FALSE(is_there(0));
  sweep();
  EXPECT_LE(statistics().data_bytes, kBytesMax);
  std::uint64_t value_bytes = 0;
  for (const auto& [key, value] : contents_of(*space_)) value_bytes += value.size();
  EXPECT_LE(value_bytes, statistics().data_bytes);
  EXPECT_GT(value_bytes + 200 * statistics().keys, statistics().data_bytes);
  expect_whole();
}

TEST_P(EvictionBounds, AValueBeyondTheBoundGoesWithTheNextSweep) {
  ASSERT_NO_FATAL_FAILURE(bound({.bytes_max = 10'000}));
  ASSERT_NO_FATAL_FAILURE(put_number(1, 50'000));
  EXPECT_TRUE(is_there(1));
  sweep();
  EXPECT_FALSE(is_there(1));
  EXPECT_EQ(statistics().data_bytes, 0u);
  ASSERT_NO_FATAL_FAILURE(put_number(2, 5'000));
  sweep();
  EXPECT_TRUE(is_there(2));
}

TEST_P(EvictionBounds, DataBytesAreThoseOfWhatIsPresent) {
  ASSERT_NO_FATAL_FAILURE(put_number(1, 100'000));
  ASSERT_NO_FATAL_FAILURE(put_number(2, 1'000));
  const std::uint64_t both = statistics().data_bytes;
  EXPECT_GT(both, 101'000u);
  EXPECT_LT(both, 102'000u);
  ASSERT_NO_FATAL_FAILURE(put_number(1, 50'000));
  EXPECT_GT(statistics().data_bytes, 51'000u);
  EXPECT_LT(statistics().data_bytes, 52'000u);
  EXPECT_TRUE(says(true, space_->erase(name_of(1))));
  EXPECT_LT(statistics().data_bytes, 1'200u);
  EXPECT_EQ(statistics().data_bytes, statistics().live_bytes);
  EXPECT_TRUE(says(true, space_->erase(name_of(2))));
  EXPECT_EQ(statistics().data_bytes, 0u);
}

TEST_P(EvictionBounds, EveryWayToWriteKeepsToIt) {
  std::uint64_t next = 0;
  const auto fresh = [&] { return name_of(next++); };
  std::vector<Ticket> tickets;
  for (int round = 0; round < 300; ++round) {
    ASSERT_TRUE(says(true, space_->put_if_absent(fresh(), "1", kBuffered)));
    ASSERT_TRUE(says(true, space_->compare_and_set(fresh(), std::nullopt, "2", kBuffered)));
    ASSERT_TRUE(ok(space_->exchange(fresh(), "3", kBuffered)));
    ASSERT_TRUE(ok(space_->update(fresh(), [](auto) { return "4"; }, kBuffered)));
    ASSERT_TRUE(ok(space_->add(fresh(), 5, kBuffered)));
    const std::string a = fresh();
    const std::string b = fresh();
    ASSERT_TRUE(ok(space_->multi_put(std::vector<KvEntry>{{a, "6"}, {b, "7"}}, kBuffered)));
    Batch batch;
    for (int i = 0; i < 5; ++i) batch.put(*space_, fresh(), "8");
    ASSERT_TRUE(ok(store_->commit(batch, kBuffered)));
    auto ticket = space_->put_async(fresh(), "9", kBuffered);
    ASSERT_TRUE(ok(ticket));
    tickets.push_back(std::move(*ticket));
    ASSERT_LE(statistics().keys, kBound + kBoundSlack);
  }
  for (const Ticket& ticket : tickets) ASSERT_TRUE(ok(ticket.wait()));
  EXPECT_LE(statistics().keys, kBound + kBoundSlack);
  EXPECT_EQ(statistics().evicted_keys + statistics().keys, next);
  expect_whole();
}

TEST_P(EvictionBounds, ABatchLargerThanTheBoundGoesWithTheWritesBehindIt) {
  Batch batch;
  for (std::uint64_t i = 0; i < 3 * kBound; ++i) batch.put(*space_, name_of(i), "value");
  ASSERT_TRUE(ok(store_->commit(batch, kBuffered)));
  EXPECT_EQ(statistics().keys, 3 * kBound);
  ASSERT_NO_FATAL_FAILURE(put_number(1'000'000));
  EXPECT_LE(statistics().keys, kBound + 1);
  EXPECT_TRUE(is_there(1'000'000));
}

TEST_P(EvictionBounds, TheThreadEvictsByItself) {
  ASSERT_NO_FATAL_FAILURE(open_with_thread());
  put_numbers(0, 3 * kBound);
  while (statistics().keys > kBound) std::this_thread::yield();  // a wait in vain is ended by the test's time limit
  sweep();
  EXPECT_GE(statistics().keys, kBound - kBound / 32);
  EXPECT_EQ(statistics().evicted_keys, 3 * kBound - statistics().keys);
  expect_whole();
}

TEST_P(EvictionBounds, ThreadsStayWithinTheSlack) {
  ASSERT_NO_FATAL_FAILURE(open_with_thread());
  constexpr unsigned kThreads = 3;
  std::atomic<unsigned> running{kThreads};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 4'000; ++i) put_number(t * 1'000'000 + i);
      --running;
    });
  while (running != 0) {
    EXPECT_LE(kv::space_of(*space_).eviction().present_keys(), std::int64_t{kBound + kBoundSlack + kThreads});
    std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  sweep();
  EXPECT_EQ(statistics().evicted_keys + statistics().keys, kThreads * 4'000u);
  expect_whole();
}

TEST_P(EvictionBounds, ChangedBoundsTakeEffect) {
  put_numbers(0, 600);
  EXPECT_EQ(statistics().evicted_keys, 0u);
  ASSERT_NO_FATAL_FAILURE(bound({.keys_max = 100}));
  sweep();
  EXPECT_LE(statistics().keys, 100u);
  EXPECT_GE(statistics().keys, 90u);
  ASSERT_NO_FATAL_FAILURE(bound({.keys_max = 300}));
  ASSERT_NO_FATAL_FAILURE(put_numbers(1'000, 1'150));
  sweep();
  EXPECT_EQ(count_there(1'000, 1'150), 150u);
  ASSERT_NO_FATAL_FAILURE(bound({}));
  ASSERT_NO_FATAL_FAILURE(put_numbers(2'000, 4'000));
  sweep();
  EXPECT_EQ(count_there(2'000, 4'000), 2'000u);
  const std::uint64_t evicted = statistics().evicted_keys;
  ASSERT_NO_FATAL_FAILURE(bound({.keys_max = 50, .bytes_max = 1'500}));
  sweep();
  EXPECT_LE(statistics().data_bytes, 1'500u);
  EXPECT_LE(statistics().keys, 50u);
  EXPECT_GT(statistics().keys, 5u);
  EXPECT_GT(statistics().evicted_keys, evicted + 2'000);
}

TEST_P(EvictionBounds, ABoundThatIsLoweredByMuchIsReachedByAndBy) {
  ASSERT_NO_FATAL_FAILURE(bound({}));
  put_numbers(0, 10'000);
  ASSERT_NO_FATAL_FAILURE(bound({.keys_max = 100}));
  sweep();
  EXPECT_GT(statistics().keys, 100u);
  EXPECT_LT(statistics().keys, 7'000u);
  sweep();
  sweep();
  EXPECT_LE(statistics().keys, 100u);
}

TEST_P(EvictionBounds, BoundsOfOneKeyAndOfOneByteHold) {
  ASSERT_NO_FATAL_FAILURE(bound({.keys_max = 1}));
  for (std::uint64_t i = 0; i < 20; ++i) {
    ASSERT_NO_FATAL_FAILURE(put_number(i));
    sweep();
    ASSERT_EQ(statistics().keys, 1u);
    ASSERT_TRUE(is_there(i));
  }
  ASSERT_NO_FATAL_FAILURE(bound({.bytes_max = 1}));
  sweep();
  EXPECT_EQ(statistics().keys, 0u);
  ASSERT_NO_FATAL_FAILURE(bound({.keys_max = ~std::uint64_t{0}, .bytes_max = ~std::uint64_t{0}}));
  ASSERT_NO_FATAL_FAILURE(put_numbers(0, 100));
  sweep();
  EXPECT_EQ(statistics().keys, 100u);
}

TEST_P(EvictionInASmallStore, TakesWritesForEver) {
  ASSERT_NO_FATAL_FAILURE(bound({.bytes_max = 700'000}));
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    ASSERT_NO_FATAL_FAILURE(put_number(i, 500));
    if (i % 7 == 0 && i > 100) static_cast<void>(space_->get(name_of(i - 100)));
  }
  sweep();
  EXPECT_GT(statistics().cleaned_segments, 50u);
  EXPECT_LE(statistics().data_bytes, 700'000u + 700'000 / 16);
  EXPECT_GT(statistics().data_bytes, 600'000u);
  expect_whole();
}

}  // namespace
}  // namespace holdfast::kv_suites
