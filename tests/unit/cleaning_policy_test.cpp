#include "common/engine/cleaning_policy.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

constexpr std::uint64_t kSegmentBytes = 64 << 10;

SegmentUse use(SegmentId id, std::uint64_t live_bytes, std::uint64_t tombstone_bytes, std::uint64_t floor) {
  return {.place = {.segment_id = id, .space_id = 1, .offset = id * kSegmentBytes, .size_bytes = kSegmentBytes},
          .live_bytes = live_bytes,
          .tombstone_bytes = tombstone_bytes,
          .floor = floor,
          .is_cleanable = true};
}

std::vector<SegmentId> ids(const std::vector<SegmentUse>& uses) {
  std::vector<SegmentId> ids;
  for (const SegmentUse& one : uses) ids.push_back(one.place.segment_id);
  return ids;
}

using Ids = std::vector<SegmentId>;

TEST(CleaningPolicy, TakesTheEmptiestFirst) {
  const auto chosen = CleaningPolicy::choose(
      {use(1, 60'000, 0, 10), use(2, 100, 0, 10), use(3, 30'000, 0, 10)}, 20, kSegmentBytes);
  EXPECT_EQ(ids(chosen), (Ids{2, 3}));
}

TEST(CleaningPolicy, OfTwoAlikeTakesTheOlder) {
  const auto chosen = CleaningPolicy::choose({use(1, 40'000, 0, 900), use(2, 40'000, 0, 100)}, 1'000, kSegmentBytes);
  EXPECT_EQ(ids(chosen), Ids{2});
}

TEST(CleaningPolicy, AnOlderFullerOneMayBeWorthMoreThanAYoungEmptierOne) {
  const auto chosen = CleaningPolicy::choose({use(1, 20'000, 0, 990), use(2, 40'000, 0, 100)}, 1'000, kSegmentBytes);
  EXPECT_EQ(ids(chosen).front(), 2u);
}

TEST(CleaningPolicy, CopiesAboutASegmentAtOnce) {
  std::vector<SegmentUse> uses;
  for (SegmentId id = 1; id <= 10; ++id) uses.push_back(use(id, 30'000, 0, id));
  EXPECT_EQ(CleaningPolicy::choose(uses, 100, kSegmentBytes).size(), 2u);
}

TEST(CleaningPolicy, LeavesAloneWhatGivesNothingOrIsInUse) {
  SegmentUse busy = use(1, 0, 0, 1);
  busy.is_cleanable = false;
  EXPECT_TRUE(CleaningPolicy::choose({busy, use(2, kSegmentBytes - 1'000, 0, 1)}, 10, kSegmentBytes).empty());
}

// Else the copies, which leave as much unused again, would be copied for ever.
TEST(CleaningPolicy, WhatCleaningItselfHasLeftUnusedIsNoGain) {
  SegmentUse packed = use(1, 50'000, 0, 10);
  packed.is_of_copies = true;
  packed.written_bytes = 50'000;
  EXPECT_TRUE(CleaningPolicy::choose({packed}, 20, kSegmentBytes).empty());
  EXPECT_EQ(CleaningPolicy::load_of({packed}).garbage_bytes, 0u);
  packed.live_bytes = 40'000;
  EXPECT_EQ(ids(CleaningPolicy::choose({packed}, 20, kSegmentBytes)), Ids{1});
  EXPECT_EQ(CleaningPolicy::load_of({packed}).garbage_bytes, 10'000u);
}

TEST(CleaningPolicy, TombstonesWeighButForThoseWithNothingBelow) {
  const auto chosen = CleaningPolicy::choose(
      {use(1, 0, kSegmentBytes - 1'000, 5), use(2, 0, kSegmentBytes - 1'000, 50)}, 100, kSegmentBytes);
  EXPECT_EQ(ids(chosen), Ids{1});
}

TEST(CleaningPolicy, ASpaceIsDueWhereMoreThanItsPartIsGarbage) {
  std::vector<SegmentUse> uses;
  for (SegmentId id = 1; id <= 20; ++id) uses.push_back(use(id, id <= 9 ? 0 : kSegmentBytes, 0, id));
  EXPECT_FALSE(CleaningPolicy::is_due(CleaningPolicy::load_of(uses), 0.5, kSegmentBytes));
  EXPECT_TRUE(CleaningPolicy::is_due(CleaningPolicy::load_of(uses), 0.4, kSegmentBytes));
}

TEST(CleaningPolicy, ASmallSpaceIsNeverDue) {
  EXPECT_FALSE(CleaningPolicy::is_due(CleaningPolicy::load_of({use(1, 0, 0, 1), use(2, 0, 0, 2)}), 0.5, kSegmentBytes));
}

TEST(CleaningPolicy, ManyTombstonesRaiseTheLowestFloor) {
  std::vector<SegmentUse> uses{use(1, kSegmentBytes, 0, 1)};
  for (SegmentId id = 2; id <= 5; ++id) uses.push_back(use(id, 0, kSegmentBytes / 2, 100 * id));
  const auto raised = CleaningPolicy::floor_to_raise(uses, kSegmentBytes);
  ASSERT_TRUE(raised);
  EXPECT_EQ(raised->place.segment_id, 1u);
  EXPECT_FALSE(CleaningPolicy::floor_to_raise({use(1, kSegmentBytes, 0, 1), use(2, 0, kSegmentBytes / 2, 100)}, kSegmentBytes));
  uses.front().is_cleanable = false;
  EXPECT_FALSE(CleaningPolicy::floor_to_raise(uses, kSegmentBytes));
  EXPECT_TRUE(CleaningPolicy::is_held_up(uses, kSegmentBytes));
}

}  // namespace
}  // namespace holdfast
