#include "common/engine/extents.hpp"

#include <gtest/gtest.h>

#include "common/format/layout.hpp"
#include "memory_storage.hpp"

namespace holdfast {
namespace {

std::uint64_t sum_of(const std::vector<ByteRange>& parts) {
  std::uint64_t sum = 0;
  for (const ByteRange& part : parts) sum += part.size_bytes;
  return sum;
}

TEST(Extents, GrowTheStoreWhenNothingFreeIsLargeEnough) {
  const auto storage = memory_storage(kMiB, 16 * kMiB);
  Extents extents(*storage);
  const auto extent = extents.allocate(3 * kMiB);
  ASSERT_TRUE(ok(extent));
  EXPECT_EQ(extent->size_bytes, 3 * kMiB);
  EXPECT_LE(extent->offset + extent->size_bytes, storage->size_bytes());
  EXPECT_EQ(extents.free_bytes(), storage->size_bytes() - 3 * kMiB);
}

TEST(Extents, GrowByNoMoreThanAQuarterBeyondTheNeed) {
  const auto storage = memory_storage(8 * kMiB, 64 * kMiB);
  Extents extents(*storage);
  ASSERT_TRUE(ok(extents.allocate(8 * kMiB)));
  ASSERT_TRUE(ok(extents.allocate(kBlockSizeBytes)));
  EXPECT_EQ(storage->size_bytes(), 10 * kMiB);
}

TEST(Extents, GrowUpToTheVeryMaximum) {
  const auto storage = memory_storage(kMiB, 4 * kMiB + 4096);
  Extents extents(*storage);
  EXPECT_TRUE(ok(extents.allocate(kMiB)));
  EXPECT_TRUE(ok(extents.allocate(3 * kMiB + 4096)));
  EXPECT_EQ(extents.free_bytes(), 0u);
  EXPECT_TRUE(fails_with(ErrorCode::no_space, extents.allocate(1)));
}

TEST(Extents, WhatDoesNotFitChangesNothing) {
  const auto storage = memory_storage(kMiB, 2 * kMiB);
  Extents extents(*storage);
  EXPECT_TRUE(fails_with(ErrorCode::no_space, extents.allocate(3 * kMiB)));
  EXPECT_TRUE(fails_with(ErrorCode::no_space, extents.allocate_parts(3 * kMiB)));
  EXPECT_EQ(storage->size_bytes(), kMiB);
  EXPECT_EQ(extents.free_bytes(), kMiB);
}

TEST(Extents, KnowWhetherTheyHaveARun) {
  const auto storage = memory_storage(kMiB, kMiB);
  Extents extents(*storage);
  EXPECT_TRUE(extents.has_run_of(kMiB));
  EXPECT_FALSE(extents.has_run_of(kMiB + 1));
  ASSERT_TRUE(ok(extents.take({kMiB / 2, kBlockSizeBytes})));
  EXPECT_TRUE(extents.has_run_of(kMiB / 2));
  EXPECT_FALSE(extents.has_run_of(kMiB / 2 + 1));
}

TEST(Extents, PartsAreOneWhereARunFits) {
  const auto storage = memory_storage(4 * kMiB, 4 * kMiB);
  Extents extents(*storage);
  const auto parts = extents.allocate_parts(3 * kMiB + 5);
  ASSERT_TRUE(ok(parts));
  ASSERT_EQ(parts->size(), 1u);
  EXPECT_EQ(parts->front().size_bytes, 3 * kMiB + kBlockSizeBytes);
}

TEST(Extents, PartsAreTheLargestRunsWhereNoneFits) {
  const auto storage = memory_storage(kMiB, kMiB);
  Extents extents(*storage);
  for (std::uint64_t block = 16; block < 256; block += 32)
    ASSERT_TRUE(ok(extents.take({block * 4096, 4096})));
  const auto parts = extents.allocate_parts(100 * 4096);
  ASSERT_TRUE(ok(parts));
  EXPECT_EQ(parts->size(), 4u);  // three of 31 blocks and what is left
  EXPECT_EQ(sum_of(*parts), 100 * 4096u);
  extents.release(*parts);
  EXPECT_EQ(extents.free_bytes(), kMiB - 8 * 4096);
}

TEST(Extents, PartsMayTakeGrowthToo) {
  const auto storage = memory_storage(kMiB, 2 * kMiB);
  Extents extents(*storage);
  ASSERT_TRUE(ok(extents.take({kMiB - 4096, 4096})));  // what is free and what is new do not touch
  const auto parts = extents.allocate_parts(2 * kMiB - 4096);
  ASSERT_TRUE(ok(parts));
  EXPECT_EQ(parts->size(), 2u);
  EXPECT_EQ(extents.free_bytes(), 0u);
}

TEST(Extents, TakingWhatIsTakenIsCorruptionThatSaysWhere) {
  const auto storage = memory_storage(kMiB, kMiB);
  Extents extents(*storage);
  ASSERT_TRUE(ok(extents.take({8192, 65536})));
  for (const ByteRange wrong : {ByteRange{8192, 4096}, ByteRange{kMiB, 4096}, ByteRange{8193, 4096}}) {
    const auto taken = extents.take(wrong);
    ASSERT_TRUE(fails_with(ErrorCode::corruption, taken));
    EXPECT_EQ(taken.error().offset, wrong.offset);
    EXPECT_EQ(taken.error().found, "store size 1048576");
  }
}

}  // namespace
}  // namespace holdfast
