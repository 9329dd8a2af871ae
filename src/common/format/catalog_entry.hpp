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
  batch_decided = 10,  ///< epoch, batch: of that epoch's batches that the catalog decides those up to it count
  batches_settled = 11,  ///< epoch: of it and those before all count, but for epochs that batch_decided names later
  batches_proved = 12,   ///< batch: up to it every batch was committed whole, but for those that batch_dropped names
  clock_mark = 13,       ///< time_us: no key may be shown again whose time of expiry is not later; the highest one counts
  batch_dropped = 14,    ///< segment_id, batch: it was not whole when the store was opened; until the segment is freed
  log_begin = 15,        ///< space_id, number: records of lower ids are gone, wherever they lie
  log_thinned = 16,      ///< space_id, number: records of lower ids may be missing, as later ones of their keys are there
  log_gap = 17,          ///< space_id, number, next_number: records from the one to below the other are gone, likewise
};

/// What a segment's extent holds.
enum class SegmentContent : std::uint8_t {
  records = 0,  ///< segment header, slices, records
  value = 1,    ///< raw bytes of one large value; the record that names it carries their check
  region = 2,   ///< bytes of a region, written in place unless a check of them follows
  region_hole = 3,    ///< bytes of a region that are zeros and lie nowhere
  region_mirror = 4,  ///< the same bytes of a region once more
};

/// Whether an extent holds bytes of a region; exactly the extents of regions do.
[[nodiscard]] constexpr bool is_of_region(SegmentContent content) noexcept {
  return content >= SegmentContent::region;
}

/// Longest metadata of a space.
inline constexpr std::uint64_t kSpaceMetadataSizeBytesMax = std::uint64_t{16} << 10;

/// docs/format.md "Catalog". A catalog record's payload is a list of these, each followed by its name, or by its check,
/// zero-padded to 8 bytes. All entries of one record take effect together.
struct CatalogEntryDisk {
  std::uint8_t type;
  std::uint8_t kind;              ///< SpaceKind or SegmentContent
  std::uint16_t name_size_bytes;
  std::uint32_t start;            ///< of a slice in its segment, or of an extent in its region, in blocks; or an epoch
  std::uint64_t segment_id;
  std::uint64_t space_id;
  std::uint64_t offset;           ///< of the extent; for slice_count the id that the next record of the log would get; for log_gap where it ends
  std::uint64_t size_bytes;       ///< of the extent, of the region; for slice_count the number of records; of a batch its number; for clock_mark the time; of a log the id
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
  std::uint32_t epoch = 0;
  std::uint64_t batch = 0;
  std::uint64_t time_us = 0;
  std::uint64_t number = 0;  ///< Of a log: the id; of a gap the first one.
  std::string name{};  ///< Or the metadata.
  std::optional<std::uint64_t> check{};  ///< Of add_segment for a region, if its bytes never change.
};

inline constexpr std::uint64_t kCatalogEntryAlignment = 8;

/// Length on media of an entry with a name of that size.
[[nodiscard]] constexpr std::uint64_t catalog_entry_size_bytes(std::uint64_t name_size_bytes) noexcept {
  return round_up(sizeof(CatalogEntryDisk) + name_size_bytes, kCatalogEntryAlignment);
}

[[nodiscard]] inline std::uint64_t catalog_entry_size_bytes(const CatalogEntry& entry) noexcept {
  return catalog_entry_size_bytes(entry.check ? sizeof(*entry.check) : entry.name.size());
}

/// The payload that says `entries`.
[[nodiscard]] std::string encode_catalog_entries(const std::vector<CatalogEntry>& entries);

/// The entries in `payload`; nothing if it is not made of whole, known entries.
[[nodiscard]] std::optional<std::vector<CatalogEntry>> decode_catalog_entries(std::string_view payload);

}  // namespace holdfast
