#include "common/engine/segment_scan.hpp"

#include <gtest/gtest.h>

#include "test_slice.hpp"

namespace holdfast {
namespace {

using Keys = std::vector<std::string>;

class SegmentScan : public ::testing::Test {
 protected:
  /// `count` records of one length, keys "0", "1", ...; where each begins.
  void append(int count) {
    for (int i = 0; i < count; ++i) {
      offsets_.push_back(slice_.append(std::to_string(offsets_.size()), "some value"));
    }
  }

  [[nodiscard]] std::uint32_t record_size() const { return offsets_[1] - offsets_[0]; }

  SegmentBytes segment_ = empty_segment();
  TestSlice slice_{segment_};
  std::vector<std::uint32_t> offsets_;
};

TEST_F(SegmentScan, FindsEveryRecordInItsPlace) {
  append(3);
  slice_.write();
  const Scanned found = scan(segment_);
  EXPECT_EQ(found.keys, (Keys{"0", "1", "2"}));
  EXPECT_EQ(found.offsets, offsets_);
  EXPECT_EQ(found.slice.end_sequence, 3u);
  EXPECT_EQ(found.slice.end_offset, offsets_.back() + record_size());
  EXPECT_FALSE(found.slice.ended);
  EXPECT_TRUE(found.slice.damage.empty());
}

TEST_F(SegmentScan, AnEmptySliceHoldsNothing) {
  append(1);
  slice_.write();
  std::fill(segment_.begin() + offsets_[0], segment_.end(), std::byte{0});
  const Scanned found = scan(segment_);
  EXPECT_TRUE(found.keys.empty());
  EXPECT_EQ(found.slice.end_sequence, 0u);
  EXPECT_EQ(found.slice.end_offset, offsets_[0]);
}

TEST_F(SegmentScan, StopsAtTheEndRecord) {
  append(2);
  slice_.end();
  slice_.write();
  const Scanned found = scan(segment_);
  EXPECT_TRUE(found.slice.ended);
  EXPECT_EQ(found.slice.end_sequence, 3u);
  EXPECT_EQ(found.keys, (Keys{"0", "1", ""}));
}

TEST_F(SegmentScan, TakesADamagedLastRecordForATornTail) {
  append(3);
  slice_.write_durably();
  damage(segment_, offsets_[2] + 50);
  const Scanned found = scan(segment_);
  EXPECT_EQ(found.keys, (Keys{"0", "1"}));
  EXPECT_TRUE(found.slice.damage.empty());
}

// Nobody has said that the first three were durable when the power failed.
TEST_F(SegmentScan, RecordsBehindATornOneAreDroppedWithIt) {
  append(3);
  slice_.write();
  damage(segment_, offsets_[1] + 50);
  const Scanned found = scan(segment_);
  EXPECT_EQ(found.keys, (Keys{"0"}));
  EXPECT_TRUE(found.slice.damage.empty());
  EXPECT_EQ(found.slice.end_offset, offsets_[1]);
}

TEST_F(SegmentScan, ALaterWatermarkMakesABadRecordDamage) {
  append(3);
  slice_.write_durably();
  append(1);
  slice_.write();
  damage(segment_, offsets_[1] + 50);
  const Scanned found = scan(segment_);
  EXPECT_EQ(found.keys, (Keys{"0", "2", "3"}));
  ASSERT_EQ(found.slice.damage.size(), 1u);
  EXPECT_EQ(found.slice.damage[0].offset, offsets_[1]);
  EXPECT_EQ(found.slice.damage[0].size_bytes, record_size());
  EXPECT_EQ(found.slice.end_sequence, 4u);
}

TEST_F(SegmentScan, AWatermarkAtTheBadRecordProvesNothingAboutIt) {
  append(1);
  slice_.write_durably();
  append(2);  // both carry a watermark at the begin of the first of them
  slice_.write();
  damage(segment_, offsets_[1] + 50);
  const Scanned found = scan(segment_);
  EXPECT_EQ(found.keys, (Keys{"0"}));
  EXPECT_TRUE(found.slice.damage.empty());
}

TEST_F(SegmentScan, AKnownCountMakesABadRecordDamage) {
  append(4);
  slice_.write();
  damage(segment_, offsets_[1]);
  const Scanned found = scan(segment_, 4);
  EXPECT_EQ(found.keys, (Keys{"0", "2", "3"}));
  EXPECT_EQ(found.slice.damage.size(), 1u);
}

TEST_F(SegmentScan, AKnownCountMakesABadLastRecordDamageUpToTheEndOfTheSlice) {
  append(3);
  slice_.write();
  damage(segment_, offsets_[2] + 3);
  const Scanned found = scan(segment_, 3);
  EXPECT_EQ(found.keys, (Keys{"0", "1"}));
  ASSERT_EQ(found.slice.damage.size(), 1u);
  EXPECT_EQ(found.slice.damage[0].offset, offsets_[2]);
  EXPECT_EQ(found.slice.end_sequence, 3u);
}

TEST_F(SegmentScan, AKnownCountDoesNotSpeakForLaterRecords) {
  append(3);
  slice_.write();
  damage(segment_, offsets_[2] + 3);
  EXPECT_TRUE(scan(segment_, 2).slice.damage.empty());
}

TEST_F(SegmentScan, EveryRecordMayBeTheDamagedOne) {
  append(6);
  slice_.write_durably();
  append(1);
  slice_.write();
  const SegmentBytes whole = segment_;
  for (std::size_t bad = 0; bad < 6; ++bad) {
    for (std::uint32_t byte = 0; byte < sizeof(RecordHeaderDisk) + 11; ++byte) {
      damage(segment_, offsets_[bad] + byte);
      const Scanned found = scan(segment_);
      EXPECT_EQ(found.keys.size(), 6u) << "record " << bad << ", byte " << byte;
      ASSERT_EQ(found.slice.damage.size(), 1u);
      EXPECT_EQ(found.slice.damage[0].offset, offsets_[bad]);
      segment_ = whole;
    }
  }
}

TEST_F(SegmentScan, NeighbouringBadRecordsAreOneDamageAndOthersAnother) {
  append(7);
  slice_.write_durably();
  append(1);
  slice_.write();
  for (const int bad : {1, 2, 5}) damage(segment_, offsets_[bad] + 20);
  const Scanned found = scan(segment_);
  EXPECT_EQ(found.keys, (Keys{"0", "3", "4", "6", "7"}));
  ASSERT_EQ(found.slice.damage.size(), 2u);
  EXPECT_EQ(found.slice.damage[0].size_bytes, 2 * record_size());
  EXPECT_EQ(found.slice.damage[1].offset, offsets_[5]);
}

TEST_F(SegmentScan, ResumesAtTheNextEightByteStepWhereARecordHolds) {
  for (std::size_t size = 0; size < 40; ++size) offsets_.push_back(slice_.append("k", std::string(size, 'v')));
  slice_.write_durably();
  append(1);
  slice_.write();
  for (std::size_t bad = 0; bad < 40; ++bad) {
    const SegmentBytes whole = segment_;
    damage(segment_, offsets_[bad] + offsetof(RecordHeaderDisk, padded_size_bytes));
    const Scanned found = scan(segment_);
    EXPECT_EQ(found.keys.size(), 40u);
    ASSERT_EQ(found.slice.damage.size(), 1u);
    EXPECT_EQ(found.slice.damage[0].offset + found.slice.damage[0].size_bytes, offsets_[bad + 1]);
    segment_ = whole;
  }
}

// Read beside a writer: at first it was not there yet, and now it is, with the one that speaks of it.
TEST_F(SegmentScan, ARecordThatArrivesWhileOneLooksBehindItIsNoDamage) {
  append(2);
  slice_.write_durably();
  append(1);
  slice_.write();
  const SliceReader reader(segment_, 16384, slice_seed(kTestSecret, kTestSegment, 1));
  EXPECT_EQ(reader.resume(offsets_[1], 1, 0), offsets_[1]);
  damage(segment_, offsets_[1]);
  EXPECT_EQ(reader.resume(offsets_[1], 1, 0), offsets_[2]);
}

// The value holds a whole record of this very slice. Where it lies is in its seed, and it lies elsewhere.
TEST_F(SegmentScan, AValueThatImitatesARecordIsNotTakenForOne) {
  append(2);
  slice_.write_durably();
  const std::string imitation(reinterpret_cast<const char*>(segment_.data() + offsets_[1]), record_size());
  offsets_.push_back(slice_.append("host", imitation));
  slice_.write_durably();
  append(1);
  slice_.write();
  damage(segment_, offsets_[2]);  // now the host's header is gone, and only its value speaks
  EXPECT_EQ(scan(segment_).keys, (Keys{"0", "1", "3"}));
}

// The same record at the same place once more, out of turn.
TEST_F(SegmentScan, ARecordOfAnEarlierSequenceIsNotReadTwice) {
  append(3);
  slice_.write();
  std::copy_n(segment_.begin() + offsets_[0], record_size(), segment_.begin() + offsets_[1]);
  EXPECT_EQ(scan(segment_).keys, (Keys{"0"}));
}

TEST_F(SegmentScan, WhatIsCutAnywhereLeavesTheWholeRecordsBefore) {
  append(5);
  slice_.write_durably();
  const SegmentBytes whole = segment_;
  for (std::uint32_t cut = offsets_[0]; cut < offsets_[4] + record_size(); ++cut) {
    std::fill(segment_.begin() + cut, segment_.end(), std::byte{0});
    std::size_t left = 0;
    // zeros at a record's end may be its padding
    while (left < 5 && offsets_[left] + sizeof(RecordHeaderDisk) + 11 <= cut) ++left;
    const Scanned found = scan(segment_);
    EXPECT_EQ(found.keys.size(), left) << cut;
    EXPECT_TRUE(found.slice.damage.empty());
    segment_ = whole;
  }
}

TEST_F(SegmentScan, ReportsTheHighestWatermark) {
  append(2);
  slice_.write_durably();
  EXPECT_FALSE(scan(segment_).slice.proved_durable());
  append(1);
  slice_.write();
  const Scanned found = scan(segment_);
  EXPECT_EQ(found.slice.watermark, offsets_[2]);
  EXPECT_TRUE(found.slice.proved_durable());
}

TEST_F(SegmentScan, DoesNotReadBeyondTheSlicesRange) {
  SegmentBytes segment = empty_segment();
  TestSlice first(segment, {.start = kFirstSliceStart, .size_bytes = 4096 - kFirstSliceStart});
  TestSlice second(segment, {.start = 4096, .size_bytes = 4096});
  first.append("first");
  second.append("second");
  first.write_durably();
  second.write_durably();
  second.append("third");
  second.write();
  EXPECT_EQ(scan(segment).keys, (Keys{"first"}));
  EXPECT_EQ(scan(segment, 0, 4096).keys, (Keys{"second", "third"}));
}

}  // namespace
}  // namespace holdfast
