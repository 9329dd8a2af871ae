#include "common/engine/slice_writer.hpp"

#include <gtest/gtest.h>

#include "test_slice.hpp"

namespace holdfast {
namespace {

TEST(SliceWriter, StagesItsHeaderWithTheFirstRecordOnly) {
  SegmentBytes segment = empty_segment();
  TestSlice slice(segment);
  EXPECT_FALSE(slice.writer().started());
  slice.write();
  EXPECT_EQ(segment, empty_segment());
  slice.append("k");
  slice.write();
  EXPECT_TRUE(slice.writer().started());
  EXPECT_EQ(slice_headers(segment).size(), 1u);
}

TEST(SliceWriter, CountsSequencesWithoutAGap) {
  SegmentBytes segment = empty_segment();
  TestSlice slice(segment);
  for (int i = 0; i < 10; ++i) slice.append("k");
  slice.end();
  slice.write();
  SliceHeaderDisk header;
  std::memcpy(&header, segment.data() + kFirstSliceStart, sizeof header);
  std::uint32_t next = 0;
  static_cast<void>(scan_slice(segment, header, kTestSecret, 0, [&](const ScannedRecord& record) {
    EXPECT_EQ(record.view.header.sequence, next++);
  }));
  EXPECT_EQ(next, 11u);
  EXPECT_EQ(slice.writer().link().count, 11u);
}

TEST(SliceWriter, RecordsCarryTheWatermarkAsItWasWhenTheyWereStaged) {
  SegmentBytes segment = empty_segment();
  TestSlice slice(segment);
  const auto watermark_at = [&](std::uint32_t offset) {
    RecordHeaderDisk header;
    std::memcpy(&header, segment.data() + offset, sizeof header);
    return header.watermark;
  };
  const std::uint32_t first = slice.append("a");
  const std::uint32_t second = slice.append("b");
  slice.write_durably();
  const std::uint32_t third = slice.append("c");
  slice.write();  // not durable: the mark stays
  const std::uint32_t fourth = slice.append("d");
  slice.write_durably();
  EXPECT_EQ(watermark_at(first), kFirstSliceStart);
  EXPECT_EQ(watermark_at(second), kFirstSliceStart);
  EXPECT_EQ(watermark_at(third), third);
  EXPECT_EQ(watermark_at(fourth), third);
}

TEST(SliceWriter, HasRoomForTheEndRecordWhenItIsFull) {
  SegmentBytes segment = empty_segment();
  TestSlice slice(segment, {.size_bytes = 4096 - kFirstSliceStart});
  const std::uint64_t padded = slice.writer().padded_size({.key = "k", .payload = "value"});
  int records = 0;
  for (; SliceWriter::room_for(padded) <= slice.writer().room(); ++records) slice.append("k");
  slice.end();
  slice.write();
  const Scanned found = scan(segment);
  EXPECT_TRUE(found.slice.ended);
  EXPECT_EQ(found.slice.end_sequence, static_cast<std::uint32_t>(records) + 1);
  EXPECT_LE(found.slice.end_offset, 4096u);
}

TEST(SliceWriter, ARangeOfTheLeastSizeTakesTheOneRecordItIsFor) {
  for (const std::size_t size : {0, 1, 100, 5'000, 20'000}) {
    const std::string payload(size, 'v');
    const std::uint64_t padded = padded_record_size(1, size, kRecordAlignmentMin);
    SegmentBytes segment = empty_segment();
    TestSlice slice(segment, {.size_bytes = static_cast<std::uint32_t>(SliceWriter::range_size_for(padded))});
    ASSERT_GE(slice.writer().room(), SliceWriter::room_for(padded));
    slice.append("k", payload);
    slice.end();
    slice.write();
    EXPECT_TRUE(scan(segment).slice.ended) << size;
  }
}

TEST(SliceWriter, LargePayloadsAreBorrowedAndTheSameOnTheMedium) {
  const std::string large(40'000, 'x');
  SegmentBytes segment = empty_segment();
  TestSlice slice(segment, {.size_bytes = 60'000});
  slice.append("large", large);
  slice.append("small");
  slice.write();
  EXPECT_EQ(scan(segment).keys, (std::vector<std::string>{"large", "small"}));
}

TEST(SliceWriter, ItsLeftoverBeginsAtABlockBehindTheLastRecord) {
  SegmentBytes segment = empty_segment();
  TestSlice slice(segment, {.size_bytes = 20'480 - kFirstSliceStart});
  slice.append("k", std::string(5'000, 'v'));
  slice.end();
  const SliceRange leftover = slice.writer().leftover();
  EXPECT_EQ(leftover.start, 8'192u);
  EXPECT_GT(leftover.size_bytes, 0u);
  EXPECT_LE(leftover.start + leftover.size_bytes, 20'480u);
}

TEST(SliceWriter, RecordsOnCacheLineMediaFillWholeLines) {
  SliceTable slices;
  WriteStage stage;
  SliceWriter writer({kTestSecret, 1}, {{kTestSegment, 1, 0, 65'536}, kFirstSliceStart, 16'384}, {},
                     kCacheLineSizeBytes, slices);
  for (std::size_t size = 0; size < 100; ++size) {
    const std::string payload(size, 'v');
    EXPECT_EQ(writer.append({.type = RecordType::put, .key = "k", .payload = payload}, stage).offset() % 64,
              0u);
  }
}

}  // namespace
}  // namespace holdfast
