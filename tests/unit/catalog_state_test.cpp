#include "common/engine/catalog_state.hpp"

#include <gtest/gtest.h>

#include "contract/storage_test_support.hpp"

namespace holdfast {
namespace {

CatalogEntry add_space(SpaceId id, std::string name) {
  return {
      .type = CatalogEntryType::add_space, .kind = SpaceKind::kv, .space_id = id, .name = std::move(name)};
}

CatalogEntry add_segment(SegmentId id, SpaceId space) {
  return {.type = CatalogEntryType::add_segment,
          .segment_id = id,
          .space_id = space,
          .offset = id * 65536,
          .size_bytes = 65536};
}

CatalogEntry free_segment(SegmentId id) { return {.type = CatalogEntryType::free_segment, .segment_id = id}; }

CatalogEntry slice_count(SegmentId id, std::uint32_t start, std::uint32_t count) {
  return {.type = CatalogEntryType::slice_count, .segment_id = id, .start = start, .count = count};
}

CatalogState state_of(const std::vector<CatalogEntry>& entries) {
  CatalogState state;
  for (const CatalogEntry& entry : entries) EXPECT_TRUE(ok(state.apply(entry)));
  return state;
}

TEST(CatalogState, FindsSpacesByName) {
  const CatalogState state = state_of({add_space(1, "users"), add_space(2, "audit")});
  ASSERT_NE(state.find_space("audit"), nullptr);
  EXPECT_EQ(state.find_space("audit")->id, 2u);
  EXPECT_EQ(state.find_space("user"), nullptr);
  EXPECT_EQ(state.find_space(""), nullptr);
}

CatalogEntry add_region(SpaceId id, std::string name) {
  return {.type = CatalogEntryType::add_space, .kind = SpaceKind::region, .space_id = id, .name = std::move(name)};
}

CatalogEntry region_extent(SegmentId id, SpaceId region, std::uint32_t start_block) {
  CatalogEntry entry = add_segment(id, region);
  entry.content = SegmentContent::region;
  entry.start = start_block;
  return entry;
}

CatalogEntry region_size(SpaceId id, std::uint64_t size_bytes) {
  return {.type = CatalogEntryType::region_size, .space_id = id, .size_bytes = size_bytes};
}

CatalogEntry rename_space(SpaceId id, std::string name) {
  return {.type = CatalogEntryType::rename_space, .space_id = id, .name = std::move(name)};
}

CatalogEntry remove_space(SpaceId id) { return {.type = CatalogEntryType::remove_space, .space_id = id}; }

TEST(CatalogState, KnowsSizesAndExtentsOfRegions) {
  const CatalogState state =
      state_of({add_region(3, "r"), region_extent(10, 3, 0), region_extent(11, 3, 16), region_size(3, 70'000)});
  EXPECT_EQ(state.spaces().at(3).region_size_bytes, 70'000u);
  EXPECT_EQ(state.segments().at(11).start_block, 16u);
}

TEST(CatalogState, OnlyRegionsHaveTheirExtentsAndSizes) {
  CatalogState state = state_of({add_space(1, "kv"), add_region(2, "r")});
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply(region_extent(10, 1, 0))));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply(add_segment(10, 2))));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply(region_size(1, 5))));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply(region_size(9, 5))));
}

TEST(CatalogState, RenamesToFreeNamesAlone) {
  CatalogState state = state_of({add_region(1, "a"), add_space(2, "b")});
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply(rename_space(1, "b"))));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply(rename_space(9, "c"))));
  ASSERT_TRUE(ok(state.apply(rename_space(1, "a longer name"))));
  EXPECT_EQ(state.find_space("a"), nullptr);
  ASSERT_NE(state.find_space("a longer name"), nullptr);
  EXPECT_EQ(state.find_space("a longer name")->id, 1u);
}

TEST(CatalogState, RemovesSpacesThatOwnNothing) {
  CatalogState state = state_of({add_region(1, "a"), region_extent(10, 1, 0)});
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply(remove_space(1))));
  ASSERT_TRUE(ok(state.apply(free_segment(10))));
  ASSERT_TRUE(ok(state.apply(remove_space(1))));
  EXPECT_EQ(state.find_space("a"), nullptr);
  EXPECT_EQ(state.next_space_id(), 2u);
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply(remove_space(1))));
}

TEST(CatalogState, ASnapshotOfRegionsIsAsLongAsItSays) {
  CatalogState state = state_of({add_region(1, "a"), add_region(2, "b"), add_space(3, "c"), region_extent(10, 1, 0),
                                 region_size(1, 9), rename_space(2, "a much longer name"), remove_space(3)});
  EXPECT_EQ(encode_catalog_entries(state.snapshot()).size(), state.snapshot_size_bytes());
  CatalogState again = state_of(state.snapshot());
  EXPECT_EQ(again.spaces().at(1).region_size_bytes, 9u);
  EXPECT_EQ(again.segments().at(10).start_block, 0u);
  EXPECT_EQ(again.find_space("a much longer name")->id, 2u);
}

TEST(CatalogState, NextIdsLieBehindEveryIdThatWasUsed) {
  CatalogState state = state_of({add_space(7, "users"), add_segment(40, 7)});
  EXPECT_EQ(state.next_space_id(), 8u);
  EXPECT_EQ(state.next_segment_id(), 41u);
  ASSERT_TRUE(ok(state.apply(free_segment(40))));
  EXPECT_EQ(state.next_segment_id(), 41u);
  ASSERT_TRUE(ok(state.apply({.type = CatalogEntryType::next_ids, .segment_id = 90, .space_id = 3})));
  EXPECT_EQ(state.next_segment_id(), 90u);
  EXPECT_EQ(state.next_space_id(), 8u);
}

TEST(CatalogState, SliceCountsGoWithTheirSegmentAlone) {
  CatalogState state = state_of({add_space(1, "s"), add_segment(4, 1), add_segment(5, 1), add_segment(6, 1),
                                 slice_count(4, 64, 1), slice_count(5, 64, 2), slice_count(5, 8192, 3),
                                 slice_count(6, 64, 4)});
  EXPECT_EQ(state.slice_count(5, 8192), 3u);
  EXPECT_EQ(state.slice_count(5, 4096), 0u);
  ASSERT_TRUE(ok(state.apply(free_segment(5))));
  EXPECT_EQ(state.slice_count(5, 64), 0u);
  EXPECT_EQ(state.slice_count(5, 8192), 0u);
  EXPECT_EQ(state.slice_count(4, 64), 1u);
  EXPECT_EQ(state.slice_count(6, 64), 4u);
}

TEST(CatalogState, ContradictionsAreCorruptionAndChangeNothing) {
  CatalogState state = state_of({add_space(1, "users"), add_segment(4, 1)});
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply(add_space(1, "others"))));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply(add_space(2, "users"))));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply(add_segment(4, 1))));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply(add_segment(5, 2))));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply(free_segment(5))));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply({.type = static_cast<CatalogEntryType>(9)})));
  EXPECT_EQ(state.spaces().size(), 1u);
  EXPECT_EQ(state.segments().size(), 1u);
}

TEST(CatalogState, ItsSnapshotGivesTheSameStateAgain) {
  const CatalogState state =
      state_of({add_space(1, "users"),
                add_space(4, std::string("\0x", 2)),
                add_segment(4, 1),
                add_segment(9, 4),
                slice_count(9, 64, 12),
                {.type = CatalogEntryType::next_ids, .segment_id = 20, .space_id = 30}});
  const CatalogState again = state_of(state.snapshot());
  EXPECT_EQ(encode_catalog_entries(again.snapshot()), encode_catalog_entries(state.snapshot()));
  EXPECT_EQ(state.snapshot_size_bytes(), encode_catalog_entries(state.snapshot()).size());
  EXPECT_EQ(again.next_segment_id(), 20u);
  EXPECT_EQ(again.next_space_id(), 30u);
  EXPECT_EQ(again.slice_count(9, 64), 12u);
  EXPECT_NE(again.find_space(std::string_view("\0x", 2)), nullptr);
}

TEST(CatalogState, TheHighestClockMarkCountsAndIsInTheSnapshot) {
  const auto mark = [](std::uint64_t time_us) {
    return CatalogEntry{.type = CatalogEntryType::clock_mark, .time_us = time_us};
  };
  CatalogState state = state_of({add_space(1, "users")});
  EXPECT_EQ(state.clock_mark_us(), 0u);
  EXPECT_EQ(encode_catalog_entries(state.snapshot()).size(), state.snapshot_size_bytes());
  for (const std::uint64_t time_us : {50u, 70u, 60u}) ASSERT_TRUE(ok(state.apply(mark(time_us))));
  EXPECT_EQ(state.clock_mark_us(), 70u);
  EXPECT_EQ(encode_catalog_entries(state.snapshot()).size(), state.snapshot_size_bytes());
  EXPECT_EQ(state_of(state.snapshot()).clock_mark_us(), 70u);
}

TEST(CatalogState, GapsOfALogRiseAndGoWithItsBeginAndWithIt) {
  const auto gap = [](std::uint64_t from, std::uint64_t to) {
    return CatalogEntry{.type = CatalogEntryType::log_gap, .space_id = 2, .next_number = to, .number = from};
  };
  const auto begin = [](std::uint64_t number) {
    return CatalogEntry{.type = CatalogEntryType::log_begin, .space_id = 2, .number = number};
  };
  const CatalogEntry log{.type = CatalogEntryType::add_space, .kind = SpaceKind::log, .space_id = 2, .name = "log"};
  CatalogState state = state_of({add_space(1, "users"), log, gap(5, 9), gap(20, 30)});
  const auto is_told_whole = [](const CatalogState& told) {
    const auto snapshot = told.snapshot();
    const CatalogState again = state_of(snapshot);
    return encode_catalog_entries(snapshot).size() == told.snapshot_size_bytes() &&
           encode_catalog_entries(again.snapshot()) == encode_catalog_entries(snapshot);
  };
  EXPECT_EQ(state.spaces().at(2).log_gaps.all(), (std::vector<LogGap>{{5, 9}, {20, 30}}));
  EXPECT_TRUE(is_told_whole(state));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply(gap(10, 29)))) << "ids beyond were given out";
  CatalogEntry of_keys = gap(40, 50);
  of_keys.space_id = 1;
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply(of_keys)));
  ASSERT_TRUE(ok(state.apply(begin(7))));
  EXPECT_EQ(state.spaces().at(2).log_gaps.all(), (std::vector<LogGap>{{7, 9}, {20, 30}}));
  EXPECT_TRUE(is_told_whole(state));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, state.apply(gap(6, 40)))) << "below the begin";
  ASSERT_TRUE(ok(state.apply(gap(25, 40))));
  EXPECT_EQ(state.spaces().at(2).log_gaps.all(), (std::vector<LogGap>{{7, 9}, {20, 40}}));
  ASSERT_TRUE(ok(state.apply(begin(9))));
  EXPECT_EQ(state.spaces().at(2).log_gaps.all(), (std::vector<LogGap>{{20, 40}}));
  EXPECT_TRUE(is_told_whole(state));
  ASSERT_TRUE(ok(state.apply({.type = CatalogEntryType::remove_space, .space_id = 2})));
  EXPECT_TRUE(is_told_whole(state));
}

}  // namespace
}  // namespace holdfast
