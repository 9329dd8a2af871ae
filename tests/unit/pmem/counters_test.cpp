#include <gtest/gtest.h>

#include <barrier>
#include <thread>
#include <vector>

#include "pmem/thread_counters.hpp"

namespace holdfast::pmem {
namespace {

TEST(ThreadCounters, MoreThreadsThanLinesLoseNothing) {
  constexpr std::ptrdiff_t kThreads = 150;  // above the 128 lines that are owned
  constexpr std::uint64_t kRounds = 200;
  ThreadCounters counters;
  std::barrier all_hold_a_line{kThreads};
  std::vector<std::thread> threads;
  for (std::ptrdiff_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      counters.add_flush();  // takes the line
      all_hold_a_line.arrive_and_wait();
      for (std::uint64_t round = 0; round < kRounds; ++round) {
        counters.add_write(3);
        counters.add_fence();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const StorageCounters sum = counters.sum();
  EXPECT_EQ(sum.flushes, std::uint64_t{kThreads});
  EXPECT_EQ(sum.writes, kThreads * kRounds);
  EXPECT_EQ(sum.bytes_written, kThreads * kRounds * 3);
  EXPECT_EQ(sum.fences, kThreads * kRounds);
  EXPECT_EQ(sum.syncs, 0U);
}

TEST(ThreadCounters, LinesPassOnFromEndedThreads) {
  ThreadCounters counters;
  for (int i = 0; i < 300; ++i) std::thread([&] { counters.add_fence(); }).join();
  EXPECT_EQ(counters.sum().fences, 300U);
}

}  // namespace
}  // namespace holdfast::pmem
