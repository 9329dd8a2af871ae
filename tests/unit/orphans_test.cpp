// Records whose slice has lost its header, found by what they say of each other.

#include "common/engine/orphans.hpp"

#include <gtest/gtest.h>

#include "test_slice.hpp"

namespace holdfast {
namespace {

constexpr SegmentGap kWholeSegment{kFirstSliceStart, static_cast<std::uint32_t>(kSegmentSizeBytesMin)};

class Orphans : public ::testing::Test {
 protected:
  /// Three records, the last of which says that the first had been durable; then the header is damaged.
  std::uint32_t write(const TestSlice::Place& place = {}) {
    TestSlice slice(segment_, place);
    const std::uint32_t first = slice.append("a");
    slice.write_durably();
    slice.append("b");
    slice.write_durably();
    slice.append("c");
    slice.write();
    damage(segment_, place.start + 8);
    return first;
  }

  [[nodiscard]] std::optional<SliceHeaderDisk> find(std::uint32_t last_epoch = 1, SegmentGap gap = kWholeSegment,
                                                    SegmentId segment = kTestSegment,
                                                    std::uint64_t secret = kTestSecret) const {
    return header_of_orphans(segment_, segment, secret, gap, last_epoch);
  }

  /// The keys that a scan finds behind the header made anew.
  std::vector<std::string> keys_behind(const SliceHeaderDisk& header, std::uint32_t start) {
    std::memcpy(segment_.data() + start, &header, sizeof header);
    EXPECT_EQ(slice_headers(segment_).size(), 1u);
    return scan(segment_, 0, start).keys;
  }

  SegmentBytes segment_ = empty_segment();
};

TEST_F(Orphans, AreFoundAgainByTheirHeaderMadeAnew) {
  const std::uint32_t start = write() - static_cast<std::uint32_t>(sizeof(SliceHeaderDisk));
  const auto header = find();
  ASSERT_TRUE(header);
  EXPECT_EQ(keys_behind(*header, start), (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(Orphans, OfAnEarlierSessionAreFoundForFourEpochs) {
  write({.epoch = 7});
  for (const std::uint32_t last : {7u, 8u, 10u}) EXPECT_TRUE(find(last)) << last;
  for (const std::uint32_t last : {6u, 11u}) EXPECT_FALSE(find(last)) << last;
}

TEST_F(Orphans, WithoutARecordThatVouchesAreATornWrite) {
  TestSlice slice(segment_);
  slice.append("a");
  slice.append("b");
  slice.write();  // nothing says that any of it was durable
  damage(segment_, kFirstSliceStart + 8);
  EXPECT_FALSE(find());
}

TEST_F(Orphans, OneRecordAloneProvesNothing) {
  TestSlice slice(segment_);
  slice.append("a");
  slice.write_durably();
  damage(segment_, kFirstSliceStart + 8);
  EXPECT_FALSE(find());
}

TEST_F(Orphans, OfAnotherStoreOrSegmentAreNone) {
  write();
  EXPECT_FALSE(find(1, kWholeSegment, kTestSegment + 1));
  EXPECT_FALSE(find(1, kWholeSegment, kTestSegment, kTestSecret + 1));
}

TEST_F(Orphans, AreLookedForInTheGapAlone) {
  const std::uint32_t first = write();
  EXPECT_TRUE(find(1, {kFirstSliceStart, first + 400}));
  EXPECT_FALSE(find(1, {kFirstSliceStart, first + 64}));
  EXPECT_FALSE(find(1, {first + 400, kWholeSegment.end}));
}

TEST_F(Orphans, WhoseFirstRecordIsDamagedTooAreFoundFromTheNextOn) {
  TestSlice slice(segment_);
  const std::uint32_t first = slice.append("a");
  for (const char* key : {"b", "c", "d"}) {
    slice.append(key);
    slice.write_durably();
  }
  damage(segment_, kFirstSliceStart + 8);
  damage(segment_, first + 8);
  const auto header = find();
  ASSERT_TRUE(header);
  std::memcpy(segment_.data() + kWholeSegment.begin, &*header, sizeof *header);
  const Scanned scanned = scan(segment_);
  EXPECT_EQ(scanned.keys, (std::vector<std::string>{"b", "c", "d"}));
  EXPECT_FALSE(scanned.slice.damage.empty());
}

TEST_F(Orphans, AnEmptySegmentHasNone) { EXPECT_FALSE(find()); }

TEST_F(Orphans, NoEpochIsBeforeTheFirst) {
  write();
  EXPECT_FALSE(find(0));
}

}  // namespace
}  // namespace holdfast
