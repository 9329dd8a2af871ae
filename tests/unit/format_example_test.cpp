// The example and the formulas of docs/format.md, held to what the code writes.

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "common/base/checksum.hpp"
#include "common/engine/value_parts.hpp"
#include "common/format/footer.hpp"
#include "common/format/record.hpp"
#include "common/format/segment.hpp"
#include "common/format/superblock.hpp"
#include "format_page.hpp"
#include "pmem/arena_header.hpp"

namespace holdfast {
namespace {

using format_page::dump_of;
using format_page::read_page;
using format_page::Values;

constexpr std::uint64_t kSecret = 0x0123'4567'89AB'CDEF;
constexpr SegmentId kSegment = 2;
constexpr SpaceId kSpace = 1;
constexpr std::uint64_t kSegmentSizeBytes = 65536;
constexpr std::uint32_t kEpoch = 1;
constexpr std::uint32_t kRecordOffset = kFirstSliceStart + sizeof(SliceHeaderDisk);
constexpr std::string_view kKey = "user:1";
constexpr std::string_view kPayload = "alice";

RecordDraft example_draft() {
  return {.type = RecordType::put, .version = 1, .key = kKey, .payload = kPayload};
}

/// The first bytes of a segment with one slice of one record, as a writer on page media makes them.
std::vector<std::byte> example_bytes() {
  const auto record_size =
      static_cast<std::uint32_t>(padded_record_size(kKey.size(), kPayload.size(), kRecordAlignmentMin));
  std::vector<std::byte> bytes(kRecordOffset + record_size);
  const auto segment = make_segment_header(kSecret, kEpoch, kSegment, kSpace, kSegmentSizeBytes);
  const auto slice = make_slice_header(kSecret, kEpoch, kSegment, kFirstSliceStart,
                                       static_cast<std::uint32_t>(kSegmentSizeBytes - kFirstSliceStart), {});
  std::memcpy(bytes.data(), &segment, sizeof segment);
  std::memcpy(bytes.data() + kFirstSliceStart, &slice, sizeof slice);
  const RecordPlace place{.seed = place_seed(slice_seed(kSecret, kSegment, kEpoch), kRecordOffset),
                          .sequence = 0,
                          .watermark = kFirstSliceStart,
                          .padded_size_bytes = record_size};
  encode_record(example_draft(), place, std::span(bytes).subspan(kRecordOffset));
  return bytes;
}

std::uint64_t word_at(std::span<const std::byte> bytes, std::uint64_t offset, std::size_t size_bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + offset, size_bytes);
  return word;
}

template <std::size_t N>
std::uint64_t hash_words(const std::array<std::uint64_t, N>& words, std::uint64_t seed) {
  return checksum(std::as_bytes(std::span(words)), seed);
}

/// The numbers of the example, computed from its bytes by the formulas of the page, not by the library.
Values example_values() {
  const std::vector<std::byte> bytes = example_bytes();
  const std::span all(bytes);
  const auto record = all.subspan(kRecordOffset);
  Values values;
  values["secret"] = kSecret;
  values["segment header check"] = checksum(all.subspan(8, 56), kSecret);
  const std::uint64_t header_seed =
      hash_words(std::array<std::uint64_t, 3>{kSecret, kSegment, kFirstSliceStart}, kSliceMagic);
  values["slice header seed"] = header_seed;
  values["slice header check"] = checksum(all.subspan(kFirstSliceStart + 8, 56), header_seed);
  const std::uint64_t slice =
      hash_words(std::array<std::uint64_t, 3>{kSecret, kSegment, kEpoch}, kSegmentMagic);
  values["slice seed"] = slice;
  const std::uint64_t place = slice ^ (std::uint64_t{kRecordOffset} * 0x9E37'79B9'7F4A'7C15);
  values["place seed"] = place;
  const std::uint64_t content = checksum(record.subspan(4, 36), place);
  values["content seed"] = content;
  values["content check"] = checksum(record.subspan(48, kKey.size() + kPayload.size()), content);
  values["header check"] = checksum(record.subspan(4, 44), place) & 0xFFFF'FFFF;
  return values;
}

TEST(FormatExample, EveryQuantityHasItsValueAndNoMore) {
  const Values page = read_page().example_values;
  const Values code = example_values();
  for (const auto& [name, value] : code) {
    const auto found = page.find(name);
    EXPECT_TRUE(found != page.end() && found->second == value) << name << " is 0x" << std::hex << value;
  }
  for (const auto& [name, value] : page) EXPECT_TRUE(code.contains(name)) << name << " is not computed here";
}

TEST(FormatExample, HoldsTheBytesThatTheCodeWrites) {
  EXPECT_EQ(dump_of(read_page().example), dump_of(example_bytes()));
}

/// The formulas of the page, computed by hand above, give the checks that the code has written.
TEST(FormatExample, FormulasGiveTheChecksOfTheExample) {
  const std::vector<std::byte> bytes = example_bytes();
  const Values values = example_values();
  EXPECT_EQ(word_at(bytes, 0, 8), values.at("segment header check"));
  EXPECT_EQ(word_at(bytes, kFirstSliceStart, 8), values.at("slice header check"));
  EXPECT_EQ(word_at(bytes, kRecordOffset, 4), values.at("header check"));
  EXPECT_EQ(word_at(bytes, kRecordOffset + 40, 8), values.at("content check"));
  EXPECT_EQ(slice_seed(kSecret, kSegment, kEpoch), values.at("slice seed"));
}

TEST(FormatExample, FormulasGiveTheChecksOutsideTheExample) {
  const auto text = std::as_bytes(std::span(kPayload));
  const std::uint64_t part_seed =
      hash_words(std::array<std::uint64_t, 3>{kSecret, kSegment, 0}, kSegmentMagic);
  EXPECT_EQ(make_value_part(kSecret, kSegment, text).check, checksum(text, part_seed));

  SuperblockDisk superblock{};
  seal(superblock);
  EXPECT_EQ(superblock.check, checksum(bytes_of(superblock).subspan(8, 504), kSuperblockMagic));

  const std::uint64_t seed = slice_seed(kSecret, kSegment, kEpoch);
  const std::array<FooterEntryDisk, 2> entries{};
  const SliceFooterDisk footer = make_footer(seed, kSegment, kFirstSliceStart, 4096, entries);
  EXPECT_EQ(footer.check,
            checksum(std::as_bytes(std::span(entries)), checksum(bytes_of(footer).subspan(8, 56), seed)));
}

#ifdef HOLDFAST_PMEM
TEST(FormatExample, FormulaGivesTheCountCell) {
  const std::uint64_t hash = hash_words(std::array<std::uint64_t, 3>{3, 4, 5}, pmem::kArenaMagic);
  EXPECT_EQ(pmem::make_count_cell({3, 4}, 5), (hash & ~std::uint64_t{0xFFFF}) | 5);
}
#endif

/// A reader of the page alone accepts the example.
TEST(FormatExample, IsReadAsWhatItSays) {
  const std::vector<std::byte> bytes = read_page().example;
  ASSERT_GT(bytes.size(), kRecordOffset);
  const auto record = std::span(bytes).subspan(kRecordOffset);
  const std::uint64_t seed = place_seed(slice_seed(kSecret, kSegment, kEpoch), kRecordOffset);
  const auto header = read_record_header(record, seed);
  ASSERT_TRUE(header);
  EXPECT_TRUE(content_matches(*header, record, seed));
  EXPECT_EQ(view_record(*header, record).key, kKey);
  EXPECT_EQ(view_record(*header, record).payload, kPayload);
  EXPECT_EQ(header->padded_size_bytes, record.size());
}

}  // namespace
}  // namespace holdfast
