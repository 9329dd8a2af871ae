#include "pmem/arena_header.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "common/base/checksum.hpp"

namespace holdfast::pmem {
namespace {

constexpr std::uint64_t kBoundary = 4 << 20;
constexpr std::uint64_t kFileBytes = 13 << 20;

ArenaHeaderDisk sound_header() {
  ArenaHeaderDisk header{};
  header.set_id = {1, 2};
  header.arena_file_offset = kBoundary;
  header.arena_size_bytes = 8 << 20;
  header.pool_file_size_bytes = kFileBytes;
  seal(header);
  return header;
}

ErrorCode judge(const ArenaHeaderDisk& header, std::uint64_t boundary = kBoundary,
                std::uint64_t file = kFileBytes) {
  const auto valid = validate(header, boundary, file, "p");
  if (valid) return ErrorCode{};
  EXPECT_FALSE(valid.error().expected.empty());
  EXPECT_FALSE(valid.error().found.empty());
  return valid.error().code;
}

TEST(ArenaHeader, LayoutIsPinned) {
  EXPECT_EQ(sizeof(ArenaHeaderDisk), 128U);
  EXPECT_EQ(offsetof(ArenaHeaderDisk, check), 0U);
  EXPECT_EQ(offsetof(ArenaHeaderDisk, magic), 8U);
  EXPECT_EQ(offsetof(ArenaHeaderDisk, version), 16U);
  EXPECT_EQ(offsetof(ArenaHeaderDisk, pool_index), 20U);
  EXPECT_EQ(offsetof(ArenaHeaderDisk, set_id), 24U);
  EXPECT_EQ(offsetof(ArenaHeaderDisk, arena_file_offset), 40U);
  EXPECT_EQ(offsetof(ArenaHeaderDisk, arena_size_bytes), 48U);
  EXPECT_EQ(offsetof(ArenaHeaderDisk, arena_store_offset), 56U);
  EXPECT_EQ(offsetof(ArenaHeaderDisk, pool_file_size_bytes), 64U);
  EXPECT_EQ(offsetof(ArenaHeaderDisk, pool_metadata_check), 72U);
  EXPECT_EQ(offsetof(ArenaHeaderDisk, reserved), 80U);
  const ArenaHeaderDisk header = sound_header();
  EXPECT_EQ(std::memcmp(reinterpret_cast<const char*>(&header) + 8, "HDFARENA", 8), 0);
}

TEST(ArenaHeader, SoundOneIsAccepted) { EXPECT_EQ(judge(sound_header()), ErrorCode{}); }

TEST(ArenaHeader, EveryFlippedBitIsSeen) {
  for (std::size_t bit = 0; bit < sizeof(ArenaHeaderDisk) * 8; ++bit) {
    ArenaHeaderDisk header = sound_header();
    reinterpret_cast<unsigned char*>(&header)[bit / 8] ^= static_cast<unsigned char>(1U << (bit % 8));
    EXPECT_EQ(judge(header), ErrorCode::corruption) << "bit " << bit;
  }
}

TEST(ArenaHeader, NewerVersionIsAMismatchAndNoDamage) {
  ArenaHeaderDisk header = sound_header();
  header.version = kArenaVersion + 1;
  header.check = checksum_behind_check(header, kArenaMagic);
  EXPECT_EQ(judge(header), ErrorCode::version_mismatch);
}

TEST(ArenaHeader, WrongPlaceAndTruncatedFileAreDamage) {
  EXPECT_EQ(judge(sound_header(), kBoundary + kArenaAlignmentBytes), ErrorCode::corruption);
  EXPECT_EQ(judge(sound_header(), kBoundary, kFileBytes - 1), ErrorCode::corruption);
}

TEST(ArenaHeader, SizesThatNoWriterMakesAreDamage) {
  for (const std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{4096}, kArenaMaxBytes + kArenaAlignmentBytes}) {
    ArenaHeaderDisk header = sound_header();
    header.arena_size_bytes = size;
    seal(header);
    EXPECT_EQ(judge(header), ErrorCode::corruption) << size;
  }
}

TEST(ArenaHeader, CountCellProvesItself) {
  const SetId set_id{3, 4};
  const std::uint64_t cell = make_count_cell(set_id, 5);
  EXPECT_EQ(read_count_cell(set_id, cell), 5U);
  EXPECT_EQ(read_count_cell(SetId{3, 5}, cell), 0U);
  for (int bit = 0; bit < 64; ++bit) {
    EXPECT_EQ(read_count_cell(set_id, cell ^ (std::uint64_t{1} << bit)), 0U) << "bit " << bit;
  }
}

}  // namespace
}  // namespace holdfast::pmem
