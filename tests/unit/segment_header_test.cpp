#include <gtest/gtest.h>

#include <cstring>

#include "common/format/segment.hpp"

namespace holdfast {
namespace {

constexpr std::uint64_t kHeaderSecret = 99;
constexpr std::uint64_t kSegmentSize = kSegmentSizeBytesMin;

template <class T>
void flip(T& object, std::size_t byte, unsigned bit) {
  reinterpret_cast<unsigned char*>(&object)[byte] ^= static_cast<unsigned char>(1u << bit);
}

TEST(SegmentHeader, ProvesItself) {
  const SegmentHeaderDisk header = make_segment_header(kHeaderSecret, 4, 11, 2, kSegmentSize);
  EXPECT_TRUE(validate(header, kHeaderSecret));
  EXPECT_EQ(header.segment_id, 11u);
  EXPECT_EQ(header.space_id, 2u);
  EXPECT_EQ(header.epoch, 4u);
  EXPECT_EQ(header.size_bytes, kSegmentSize);
}

TEST(SegmentHeader, EveryFlippedBitIsSeen) {
  SegmentHeaderDisk header = make_segment_header(kHeaderSecret, 4, 11, 2, kSegmentSize);
  for (std::size_t byte = 0; byte < sizeof header; ++byte)
    for (unsigned bit = 0; bit < 8; ++bit) {
      flip(header, byte, bit);
      EXPECT_FALSE(validate(header, kHeaderSecret)) << byte;
      flip(header, byte, bit);
    }
}

TEST(SegmentHeader, OneOfAnotherStoreIsRefused) {
  EXPECT_FALSE(validate(make_segment_header(kHeaderSecret, 4, 11, 2, kSegmentSize), kHeaderSecret + 1));
}

bool is_valid(const SliceHeaderDisk& header, std::uint64_t secret = kHeaderSecret, SegmentId segment = 11,
              std::uint32_t start = 4096, std::uint64_t segment_size = kSegmentSize) {
  return validate(header, secret, segment, start, segment_size);
}

SliceHeaderDisk slice_header(std::uint32_t size_bytes = 8192) {
  return make_slice_header(kHeaderSecret, 4, 11, 4096, size_bytes, {.segment_id = 10, .start = 64, .count = 17, .epoch = 3, .reserved = 0});
}

TEST(SliceHeader, ProvesItself) { EXPECT_TRUE(is_valid(slice_header())); }

TEST(SliceHeader, EveryFlippedBitIsSeen) {
  SliceHeaderDisk header = slice_header();
  for (std::size_t byte = 0; byte < sizeof header; ++byte)
    for (unsigned bit = 0; bit < 8; ++bit) {
      flip(header, byte, bit);
      EXPECT_FALSE(is_valid(header)) << byte;
      flip(header, byte, bit);
    }
}

TEST(SliceHeader, OneOfAnotherPlaceSegmentOrStoreIsRefused) {
  EXPECT_FALSE(is_valid(slice_header(), kHeaderSecret + 1));
  EXPECT_FALSE(is_valid(slice_header(), kHeaderSecret, 12));
  EXPECT_FALSE(is_valid(slice_header(), kHeaderSecret, 11, 8192));
}

TEST(SliceHeader, ARangeBeyondTheSegmentIsRefused) {
  EXPECT_TRUE(is_valid(slice_header(kSegmentSize - 4096)));
  EXPECT_FALSE(is_valid(slice_header(kSegmentSize - 4096 + 8)));
  EXPECT_FALSE(is_valid(slice_header(0xFFFF'FFF8)));  // start and size together run out of 32 bits
}

TEST(SliceHeader, ARangeWithoutRoomForRecordsIsRefused) {
  EXPECT_FALSE(is_valid(slice_header(0)));
  EXPECT_FALSE(is_valid(slice_header(sizeof(SliceHeaderDisk))));
}

TEST(SliceSeed, DependsOnSecretSegmentAndEpoch) {
  const std::uint64_t seed = slice_seed(1, 2, 3);
  EXPECT_EQ(slice_seed(1, 2, 3), seed);
  EXPECT_NE(slice_seed(2, 2, 3), seed);
  EXPECT_NE(slice_seed(1, 3, 3), seed);
  EXPECT_NE(slice_seed(1, 2, 4), seed);
  EXPECT_NE(slice_seed(1, 3, 2), seed);
}

TEST(PlaceSeed, DiffersAtEveryEightByteStep) {
  const std::uint64_t seed = slice_seed(1, 2, 3);
  for (std::uint64_t offset = 8; offset < 4096; offset += 8) EXPECT_NE(place_seed(seed, offset), place_seed(seed, 0));
}

}  // namespace
}  // namespace holdfast
