#include "common/format/catalog_entry.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "common/format/record.hpp"
#include "property.hpp"

namespace holdfast {
namespace {

CatalogEntry space(std::string name = "users") {
  return {.type = CatalogEntryType::add_space, .kind = SpaceKind::kv, .space_id = 3, .name = std::move(name)};
}

CatalogEntry segment() {
  return {.type = CatalogEntryType::add_segment,
          .content = SegmentContent::value,
          .segment_id = 5,
          .space_id = 3,
          .offset = 8192,
          .size_bytes = 65536};
}

std::vector<CatalogEntry> one_of_each() {
  return {space(),
          segment(),
          {.type = CatalogEntryType::free_segment, .segment_id = 4},
          {.type = CatalogEntryType::slice_count,
           .segment_id = 5,
           .start = 64,
           .count = 0xFFFF'FFFF,
           .next_number = ~std::uint64_t{0}},
          {.type = CatalogEntryType::next_ids, .segment_id = 9, .space_id = 8}};
}

bool is_refused(std::string_view payload) { return !decode_catalog_entries(payload); }

/// `entry` with one field of its image overwritten.
template <class T>
std::string with(const CatalogEntry& entry, std::size_t offset, T value) {
  std::string payload = encode_catalog_entries({entry});
  std::memcpy(payload.data() + offset, &value, sizeof value);
  return payload;
}

TEST(CatalogEntries, ComeBackAsTheyWere) {
  const auto decoded = decode_catalog_entries(encode_catalog_entries(one_of_each()));
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->size(), 5u);
  const CatalogEntry& added_space = (*decoded)[0];
  EXPECT_EQ(added_space.type, CatalogEntryType::add_space);
  EXPECT_EQ(added_space.kind, SpaceKind::kv);
  EXPECT_EQ(added_space.space_id, 3u);
  EXPECT_EQ(added_space.name, "users");
  const CatalogEntry& added_segment = (*decoded)[1];
  EXPECT_EQ(added_segment.type, CatalogEntryType::add_segment);
  EXPECT_EQ(added_segment.content, SegmentContent::value);
  EXPECT_EQ(added_segment.segment_id, 5u);
  EXPECT_EQ(added_segment.space_id, 3u);
  EXPECT_EQ(added_segment.offset, 8192u);
  EXPECT_EQ(added_segment.size_bytes, 65536u);
  EXPECT_EQ((*decoded)[2].type, CatalogEntryType::free_segment);
  EXPECT_EQ((*decoded)[2].segment_id, 4u);
  EXPECT_EQ((*decoded)[3].start, 64u);
  EXPECT_EQ((*decoded)[3].count, 0xFFFF'FFFFu);
  EXPECT_EQ((*decoded)[3].next_number, ~std::uint64_t{0});
  EXPECT_EQ((*decoded)[4].segment_id, 9u);
  EXPECT_EQ((*decoded)[4].space_id, 8u);
}

TEST(CatalogEntries, KeepNamesOfEveryLengthAndByte) {
  for (std::size_t size = 1; size <= kNameSizeBytesMax; ++size) {
    std::string name(size, '\0');
    for (std::size_t i = 0; i < size; ++i) name[i] = static_cast<char>(i * 7);
    const std::string payload = encode_catalog_entries({space(name), segment()});
    EXPECT_EQ(payload.size() % 8, 0u);
    const auto decoded = decode_catalog_entries(payload);
    ASSERT_TRUE(decoded) << size;
    EXPECT_EQ(decoded->front().name, name);
    EXPECT_EQ(decoded->back().segment_id, 5u);
  }
}

TEST(CatalogEntries, AnEmptyListIsAnEmptyPayload) {
  EXPECT_TRUE(encode_catalog_entries({}).empty());
  const auto decoded = decode_catalog_entries({});
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(decoded->empty());
}

TEST(CatalogEntries, ACutPayloadIsRefusedUnlessTheCutFallsBetweenEntries) {
  const std::string payload = encode_catalog_entries({space(), segment()});
  const std::size_t border = encode_catalog_entries({space()}).size();
  for (std::size_t size = 1; size < payload.size(); ++size)
    EXPECT_EQ(is_refused({payload.data(), size}), size != border) << size;
}

TEST(CatalogEntries, UnknownTypesAreRefused) {
  for (unsigned type = 0; type < 256; ++type) {
    if (type >= 1 && type <= 16) continue;
    EXPECT_TRUE(
        is_refused(with(segment(), offsetof(CatalogEntryDisk, type), static_cast<std::uint8_t>(type))))
        << type;
  }
}

TEST(CatalogEntries, LogsHaveANameAndOthersMayHaveNone) {
  CatalogEntry unnamed = space("");
  for (const SpaceKind kind : {SpaceKind::kv, SpaceKind::log, SpaceKind::region}) {
    unnamed.kind = kind;
    EXPECT_EQ(is_refused(encode_catalog_entries({unnamed})), kind == SpaceKind::log);
  }
}

TEST(CatalogEntries, AClockMarkHasATimeAndItsLimit) {
  CatalogEntry mark{.type = CatalogEntryType::clock_mark, .time_us = kTimeUsMax};
  const auto decoded = decode_catalog_entries(encode_catalog_entries({mark}));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->front().type, CatalogEntryType::clock_mark);
  EXPECT_EQ(decoded->front().time_us, kTimeUsMax);
  ++mark.time_us;
  EXPECT_TRUE(is_refused(encode_catalog_entries({mark})));
  mark = {.type = CatalogEntryType::clock_mark, .time_us = 1, .name = "name"};
  EXPECT_TRUE(is_refused(encode_catalog_entries({mark})));
}

TEST(CatalogEntries, NumbersOfALogAreIds) {
  for (const CatalogEntryType type : {CatalogEntryType::log_begin, CatalogEntryType::log_thinned}) {
    CatalogEntry entry{.type = type, .space_id = 3, .number = kVersionEnd - 1};
    const auto decoded = decode_catalog_entries(encode_catalog_entries({entry}));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->front().type, type);
    EXPECT_EQ(decoded->front().space_id, 3u);
    EXPECT_EQ(decoded->front().number, kVersionEnd - 1);
    ++entry.number;
    EXPECT_TRUE(is_refused(encode_catalog_entries({entry})));
    entry.number = 0;
    EXPECT_TRUE(is_refused(encode_catalog_entries({entry})));
    entry = {.type = type, .space_id = 3, .number = 1, .name = "name"};
    EXPECT_TRUE(is_refused(encode_catalog_entries({entry})));
  }
}

TEST(CatalogEntries, AGapOfALogIsARunOfIds) {
  const auto gap = [](std::uint64_t from, std::uint64_t to) {
    return CatalogEntry{.type = CatalogEntryType::log_gap, .space_id = 3, .next_number = to, .number = from};
  };
  const auto decoded = decode_catalog_entries(encode_catalog_entries({gap(7, kVersionEnd - 1)}));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->front().type, CatalogEntryType::log_gap);
  EXPECT_EQ(decoded->front().space_id, 3u);
  EXPECT_EQ(decoded->front().number, 7u);
  EXPECT_EQ(decoded->front().next_number, kVersionEnd - 1);
  for (const auto& refused : {gap(0, 4), gap(4, 4), gap(5, 4), gap(7, kVersionEnd)})
    EXPECT_TRUE(is_refused(encode_catalog_entries({refused})));
  CatalogEntry of_nobody = gap(1, 2);
  of_nobody.space_id = kCatalogSpaceId;
  EXPECT_TRUE(is_refused(encode_catalog_entries({of_nobody})));
}

TEST(CatalogEntries, MetadataHasItsLimit) {
  CatalogEntry metadata{.type = CatalogEntryType::space_metadata, .space_id = 3};
  metadata.name = std::string(kSpaceMetadataSizeBytesMax, 'm');
  const auto decoded = decode_catalog_entries(encode_catalog_entries({metadata}));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->front().name, metadata.name);
  metadata.name += 'm';
  EXPECT_TRUE(is_refused(encode_catalog_entries({metadata})));
}

TEST(CatalogEntries, ImpossibleSpacesAreRefused) {
  EXPECT_TRUE(is_refused(with(space(), offsetof(CatalogEntryDisk, space_id), std::uint64_t{0})));
  EXPECT_TRUE(is_refused(with(space(), offsetof(CatalogEntryDisk, kind), std::uint8_t{0})));
  EXPECT_TRUE(is_refused(with(space(), offsetof(CatalogEntryDisk, kind), std::uint8_t{4})));
  EXPECT_TRUE(is_refused(with(space(), offsetof(CatalogEntryDisk, name_size_bytes), std::uint16_t{0})));
  EXPECT_TRUE(is_refused(with(space(std::string(300, 'x')), 0, std::uint8_t{1})));
}

TEST(CatalogEntries, ANameLongerThanThePayloadIsRefused) {
  EXPECT_TRUE(is_refused(with(space(), offsetof(CatalogEntryDisk, name_size_bytes), std::uint16_t{9})));
  EXPECT_TRUE(is_refused(with(space(), offsetof(CatalogEntryDisk, name_size_bytes), std::uint16_t{255})));
}

TEST(CatalogEntries, ImpossibleSegmentsAreRefused) {
  EXPECT_TRUE(is_refused(with(segment(), offsetof(CatalogEntryDisk, segment_id), std::uint64_t{0})));
  EXPECT_TRUE(is_refused(with(segment(), offsetof(CatalogEntryDisk, offset), std::uint64_t{8200})));
  EXPECT_TRUE(is_refused(with(segment(), offsetof(CatalogEntryDisk, size_bytes), std::uint64_t{0})));
  EXPECT_TRUE(is_refused(with(segment(), offsetof(CatalogEntryDisk, size_bytes), std::uint64_t{65540})));
  EXPECT_TRUE(is_refused(with(segment(), offsetof(CatalogEntryDisk, kind), std::uint8_t{3})));
  EXPECT_TRUE(is_refused(with(segment(), offsetof(CatalogEntryDisk, name_size_bytes), std::uint16_t{1})));
}

TEST(CatalogEntries, RegionsAreNeverTheCatalogsOwnSpace) {
  for (const auto type : {CatalogEntryType::region_size, CatalogEntryType::rename_space, CatalogEntryType::remove_space}) {
    const std::string name = type == CatalogEntryType::rename_space ? "name" : "";
    const CatalogEntry entry{.type = type, .space_id = 7, .size_bytes = 9, .name = name};
    const auto decoded = decode_catalog_entries(encode_catalog_entries({entry}));
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->front().space_id, 7u);
    EXPECT_EQ(decoded->front().size_bytes, 9u);
    EXPECT_EQ(decoded->front().name, name);
    EXPECT_TRUE(is_refused(with(entry, offsetof(CatalogEntryDisk, space_id), std::uint64_t{0})));
    const std::uint16_t wrong_size = name.empty() ? 1 : 0;
    EXPECT_TRUE(is_refused(with(entry, offsetof(CatalogEntryDisk, name_size_bytes), wrong_size)));
  }
}

TEST(CatalogEntries, AnyBytesAreDecodedOrRefused) {
  check_property(2'000, [](std::vector<std::uint8_t> noise) {
    const std::string_view payload(reinterpret_cast<const char*>(noise.data()), noise.size());
    const auto decoded = decode_catalog_entries(payload);
    if (decoded) RC_ASSERT(encode_catalog_entries(*decoded).size() == payload.size());
  });
}

}  // namespace
}  // namespace holdfast
