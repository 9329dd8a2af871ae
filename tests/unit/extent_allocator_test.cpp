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


bool is(const std::optional<ByteRange>& extent, std::uint64_t block, std::uint64_t count) {
  return extent && extent->offset == block * kBlockSizeBytes && extent->size_bytes == count * kBlockSizeBytes;
}

TEST(ExtentAllocator, TakesTheSmallestRunThatFits) {
  ExtentAllocator allocator(100 * kBlockSizeBytes);
  ASSERT_TRUE(allocator.take({10 * kBlockSizeBytes, 10 * kBlockSizeBytes}));  // free: 10, 4, 6, 67
  ASSERT_TRUE(allocator.take({24 * kBlockSizeBytes, kBlockSizeBytes}));
  ASSERT_TRUE(allocator.take({31 * kBlockSizeBytes, 2 * kBlockSizeBytes}));
  EXPECT_TRUE(is(allocator.allocate(5 * kBlockSizeBytes), 25, 5));
  EXPECT_TRUE(is(allocator.allocate(4 * kBlockSizeBytes), 20, 4));
  EXPECT_TRUE(is(allocator.allocate(10 * kBlockSizeBytes), 0, 10));
  EXPECT_TRUE(is(allocator.allocate(kBlockSizeBytes), 30, 1));
}

TEST(ExtentAllocator, OfEqualRunsTakesTheFirst) {
  ExtentAllocator allocator(7 * kBlockSizeBytes);
  ASSERT_TRUE(allocator.take({3 * kBlockSizeBytes, kBlockSizeBytes}));
  EXPECT_TRUE(is(allocator.allocate(kBlockSizeBytes), 0, 1));
}

TEST(ExtentAllocator, RoundsUpToBlocks) {
  ExtentAllocator allocator(8 * kBlockSizeBytes);
  EXPECT_TRUE(is(allocator.allocate(1), 0, 1));
  EXPECT_TRUE(is(allocator.allocate(kBlockSizeBytes + 1), 1, 2));
  EXPECT_EQ(allocator.free_bytes(), 5 * kBlockSizeBytes);
}

TEST(ExtentAllocator, SaysWhereTheNextExtentWillLie) {
  ExtentAllocator allocator(20 * kBlockSizeBytes);
  ASSERT_TRUE(allocator.take({5 * kBlockSizeBytes, 5 * kBlockSizeBytes}));  // free: 5, 10
  EXPECT_TRUE(is(allocator.next_run(3 * kBlockSizeBytes, 4 * kBlockSizeBytes), 0, 4));
  EXPECT_TRUE(is(allocator.next_run(5 * kBlockSizeBytes + 1, 40 * kBlockSizeBytes), 10, 10));
  EXPECT_TRUE(is(allocator.allocate(5 * kBlockSizeBytes + 1), 10, 6));
  EXPECT_FALSE(allocator.next_run(6 * kBlockSizeBytes, 6 * kBlockSizeBytes));
  EXPECT_FALSE(allocator.next_run(0, kBlockSizeBytes));
}

TEST(ExtentAllocator, GivesNothingForNoBytes) {
  ExtentAllocator allocator(8 * kBlockSizeBytes);
  EXPECT_FALSE(allocator.allocate(0));
  EXPECT_FALSE(allocator.allocate_largest(0));
  EXPECT_EQ(allocator.free_bytes(), 8 * kBlockSizeBytes);
}

TEST(ExtentAllocator, GivesNothingWhereNoRunFits) {
  ExtentAllocator allocator(8 * kBlockSizeBytes);
  ASSERT_TRUE(allocator.take({4 * kBlockSizeBytes, kBlockSizeBytes}));
  EXPECT_FALSE(allocator.allocate(5 * kBlockSizeBytes));
  EXPECT_EQ(allocator.free_bytes(), 7 * kBlockSizeBytes);
}

TEST(ExtentAllocator, CutsTheLargestRunToWhatIsAskedFor) {
  ExtentAllocator allocator(20 * kBlockSizeBytes);
  ASSERT_TRUE(allocator.take({8 * kBlockSizeBytes, kBlockSizeBytes}));
  EXPECT_TRUE(is(allocator.allocate_largest(4 * kBlockSizeBytes), 9, 4));
  EXPECT_TRUE(is(allocator.allocate_largest(100 * kBlockSizeBytes), 0, 8));
  EXPECT_TRUE(is(allocator.allocate_largest(100 * kBlockSizeBytes), 13, 7));
  EXPECT_FALSE(allocator.allocate_largest(kBlockSizeBytes));
}

TEST(ExtentAllocator, MergesFreedNeighboursInAnyOrder) {
  std::array<std::uint64_t, 3> order{0, 1, 2};
  do {
    ExtentAllocator allocator(9 * kBlockSizeBytes);
    for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(allocator.take({i * 3 * kBlockSizeBytes, 3 * kBlockSizeBytes}));
    for (const std::uint64_t i : order) allocator.release({i * 3 * kBlockSizeBytes, 3 * kBlockSizeBytes});
    EXPECT_EQ(allocator.largest_free_bytes(), 9 * kBlockSizeBytes);
    EXPECT_TRUE(is(allocator.allocate(9 * kBlockSizeBytes), 0, 9));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(ExtentAllocator, RefusesToTakeWhatOverlapsAndChangesNothing) {
  ExtentAllocator allocator(16 * kBlockSizeBytes);
  ASSERT_TRUE(allocator.take({4 * kBlockSizeBytes, 4 * kBlockSizeBytes}));
  for (const auto& [block, count] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {4, 4}, {5, 1}, {3, 2}, {7, 2}, {3, 6}, {0, 16}, {0, 5}, {7, 9}}) {
    EXPECT_FALSE(allocator.take({block * kBlockSizeBytes, count * kBlockSizeBytes})) << block << " + " << count;
    EXPECT_EQ(allocator.free_bytes(), 12 * kBlockSizeBytes);
  }
  EXPECT_TRUE(allocator.take({0, 4 * kBlockSizeBytes}));
  EXPECT_TRUE(allocator.take({8 * kBlockSizeBytes, 8 * kBlockSizeBytes}));
  EXPECT_EQ(allocator.free_bytes(), 0u);
}

TEST(ExtentAllocator, RefusesToTakeWhatLiesOutside) {
  constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max() / kBlockSizeBytes * kBlockSizeBytes;
  ExtentAllocator allocator(16 * kBlockSizeBytes);
  EXPECT_FALSE(allocator.take({16 * kBlockSizeBytes, kBlockSizeBytes}));
  EXPECT_FALSE(allocator.take({15 * kBlockSizeBytes, 2 * kBlockSizeBytes}));
  EXPECT_FALSE(allocator.take({kBlockSizeBytes, kLast}));  // the end runs out of the numbers
  EXPECT_FALSE(allocator.take({kLast, kBlockSizeBytes}));
  EXPECT_EQ(allocator.free_bytes(), 16 * kBlockSizeBytes);
}

TEST(ExtentAllocator, RefusesToTakePartsOfBlocks) {
  ExtentAllocator allocator(16 * kBlockSizeBytes);
  EXPECT_FALSE(allocator.take({8, kBlockSizeBytes}));
  EXPECT_FALSE(allocator.take({0, kBlockSizeBytes - 8}));
  EXPECT_FALSE(allocator.take({0, 0}));
  EXPECT_EQ(allocator.free_bytes(), 16 * kBlockSizeBytes);
}

TEST(ExtentAllocator, GrowthIsFreeAndMergesWithAFreeEnd) {
  ExtentAllocator allocator(8 * kBlockSizeBytes);
  ASSERT_TRUE(allocator.take({0, 6 * kBlockSizeBytes}));
  allocator.grow(12 * kBlockSizeBytes);
  EXPECT_EQ(allocator.size_bytes(), 12 * kBlockSizeBytes);
  EXPECT_TRUE(is(allocator.allocate(6 * kBlockSizeBytes), 6, 6));
}

TEST(ExtentAllocator, GrowthToNoMoreChangesNothing) {
  ExtentAllocator allocator(8 * kBlockSizeBytes);
  for (const std::uint64_t size : {std::uint64_t{0}, 4 * kBlockSizeBytes, 8 * kBlockSizeBytes, 9 * kBlockSizeBytes - 1})
    allocator.grow(size);
  EXPECT_EQ(allocator.size_bytes(), 8 * kBlockSizeBytes);
  EXPECT_EQ(allocator.free_bytes(), 8 * kBlockSizeBytes);
}

TEST(ExtentAllocatorDeathTest, ReleasingTwiceIsABug) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  ExtentAllocator allocator(8 * kBlockSizeBytes);
  const auto extent = allocator.allocate(2 * kBlockSizeBytes);
  ASSERT_TRUE(extent);
  allocator.release(*extent);
  EXPECT_DEATH(allocator.release(*extent), "holdfast: bug");
}

TEST(ExtentAllocator, GivesNoBlockToTwoThreads) {
  constexpr std::uint64_t kBlocks = 256;
  ExtentAllocator allocator(kBlocks * kBlockSizeBytes);
  std::array<std::atomic<int>, kBlocks> owners{};
  std::atomic<int> shared{0};
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      for (unsigned round = 0; round < 500; ++round) {
        const auto extent = allocator.allocate((1 + (round * 7 + thread) % 40) * kBlockSizeBytes);
        if (!extent) continue;
        const std::uint64_t first = extent->offset / kBlockSizeBytes;
        const std::uint64_t last = first + extent->size_bytes / kBlockSizeBytes;
        for (std::uint64_t block = first; block < last; ++block) shared += owners[block].exchange(1);
        for (std::uint64_t block = first; block < last; ++block) owners[block].store(0);
        allocator.release(*extent);
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shared.load(), 0);
  EXPECT_EQ(allocator.largest_free_bytes(), kBlocks * kBlockSizeBytes);
}

}  // namespace
}  // namespace holdfast
