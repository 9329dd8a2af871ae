// Each rule in the comment of judge_chains(), alone.

#include "common/engine/slice_chain.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "contract/storage_test_support.hpp"

namespace holdfast {
namespace {

constexpr SpaceId kSpace = 1;

/// Slices as a scan would have found them; `next` follows the one added before.
class Chain {
 public:
  Chain() {
    add(CatalogEntry{
        .type = CatalogEntryType::add_space, .kind = SpaceKind::kv, .space_id = kSpace, .name = "s"});
    for (SegmentId id = 1; id <= 3; ++id) add_segment(id, kSpace);
  }

  void add_segment(SegmentId id, SpaceId space) {
    add({.type = CatalogEntryType::add_segment,
         .segment_id = id,
         .space_id = space,
         .offset = id << 16,
         .size_bytes = 1 << 16});
  }
  void add(const CatalogEntry& entry) { EXPECT_TRUE(ok(catalog_.apply(entry))); }

  /// A slice that names none.
  ScannedSlice& first(SegmentId segment, std::uint32_t records, std::uint32_t epoch = 1,
                      std::uint32_t start = 64) {
    ScannedSlice slice;
    slice.header.segment_id = segment;
    slice.header.start = start;
    slice.header.epoch = epoch;
    slice.end_sequence = records;
    slice.watermark = start;
    slices_.push_back(slice);
    return slices_.back();
  }

  /// A slice that names `previous` with `named` records.
  ScannedSlice& next(const ScannedSlice& previous, std::uint32_t named, SegmentId segment,
                     std::uint32_t records, std::uint32_t epoch = 1, std::uint32_t start = 64) {
    const SliceLinkDisk link{previous.header.segment_id, previous.header.start, named, previous.header.epoch,
                             0};
    ScannedSlice& slice = first(segment, records, epoch, start);
    slice.header.previous = link;
    return slice;
  }

  [[nodiscard]] ChainVerdict judge() const {
    std::vector<const ScannedSlice*> slices;
    for (const ScannedSlice& slice : slices_) slices.push_back(&slice);
    return judge_chains(slices, catalog_);
  }

 private:
  CatalogState catalog_;
  std::deque<ScannedSlice> slices_;
};

TEST(SliceChain, ASliceThatNamesNoneStandsAlone) {
  Chain chain;
  const ScannedSlice& a = chain.first(1, 3);
  const ScannedSlice& b = chain.first(1, 3, 1, 8192);
  const ChainVerdict verdict = chain.judge();
  EXPECT_TRUE(verdict.is_admitted(a));
  EXPECT_TRUE(verdict.is_admitted(b));
}

TEST(SliceChain, ASliceThatFollowsAWholeOneIsAdmitted) {
  Chain chain;
  const ScannedSlice& a = chain.first(1, 3);
  const ScannedSlice& b = chain.next(a, 3, 2, 5);
  const ChainVerdict verdict = chain.judge();
  EXPECT_TRUE(verdict.is_admitted(b));
  EXPECT_TRUE(verdict.known_counts.empty());
}

TEST(SliceChain, ASliceThatFollowsATornOneIsDropped) {
  Chain chain;
  const ScannedSlice& a = chain.first(1, 2);
  const ScannedSlice& b = chain.next(a, 3, 2, 5);
  const ChainVerdict verdict = chain.judge();
  EXPECT_TRUE(verdict.is_admitted(a));
  EXPECT_FALSE(verdict.is_admitted(b));
  EXPECT_TRUE(verdict.known_counts.empty());  // a torn tail is no damage
}

TEST(SliceChain, EverySliceBehindADroppedOneIsDropped) {
  Chain chain;
  const ScannedSlice& a = chain.first(1, 2);
  const ScannedSlice& b = chain.next(a, 3, 2, 5);
  const ScannedSlice& c = chain.next(b, 5, 3, 4);
  const ScannedSlice& d = chain.next(c, 4, 3, 4, 1, 8192);
  const ChainVerdict verdict = chain.judge();
  for (const ScannedSlice* slice : {&b, &c, &d}) EXPECT_FALSE(verdict.is_admitted(*slice));
}

TEST(SliceChain, ASliceThatFollowsAMissingOneIsDropped) {
  Chain chain;
  ScannedSlice missing;
  missing.header.epoch = 1;
  missing.header.segment_id = 1;
  missing.header.start = 64;
  const ScannedSlice& b = chain.next(missing, 3, 2, 5);
  EXPECT_FALSE(chain.judge().is_admitted(b));
}

// After a crash another slice may begin where a lost one was to be: what followed the lost one stays lost.
TEST(SliceChain, ASliceOfAnotherEpochAtTheNamedPlaceIsAnotherSlice) {
  Chain chain;
  const ScannedSlice& a = chain.first(1, 2, 5);
  ScannedSlice never_arrived;
  never_arrived.header.segment_id = 2;
  never_arrived.header.start = 64;
  never_arrived.header.epoch = 5;
  const ScannedSlice& stale = chain.next(never_arrived, 4, 3, 2, 5);
  const ScannedSlice& at_its_place = chain.next(a, 2, 2, 9, 6);
  const ChainVerdict verdict = chain.judge();
  EXPECT_TRUE(verdict.is_admitted(at_its_place));
  EXPECT_FALSE(verdict.is_admitted(stale));
}

TEST(SliceChain, ADurableSliceThatIsMissingIsLost) {
  Chain chain;
  ScannedSlice missing;
  missing.header.segment_id = 1;
  missing.header.start = 64;
  missing.header.epoch = 1;
  const ScannedSlice& later = chain.next(missing, 3, 2, 5, 2);
  const ChainVerdict verdict = chain.judge();
  EXPECT_TRUE(verdict.is_admitted(later));
  EXPECT_EQ(verdict.lost.at(SlicePlace(missing.header)), 3u);
}

TEST(SliceChain, ASliceWithoutARecordDoesNotCount) {
  Chain chain;
  const ScannedSlice& a = chain.first(1, 0);
  const ScannedSlice& b = chain.next(a, 2, 2, 5);
  EXPECT_FALSE(chain.judge().is_admitted(b));
}

TEST(SliceChain, ASliceOfALaterEpochIsAdmittedAndTheLossBeforeItIsDamage) {
  Chain chain;
  const ScannedSlice& a = chain.first(1, 2, 1);
  const ScannedSlice& b = chain.next(a, 3, 2, 5, 2);
  const ChainVerdict verdict = chain.judge();
  EXPECT_TRUE(verdict.is_admitted(b));
  ASSERT_EQ(verdict.known_counts.size(), 1u);
  EXPECT_EQ(verdict.known_counts.begin()->second, 3u);
  EXPECT_EQ(verdict.known_counts.begin()->first, SlicePlace(a.header));
}

TEST(SliceChain, AWatermarkInTheSliceAdmitsItAndTheLossBeforeItIsDamage) {
  Chain chain;
  const ScannedSlice& a = chain.first(1, 2);
  ScannedSlice& b = chain.next(a, 3, 2, 5);
  b.watermark = b.header.start + 100;
  const ChainVerdict verdict = chain.judge();
  EXPECT_TRUE(verdict.is_admitted(b));
  EXPECT_EQ(verdict.known_counts.at(SlicePlace(a.header)), 3u);
}

TEST(SliceChain, AWatermarkInALaterSliceAdmitsAllBeforeIt) {
  Chain chain;
  const ScannedSlice& a = chain.first(1, 2);
  const ScannedSlice& b = chain.next(a, 3, 2, 1);
  ScannedSlice& c = chain.next(b, 4, 3, 2);
  c.watermark = c.header.start + 100;
  const ChainVerdict verdict = chain.judge();
  EXPECT_TRUE(verdict.is_admitted(a) && verdict.is_admitted(b) && verdict.is_admitted(c));
  EXPECT_EQ(verdict.known_counts.at(SlicePlace(a.header)), 3u);
  EXPECT_EQ(verdict.known_counts.at(SlicePlace(b.header)), 4u);
}

TEST(SliceChain, ALaterEpochProvesTheWholeChainBeforeIt) {
  Chain chain;
  const ScannedSlice& a = chain.first(1, 2, 1);
  const ScannedSlice& b = chain.next(a, 3, 2, 4, 1);
  const ScannedSlice& c = chain.next(b, 4, 3, 2, 2);
  const ChainVerdict verdict = chain.judge();
  EXPECT_TRUE(verdict.is_admitted(b));
  EXPECT_TRUE(verdict.is_admitted(c));
  EXPECT_EQ(verdict.known_counts.at(SlicePlace(a.header)), 3u);
}

TEST(SliceChain, AWatermarkSaysNothingAboutSlicesThatFollow) {
  Chain chain;
  ScannedSlice& a = chain.first(1, 2);
  a.watermark = a.header.start + 100;
  const ScannedSlice& b = chain.next(a, 3, 2, 5);
  EXPECT_FALSE(chain.judge().is_admitted(b));
}

TEST(SliceChain, ASliceBehindASegmentThatIsGoneStandsAlone) {
  Chain chain;
  ScannedSlice gone;
  gone.header.segment_id = 77;
  gone.header.start = 64;
  const ScannedSlice& b = chain.next(gone, 3, 2, 5);
  EXPECT_TRUE(chain.judge().is_admitted(b));
}

TEST(SliceChain, ARingOfLinksIsNoChain) {
  Chain chain;
  ScannedSlice& a = chain.first(1, 3);
  const ScannedSlice& b = chain.next(a, 3, 2, 3);
  a.header.previous = {b.header.segment_id, b.header.start, 3, b.header.epoch, 0};
  const ChainVerdict verdict = chain.judge();
  EXPECT_FALSE(verdict.is_admitted(a));
  EXPECT_FALSE(verdict.is_admitted(b));
}

TEST(SliceChain, ARingThatClaimsToBeDurableEnds) {
  Chain chain;
  ScannedSlice& a = chain.first(1, 3);
  ScannedSlice& b = chain.next(a, 3, 2, 3);
  a.header.previous = {b.header.segment_id, b.header.start, 3, b.header.epoch, 0};
  b.watermark = b.header.start + 100;
  EXPECT_TRUE(chain.judge().is_admitted(b));
}

TEST(SliceChain, TheEndIsTheLastSliceThatIsAdmitted) {
  Chain chain;
  const ScannedSlice& a = chain.first(1, 2);
  const ScannedSlice& b = chain.next(a, 2, 2, 4);
  chain.next(b, 5, 3, 1);  // dropped
  const ChainVerdict verdict = chain.judge();
  const SliceLinkDisk end = verdict.chain_ends.at(kSpace);
  EXPECT_EQ(end.segment_id, 2u);
  EXPECT_EQ(end.start, 64u);
  EXPECT_EQ(end.count, 4u);
}

TEST(SliceChain, TheEndIsOfTheLatestEpoch) {
  Chain chain;
  chain.first(3, 9, 1);
  const ScannedSlice& late = chain.first(1, 2, 5);
  chain.first(2, 3, 4);
  EXPECT_EQ(chain.judge().chain_ends.at(kSpace).segment_id, late.header.segment_id);
}

TEST(SliceChain, EachSpaceHasAnEndOfItsOwn) {
  Chain chain;
  chain.add({.type = CatalogEntryType::add_space, .kind = SpaceKind::kv, .space_id = 2, .name = "t"});
  chain.add_segment(9, 2);
  chain.first(1, 4);
  chain.first(9, 6);
  const ChainVerdict verdict = chain.judge();
  EXPECT_EQ(verdict.chain_ends.at(kSpace).count, 4u);
  EXPECT_EQ(verdict.chain_ends.at(2).count, 6u);
}

// An old link into a chain that has long gone on must not be broken by it.
TEST(SliceChain, TheEndBehindALossCountsWhatWasNamed) {
  Chain chain;
  const ScannedSlice& a = chain.first(1, 2, 1);
  const ScannedSlice& b = chain.next(a, 3, 2, 5, 2);
  const ChainVerdict verdict = chain.judge();
  EXPECT_EQ(verdict.chain_ends.at(kSpace).segment_id, b.header.segment_id);
  EXPECT_EQ(verdict.chain_ends.at(kSpace).count, 5u);
}

// Its count says so, whatever has become of those before it.
TEST(SliceChain, WhatTheCatalogHasCountedWasDurable) {
  Chain chain;
  const ScannedSlice& a = chain.first(1, 2);
  const ScannedSlice& b = chain.next(a, 5, 2, 4);
  EXPECT_FALSE(chain.judge().is_admitted(b));
  chain.add({.type = CatalogEntryType::slice_count, .segment_id = 2, .start = 64, .count = 4});
  const ChainVerdict verdict = chain.judge();
  EXPECT_TRUE(verdict.is_admitted(b));
  EXPECT_EQ(verdict.known_counts.at(SlicePlace(a.header)), 5u) << "and what is missing before it is damage";
}

TEST(SliceChain, ALogDoesNotGoOnBehindASliceThatIsCountedWithoutANextId) {
  Chain chain;
  chain.add({.type = CatalogEntryType::add_space, .kind = SpaceKind::log, .space_id = 2, .name = "log"});
  for (const SegmentId segment : {8u, 9u}) chain.add_segment(segment, 2);
  chain.first(8, 4);
  chain.first(9, 6);
  EXPECT_EQ(chain.judge().chain_ends.at(2).segment_id, 9u);
  chain.add({.type = CatalogEntryType::slice_count, .segment_id = 9, .start = 64, .count = 6});
  EXPECT_EQ(chain.judge().chain_ends.at(2).segment_id, 8u);
  chain.add({.type = CatalogEntryType::slice_count, .segment_id = 9, .start = 64, .count = 6, .next_number = 7});
  EXPECT_EQ(chain.judge().chain_ends.at(2).segment_id, 9u);
}

}  // namespace
}  // namespace holdfast
