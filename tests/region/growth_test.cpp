#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

TEST_P(RegionOn, GrowsOverManyExtents) {
  Region other = region("other");
  std::string expected;
  for (unsigned i = 0; i < 60; ++i) {  // in turns, so that neither finds its next bytes behind its last
    const std::string piece = some_bytes(9'000, i);
    ASSERT_TRUE(ok(region_->append(bytes_of_text(piece))));
    ASSERT_TRUE(ok(other.append(bytes_of_text(piece))));
    expected += piece;
  }
  EXPECT_TRUE(holds(*region_, expected));
  EXPECT_TRUE(holds(other, expected));
}

TEST_P(RegionOn, ReservedRoomIsUsedBeforeTheStoreIsAsked) {
  ASSERT_TRUE(ok(region_->reserve(200'000)));
  const std::uint64_t owned = owned_bytes(*store_, "region");
  EXPECT_GE(owned, 200'000u);
  EXPECT_EQ(region_->size(), 0u);
  const std::string bytes = some_bytes(1'000);
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(ok(region_->append(bytes_of_text(bytes))));
  EXPECT_EQ(owned_bytes(*store_, "region"), owned);
}

TEST_P(RegionOn, ReservingLessThanThereIsChangesNothing) {
  write(0, some_bytes(100'000));
  const std::uint64_t owned = owned_bytes(*store_, "region");
  ASSERT_TRUE(ok(region_->reserve(10)));
  EXPECT_EQ(owned_bytes(*store_, "region"), owned);
}

TEST_P(RegionOn, TruncateCutsAndGivesTheRoomBack) {
  const std::uint64_t free = free_bytes();
  write(0, some_bytes(300'000));
  ASSERT_TRUE(ok(region_->truncate(4'097)));
  EXPECT_TRUE(holds(*region_, some_bytes(300'000).substr(0, 4'097)));
  ASSERT_TRUE(ok(region_->truncate(0)));
  EXPECT_TRUE(holds(*region_, ""));
  EXPECT_EQ(owned_bytes(*store_, "region"), 0u);
  EXPECT_GE(free_bytes(), free);
}

TEST_P(RegionOn, TruncateLetsItGrowWithZeros) {
  write(0, "abc");
  ASSERT_TRUE(ok(region_->truncate(80'000)));
  std::string expected = "abc";
  expected.resize(80'000, '\0');
  EXPECT_TRUE(holds(*region_, expected));
  EXPECT_EQ(region_->append(bytes_of_text("z")), 80'000u);
}

TEST_P(RegionOn, TruncateGivesReservedRoomBackToo) {
  ASSERT_TRUE(ok(region_->append(bytes_of_text(some_bytes(1'000)))));
  ASSERT_TRUE(ok(region_->reserve(400'000)));
  ASSERT_TRUE(ok(region_->truncate(1'000)));
  EXPECT_LT(owned_bytes(*store_, "region"), 400'000u);
  EXPECT_TRUE(holds(*region_, some_bytes(1'000)));
}

TEST_P(RegionOn, WhatTruncationFreesIsUsedAgain) {
  for (unsigned i = 0; i < 50; ++i) {  // far more than the store could hold side by side
    const std::string bytes = some_bytes(kRoomBytes / 8, i);
    write(0, bytes);
    ASSERT_TRUE(holds(*region_, bytes));
    ASSERT_TRUE(ok(region_->truncate(0)));
  }
}

}  // namespace
}  // namespace holdfast::region_suites
