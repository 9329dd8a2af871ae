#include "common/allocator/extent_allocator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <thread>
#include <vector>

#include "common/format/layout.hpp"

namespace holdfast {
namespace {

constexpr std::uint64_t kBlock = kBlockSizeBytes;

bool is(const std::optional<ByteRange>& extent, std::uint64_t block, std::uint64_t count) {
  return extent && extent->offset == block * kBlock && extent->size_bytes == count * kBlock;
}

TEST(ExtentAllocator, TakesTheSmallestRunThatFits) {
  ExtentAllocator allocator(100 * kBlock);
  ASSERT_TRUE(allocator.take({10 * kBlock, 10 * kBlock}));  // free: 10, 4, 6, 67
  ASSERT_TRUE(allocator.take({24 * kBlock, kBlock}));
  ASSERT_TRUE(allocator.take({31 * kBlock, 2 * kBlock}));
  EXPECT_TRUE(is(allocator.allocate(5 * kBlock), 25, 5));
  EXPECT_TRUE(is(allocator.allocate(4 * kBlock), 20, 4));
  EXPECT_TRUE(is(allocator.allocate(10 * kBlock), 0, 10));
  EXPECT_TRUE(is(allocator.allocate(kBlock), 30, 1));
}

TEST(ExtentAllocator, OfEqualRunsTakesTheFirst) {
  ExtentAllocator allocator(7 * kBlock);
  ASSERT_TRUE(allocator.take({3 * kBlock, kBlock}));
  EXPECT_TRUE(is(allocator.allocate(kBlock), 0, 1));
}

TEST(ExtentAllocator, RoundsUpToBlocks) {
  ExtentAllocator allocator(8 * kBlock);
  EXPECT_TRUE(is(allocator.allocate(1), 0, 1));
  EXPECT_TRUE(is(allocator.allocate(kBlock + 1), 1, 2));
  EXPECT_EQ(allocator.free_bytes(), 5 * kBlock);
}

TEST(ExtentAllocator, GivesNothingForNoBytes) {
  ExtentAllocator allocator(8 * kBlock);
  EXPECT_FALSE(allocator.allocate(0));
  EXPECT_FALSE(allocator.allocate_largest(0));
  EXPECT_EQ(allocator.free_bytes(), 8 * kBlock);
}

TEST(ExtentAllocator, GivesNothingWhereNoRunFits) {
  ExtentAllocator allocator(8 * kBlock);
  ASSERT_TRUE(allocator.take({4 * kBlock, kBlock}));
  EXPECT_FALSE(allocator.allocate(5 * kBlock));
  EXPECT_EQ(allocator.free_bytes(), 7 * kBlock);
}

TEST(ExtentAllocator, CutsTheLargestRunToWhatIsAskedFor) {
  ExtentAllocator allocator(20 * kBlock);
  ASSERT_TRUE(allocator.take({8 * kBlock, kBlock}));
  EXPECT_TRUE(is(allocator.allocate_largest(4 * kBlock), 9, 4));
  EXPECT_TRUE(is(allocator.allocate_largest(100 * kBlock), 0, 8));
  EXPECT_TRUE(is(allocator.allocate_largest(100 * kBlock), 13, 7));
  EXPECT_FALSE(allocator.allocate_largest(kBlock));
}

TEST(ExtentAllocator, MergesFreedNeighboursInAnyOrder) {
  std::array<std::uint64_t, 3> order{0, 1, 2};
  do {
    ExtentAllocator allocator(9 * kBlock);
    for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(allocator.take({i * 3 * kBlock, 3 * kBlock}));
    for (const std::uint64_t i : order) allocator.release({i * 3 * kBlock, 3 * kBlock});
    EXPECT_EQ(allocator.largest_free_bytes(), 9 * kBlock);
    EXPECT_TRUE(is(allocator.allocate(9 * kBlock), 0, 9));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(ExtentAllocator, RefusesToTakeWhatOverlapsAndChangesNothing) {
  ExtentAllocator allocator(16 * kBlock);
  ASSERT_TRUE(allocator.take({4 * kBlock, 4 * kBlock}));
  for (const auto& [block, count] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {4, 4}, {5, 1}, {3, 2}, {7, 2}, {3, 6}, {0, 16}, {0, 5}, {7, 9}}) {
    EXPECT_FALSE(allocator.take({block * kBlock, count * kBlock})) << block << " + " << count;
    EXPECT_EQ(allocator.free_bytes(), 12 * kBlock);
  }
  EXPECT_TRUE(allocator.take({0, 4 * kBlock}));
  EXPECT_TRUE(allocator.take({8 * kBlock, 8 * kBlock}));
  EXPECT_EQ(allocator.free_bytes(), 0u);
}

TEST(ExtentAllocator, RefusesToTakeWhatLiesOutside) {
  constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max() / kBlock * kBlock;
  ExtentAllocator allocator(16 * kBlock);
  EXPECT_FALSE(allocator.take({16 * kBlock, kBlock}));
  EXPECT_FALSE(allocator.take({15 * kBlock, 2 * kBlock}));
  EXPECT_FALSE(allocator.take({kBlock, kLast}));  // the end runs out of the numbers
  EXPECT_FALSE(allocator.take({kLast, kBlock}));
  EXPECT_EQ(allocator.free_bytes(), 16 * kBlock);
}

TEST(ExtentAllocator, RefusesToTakePartsOfBlocks) {
  ExtentAllocator allocator(16 * kBlock);
  EXPECT_FALSE(allocator.take({8, kBlock}));
  EXPECT_FALSE(allocator.take({0, kBlock - 8}));
  EXPECT_FALSE(allocator.take({0, 0}));
  EXPECT_EQ(allocator.free_bytes(), 16 * kBlock);
}

TEST(ExtentAllocator, GrowthIsFreeAndMergesWithAFreeEnd) {
  ExtentAllocator allocator(8 * kBlock);
  ASSERT_TRUE(allocator.take({0, 6 * kBlock}));
  allocator.grow(12 * kBlock);
  EXPECT_EQ(allocator.size_bytes(), 12 * kBlock);
  EXPECT_TRUE(is(allocator.allocate(6 * kBlock), 6, 6));
}

TEST(ExtentAllocator, GrowthToNoMoreChangesNothing) {
  ExtentAllocator allocator(8 * kBlock);
  for (const std::uint64_t size : {std::uint64_t{0}, 4 * kBlock, 8 * kBlock, 9 * kBlock - 1})
    allocator.grow(size);
  EXPECT_EQ(allocator.size_bytes(), 8 * kBlock);
  EXPECT_EQ(allocator.free_bytes(), 8 * kBlock);
}

TEST(ExtentAllocatorDeathTest, ReleasingTwiceIsABug) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  ExtentAllocator allocator(8 * kBlock);
  const auto extent = allocator.allocate(2 * kBlock);
  ASSERT_TRUE(extent);
  allocator.release(*extent);
  EXPECT_DEATH(allocator.release(*extent), "holdfast: bug");
}

TEST(ExtentAllocator, GivesNoBlockToTwoThreads) {
  constexpr std::uint64_t kBlocks = 256;
  ExtentAllocator allocator(kBlocks * kBlock);
  std::array<std::atomic<int>, kBlocks> owners{};
  std::atomic<int> shared{0};
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      for (unsigned round = 0; round < 500; ++round) {
        const auto extent = allocator.allocate((1 + (round * 7 + thread) % 40) * kBlock);
        if (!extent) continue;
        const std::uint64_t first = extent->offset / kBlock;
        const std::uint64_t last = first + extent->size_bytes / kBlock;
        for (std::uint64_t block = first; block < last; ++block) shared += owners[block].exchange(1);
        for (std::uint64_t block = first; block < last; ++block) owners[block].store(0);
        allocator.release(*extent);
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shared.load(), 0);
  EXPECT_EQ(allocator.largest_free_bytes(), kBlocks * kBlock);
}

}  // namespace
}  // namespace holdfast
