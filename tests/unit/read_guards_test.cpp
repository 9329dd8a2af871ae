#include "common/engine/read_guards.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace holdfast {
namespace {

TEST(ReadGuards, WithoutReadersAnExtentIsOutOfSightAtOnce) {
  ReadGuards guards;
  const std::uint64_t retired = guards.phase();
  EXPECT_FALSE(guards.out_of_sight(retired));
  guards.advance();
  EXPECT_TRUE(guards.out_of_sight(retired));
}

TEST(ReadGuards, AReaderKeepsInSightWhatWasRetiredWhileItReads) {
  ReadGuards guards;
  std::optional<ReadGuards::Guard> reader(guards.enter());
  const std::uint64_t retired = guards.phase();
  for (int i = 0; i < 10; ++i) guards.advance();
  EXPECT_FALSE(guards.out_of_sight(retired));
  reader.reset();
  guards.advance();
  EXPECT_TRUE(guards.out_of_sight(retired));
}

// It counted in under the phase before: one change of phase alone would not wait for it.
TEST(ReadGuards, AReaderOfTheOtherParityKeepsItToo) {
  ReadGuards guards;
  std::optional<ReadGuards::Guard> early(guards.enter());
  guards.advance();  // leaves the phase that `early` is in, once
  ASSERT_EQ(guards.phase(), 1u);
  const std::uint64_t retired = guards.phase();
  for (int i = 0; i < 10; ++i) guards.advance();
  EXPECT_FALSE(guards.out_of_sight(retired));
  early.reset();
  guards.advance();
  EXPECT_TRUE(guards.out_of_sight(retired));
}

TEST(ReadGuards, AReaderThatCameLaterDoesNotHoldBackForEver) {
  ReadGuards guards;
  std::optional<ReadGuards::Guard> first(guards.enter());
  const std::uint64_t retired = guards.phase();
  guards.advance();
  const ReadGuards::Guard second = guards.enter();  // in the phase after
  first.reset();
  guards.advance();
  EXPECT_TRUE(guards.out_of_sight(retired));
}

TEST(ReadGuards, AGuardThatWasMovedFromCountsOnce) {
  ReadGuards guards;
  {
    ReadGuards::Guard guard = guards.enter();
    const ReadGuards::Guard moved(std::move(guard));
    const std::uint64_t retired = guards.phase();
    guards.advance();
    EXPECT_FALSE(guards.out_of_sight(retired));
  }
  const std::uint64_t retired = guards.phase();
  guards.advance();
  EXPECT_TRUE(guards.out_of_sight(retired));
}

TEST(ReadGuards, EveryThreadsReaderCounts) {
  ReadGuards guards;
  for (int thread = 0; thread < 40; ++thread) {  // more than there are shards
    std::atomic<int> step{0};
    std::thread reader([&] {
      const ReadGuards::Guard guard = guards.enter();
      step = 1;
      step.notify_all();
      step.wait(1);
    });
    step.wait(0);
    const std::uint64_t retired = guards.phase();
    guards.advance();
    guards.advance();
    EXPECT_FALSE(guards.out_of_sight(retired));
    step = 2;
    step.notify_all();
    reader.join();
    guards.advance();
    EXPECT_TRUE(guards.out_of_sight(retired));
  }
}

// An index of one slot: what a reader has found there stays whole until it is done.
TEST(ReadGuards, NothingThatAReaderFoundIsFreed) {
  constexpr int kRounds = 20'000;
  ReadGuards guards;
  std::vector<std::atomic<int>> alive(kRounds + 1);
  std::atomic<int> index{0};
  alive[0] = 1;
  std::atomic<bool> stop{false};
  std::atomic<int> found_dead{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] {
      while (!stop.load()) {
        const ReadGuards::Guard guard = guards.enter();
        const int extent = index.load();
        for (int look = 0; look < 4; ++look)
          found_dead += alive[static_cast<std::size_t>(extent)].load() == 0;
      }
    });
  std::vector<std::pair<int, std::uint64_t>> limbo;
  for (int round = 1; round <= kRounds; ++round) {
    alive[static_cast<std::size_t>(round)] = 1;
    const int old = index.exchange(round);
    limbo.emplace_back(old, guards.phase());
    guards.advance();
    std::erase_if(limbo, [&](const auto& retired) {
      if (!guards.out_of_sight(retired.second)) return false;
      alive[static_cast<std::size_t>(retired.first)] = 0;
      return true;
    });
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(found_dead.load(), 0);
  guards.advance();
  for (const auto& [extent, retired] : limbo) EXPECT_TRUE(guards.out_of_sight(retired));
}

}  // namespace
}  // namespace holdfast
