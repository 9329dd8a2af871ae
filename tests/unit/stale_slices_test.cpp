// What an older use of the same bytes has left must never be read again, however well it would fit.

#include <gtest/gtest.h>

#include "test_slice.hpp"

namespace holdfast {
namespace {

using Keys = std::vector<std::string>;

/// A slice with records of one length; all durable, and said so.
void fill(SegmentBytes& segment, const TestSlice::Place& place, const std::string& name, int count) {
  TestSlice slice(segment, place);
  for (int i = 0; i < count; ++i) {
    slice.append(name + std::to_string(i));
    slice.write_durably();
  }
}

TEST(StaleSlices, RecordsOfAnOlderEpochDoNotContinueANewerSlice) {
  SegmentBytes segment = empty_segment();
  fill(segment, {.epoch = 1}, "old", 6);
  fill(segment, {.epoch = 2}, "new", 2);
  const Scanned found = scan(segment);
  EXPECT_EQ(found.keys, (Keys{"new0", "new1"}));
  EXPECT_TRUE(found.slice.damage.empty());
}

// The old records even claim that what lies before them was durable.
TEST(StaleSlices, WatermarksOfAnOlderEpochProveNoDamage) {
  SegmentBytes segment = empty_segment();
  fill(segment, {.epoch = 1}, "old", 6);
  TestSlice slice(segment, {.epoch = 2});
  slice.append("new0");
  const std::uint32_t torn = slice.append("new1");
  slice.write();
  damage(segment, torn);
  const Scanned found = scan(segment);
  EXPECT_EQ(found.keys, (Keys{"new0"}));
  EXPECT_TRUE(found.slice.damage.empty());
}

// A slice that recovery had dropped was overwritten, and of the new one the header did not arrive. Nothing
// in the old one was ever known to be durable, else it would not have been dropped.
TEST(StaleSlices, RecordsUnderAHeaderThatIsStillTheOldOneAreNotMixed) {
  SegmentBytes segment = empty_segment();
  TestSlice old(segment, {.epoch = 1});
  for (const char* key : {"old0", "old1", "old2", "old3"}) old.append(key);
  old.write();
  const SegmentBytes before = segment;
  fill(segment, {.epoch = 2}, "new", 2);
  std::copy_n(before.begin() + kFirstSliceStart, sizeof(SliceHeaderDisk), segment.begin() + kFirstSliceStart);
  const Scanned found = scan(segment);
  EXPECT_TRUE(found.keys.empty());
  EXPECT_TRUE(found.slice.damage.empty());
}

TEST(StaleSlices, SlicesOfAnotherSegmentAreNotFound) {
  SegmentBytes segment = empty_segment();
  fill(segment, {.epoch = 1, .segment_id = kTestSegment - 1}, "old", 4);
  EXPECT_TRUE(slice_headers(segment).empty());
  EXPECT_EQ(slice_headers(segment, kTestSegment - 1).size(), 1u);
}

TEST(SliceSearch, FindsSlicesBehindTheHeaderAndAtBlocks) {
  SegmentBytes segment = empty_segment();
  fill(segment, {.start = kFirstSliceStart, .size_bytes = 4096 - kFirstSliceStart}, "a", 2);
  fill(segment, {.start = 4096, .size_bytes = 8192}, "b", 2);
  fill(segment, {.start = 12288, .size_bytes = 20480}, "c", 2);
  fill(segment, {.start = 61440, .size_bytes = 4096}, "d", 2);
  std::vector<std::uint32_t> starts;
  for (const SliceHeaderDisk& header : slice_headers(segment)) starts.push_back(header.start);
  EXPECT_EQ(starts, (std::vector<std::uint32_t>{kFirstSliceStart, 4096, 12288, 61440}));
}

TEST(SliceSearch, FindsASliceInTheUnusedEndOfAnother) {
  SegmentBytes segment = empty_segment();
  fill(segment, {.epoch = 1, .start = kFirstSliceStart, .size_bytes = 65536 - kFirstSliceStart}, "a", 3);
  fill(segment, {.epoch = 2, .start = 4096, .size_bytes = 61440}, "b", 2);
  EXPECT_EQ(slice_headers(segment).size(), 2u);
}

TEST(SliceSearch, DoesNotLookInsideRecords) {
  SegmentBytes elsewhere = empty_segment();
  fill(elsewhere, {.start = 8192, .size_bytes = 4096}, "hidden", 1);
  const std::string header(reinterpret_cast<const char*>(elsewhere.data() + 8192), 512);
  SegmentBytes segment = empty_segment();
  TestSlice slice(segment);
  const std::uint32_t value_start = kFirstSliceStart + sizeof(SliceHeaderDisk) + sizeof(RecordHeaderDisk) + 1;
  slice.append("k", std::string(8192 - value_start, 'x') + header);  // it falls on its own place
  slice.write();
  ASSERT_EQ(std::memcmp(segment.data() + 8192, header.data(), header.size()), 0);
  EXPECT_EQ(slice_headers(segment).size(), 1u);
}

}  // namespace
}  // namespace holdfast
