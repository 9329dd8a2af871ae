#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/report.hpp>

#include "common/format/layout.hpp"

namespace holdfast {

/// What a catalog entry says. The numbers are on media.
enum class CatalogEntryType : std::uint8_t {
  add_space = 1,     ///< space_id, kind, name
  add_segment = 2,   ///< segment_id, space_id, extent, content; for a region, the block of it that lies there first
  free_segment = 3,  ///< segment_id
  slice_count = 4,   ///< segment_id, start, count, next_number: known when the store was closed
  next_ids = 5,      ///< segment_id and space_id that were never used yet
  region_size = 6,   ///< space_id, size_bytes: durable before the entry
  rename_space = 7,  ///< space_id, name
  remove_space = 8,  ///< space_id: owns nothing any more
  space_metadata = 9,  ///< space_id; in the place of a name, what its facade keeps with it
};

/// What a segment's extent holds.
enum class SegmentContent : std::uint8_t {
  records = 0,  ///< segment header, slices, records
  value = 1,    ///< raw bytes of one large value; the record that names it carries their check
  region = 2,   ///< bytes of a region, written in place
};

/// Longest metadata of a space.
inline constexpr std::uint64_t kSpaceMetadataSizeBytesMax = std::uint64_t{16} << 10;

/// docs/format.md "Catalog". A catalog record's payload is a list of these, each followed by its name,
/// zero-padded to 8 bytes. All entries of one record take effect together.
struct CatalogEntryDisk {
  std::uint8_t type;
  std::uint8_t kind;              ///< SpaceKind or SegmentContent
  std::uint16_t name_size_bytes;
  std::uint32_t start;            ///< of a slice in its segment, or of an extent in its region, in blocks
  std::uint64_t segment_id;
  std::uint64_t space_id;
  std::uint64_t offset;           ///< of the extent; for slice_count the id that the next record of the log would get
  std::uint64_t size_bytes;       ///< of the extent, of the region; for slice_count the number of records
};
static_assert(sizeof(CatalogEntryDisk) == 40 && kIsDiskType<CatalogEntryDisk>);
static_assert(offsetof(CatalogEntryDisk, segment_id) == 8 && offsetof(CatalogEntryDisk, size_bytes) == 32);

/// One entry in memory.
struct CatalogEntry {
  CatalogEntryType type{};
  SpaceKind kind{};
  SegmentContent content{};
  SegmentId segment_id = 0;
  SpaceId space_id = 0;
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;
  std::uint32_t start = 0;
  std::uint32_t count = 0;
  std::uint64_t next_number = 0;
  std::string name{};  ///< Or the metadata.
};

inline constexpr std::uint64_t kCatalogEntryAlignment = 8;

/// Length on media of an entry with a name of that size.
[[nodiscard]] constexpr std::uint64_t catalog_entry_size_bytes(std::uint64_t name_size_bytes) noexcept {
  return round_up(sizeof(CatalogEntryDisk) + name_size_bytes, kCatalogEntryAlignment);
}

/// The payload that says `entries`.
[[nodiscard]] std::string encode_catalog_entries(const std::vector<CatalogEntry>& entries);

/// The entries in `payload`; nothing if it is not made of whole, known entries.
[[nodiscard]] std::optional<std::vector<CatalogEntry>> decode_catalog_entries(std::string_view payload);

}  // namespace holdfast
