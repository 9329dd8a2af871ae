#include "common/engine/segments.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "common/engine/value_parts.hpp"
#include "engine_parts.hpp"

namespace holdfast {
namespace {

constexpr std::size_t kValueSize = 300'000;

class SegmentsTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<SegmentId> add_value(char fill) {
    const auto parts = parts_.segments->add_value(parts_.space_id, std::string(kValueSize, fill));
    EXPECT_TRUE(ok(parts));
    std::vector<SegmentId> ids;
    for (const ValuePartDisk& part : *parts) ids.push_back(part.segment_id);
    return ids;
  }
  [[nodiscard]] bool owns(SegmentId id) const { return parts_.catalog->state().segments().contains(id); }
  [[nodiscard]] std::uint64_t free_bytes() const { return parts_.extents->free_bytes(); }

  EngineParts parts_;
};

TEST_F(SegmentsTest, OfRecordsAreInTheCatalogUnderAHeaderThatProvesItself) {
  const auto place = parts_.segments->add_records(parts_.space_id, 1'000);
  ASSERT_TRUE(ok(place));
  EXPECT_EQ(place->size_bytes, EngineParts::kSegmentSize);
  const auto header = read_object<SegmentHeaderDisk>(*parts_.storage, place->offset);
  EXPECT_TRUE(validate(header, EngineParts::kIdentity.secret));
  EXPECT_EQ(header.segment_id, place->segment_id);
  EXPECT_EQ(header.space_id, parts_.space_id);
  const CatalogSegment entry = parts_.catalog->state().segments().at(place->segment_id);
  EXPECT_EQ(entry.content, SegmentContent::records);
  EXPECT_EQ(entry.extent.offset, place->offset);
}

TEST_F(SegmentsTest, OfRecordsAreLargerOnlyWhereTheyMustBe) {
  for (const std::uint64_t slice : {60'000u, 65'000u, 65'536u, 70'000u, 500'000u}) {
    const auto place = parts_.segments->add_records(parts_.space_id, slice);
    ASSERT_TRUE(ok(place));
    EXPECT_GE(place->size_bytes, slice + sizeof(SegmentHeaderDisk));
    EXPECT_LE(place->size_bytes, std::max(EngineParts::kSegmentSize, slice + 2 * kBlockSizeBytes));
  }
}

TEST_F(SegmentsTest, OfValuesProveTheirBytes) {
  const std::string value(kValueSize, 'v');
  const auto parts = parts_.segments->add_value(parts_.space_id, value);
  ASSERT_TRUE(ok(parts));
  std::string stored;
  for (const ValuePartDisk& part : *parts) {
    const CatalogSegment segment = parts_.catalog->state().segments().at(part.segment_id);
    EXPECT_EQ(segment.content, SegmentContent::value);
    const std::span bytes(parts_.storage->at(segment.extent.offset), part.size_bytes);
    EXPECT_TRUE(value_part_matches(part, EngineParts::kIdentity.secret, bytes));
    stored.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  EXPECT_EQ(stored, value);
}

TEST_F(SegmentsTest, ThatAreRetiredAreFreedByTheNextReclaim) {
  const std::uint64_t before = free_bytes();
  const auto ids = add_value('v');
  parts_.segments->retire(ids, false);
  EXPECT_TRUE(owns(ids.front()));
  ASSERT_TRUE(ok(parts_.segments->reclaim()));
  EXPECT_FALSE(owns(ids.front()));
  EXPECT_EQ(free_bytes(), before);
}

TEST_F(SegmentsTest, ThatAReaderMaySeeAreFreedWhenItIsGone) {
  const std::uint64_t before = free_bytes();
  const auto ids = add_value('v');
  const std::uint64_t during = free_bytes();
  parts_.segments->retire(ids, false);
  std::optional<ReadGuards::Guard> reader(parts_.guards.enter());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(ok(parts_.segments->reclaim()));
  EXPECT_FALSE(owns(ids.front()));
  EXPECT_EQ(free_bytes(), during);
  reader.reset();
  ASSERT_TRUE(ok(parts_.segments->reclaim()));
  EXPECT_EQ(free_bytes(), before);
}

TEST_F(SegmentsTest, ThatArePinnedAreFreedWhenTheLastPinIsGone) {
  const std::uint64_t before = free_bytes();
  const auto ids = add_value('v');
  const std::uint64_t during = free_bytes();
  std::optional pin(parts_.pins.pin(ids.front()));
  std::optional another(parts_.pins.pin(ids.front()));
  parts_.segments->retire(ids, false);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(ok(parts_.segments->reclaim()));
  EXPECT_FALSE(owns(ids.front()));
  EXPECT_EQ(free_bytes(), during);
  pin.reset();
  ASSERT_TRUE(ok(parts_.segments->reclaim()));
  EXPECT_EQ(free_bytes(), during);
  another.reset();
  ASSERT_TRUE(ok(parts_.segments->reclaim()));
  EXPECT_EQ(free_bytes(), before);
}

TEST_F(SegmentsTest, ThatWaitForASyncAreFreedByOneThatBeganLater) {
  const std::uint64_t early = parts_.segments->sync_begins();
  const auto ids = add_value('v');
  parts_.segments->retire(ids, true);
  parts_.segments->sync_ended(early);  // it had begun before, and may have missed the write
  ASSERT_TRUE(ok(parts_.segments->reclaim()));
  EXPECT_TRUE(owns(ids.front()));
  const std::uint64_t late = parts_.segments->sync_begins();
  ASSERT_TRUE(ok(parts_.segments->reclaim()));
  EXPECT_TRUE(owns(ids.front()));  // begun is not ended
  parts_.segments->sync_ended(late);
  ASSERT_TRUE(ok(parts_.segments->reclaim()));
  EXPECT_FALSE(owns(ids.front()));
}

TEST_F(SegmentsTest, ThatAreRetiredAreUsedBeforeTheStoreGrows) {
  for (int round = 0; round < 20; ++round)
    parts_.segments->retire(add_value(static_cast<char>('a' + round)), false);
  EXPECT_EQ(parts_.storage->size_bytes(), kMiB);
}

TEST_F(SegmentsTest, ThatOnlyWaitForASyncAreSyncedBeforeTheStoreIsFull) {
  EngineParts small(kMiB, kMiB);
  for (int round = 0; round < 20; ++round) {
    const auto parts = small.segments->add_value(small.space_id, std::string(kValueSize, 'v'));
    ASSERT_TRUE(ok(parts)) << round;
    small.segments->retire({parts->front().segment_id}, true);
  }
}

TEST_F(SegmentsTest, ThatFindNoRoomLeaveNothingBehind) {
  EngineParts small(kMiB, kMiB);
  const std::uint64_t before = small.extents->free_bytes();
  EXPECT_TRUE(
      fails_with(ErrorCode::no_space, small.segments->add_value(small.space_id, std::string(2 * kMiB, 'v'))));
  EXPECT_TRUE(fails_with(ErrorCode::no_space, small.segments->add_records(small.space_id, 2 * kMiB)));
  EXPECT_EQ(small.extents->free_bytes(), before);
  EXPECT_EQ(small.segment_count(), 0u);
}

}  // namespace
}  // namespace holdfast
