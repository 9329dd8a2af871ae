#include "common/format/catalog_entry.hpp"

#include <cstring>

#include "common/format/record.hpp"

namespace holdfast {
namespace {

bool is_plausible_content(const CatalogEntryDisk& disk) noexcept {
  switch (static_cast<SegmentContent>(disk.kind)) {
    case SegmentContent::records:
      return disk.name_size_bytes == 0 && disk.size_bytes <= kSegmentSizeBytesMax;
    case SegmentContent::value:
      return disk.name_size_bytes == 0;
    case SegmentContent::region:
      return disk.name_size_bytes == 0 || disk.name_size_bytes == sizeof(std::uint64_t);
    case SegmentContent::region_hole:
      return disk.name_size_bytes == 0 && disk.offset == 0;
    case SegmentContent::region_mirror:
      return disk.name_size_bytes == sizeof(std::uint64_t);
  }
  return false;
}

bool is_plausible(const CatalogEntryDisk& disk) noexcept {
  switch (static_cast<CatalogEntryType>(disk.type)) {
    case CatalogEntryType::add_space:
      return disk.space_id != kCatalogSpaceId && disk.space_id <= kSpaceIdMax &&
             disk.name_size_bytes <= kNameSizeBytesMax &&
             (disk.name_size_bytes >= 1 || disk.kind != static_cast<std::uint8_t>(SpaceKind::log)) &&
             disk.kind >= static_cast<std::uint8_t>(SpaceKind::kv) &&
             disk.kind <= static_cast<std::uint8_t>(SpaceKind::region);
    case CatalogEntryType::add_segment:
      return disk.segment_id != 0 && disk.segment_id <= kSegmentIdMax && disk.offset % kBlockSizeBytes == 0 &&
             disk.size_bytes % kBlockSizeBytes == 0 && disk.size_bytes != 0 && is_plausible_content(disk);
    case CatalogEntryType::free_segment:
    case CatalogEntryType::slice_count:
      return disk.name_size_bytes == 0;
    case CatalogEntryType::next_ids:
      return disk.segment_id <= kSegmentIdMax && disk.space_id <= kSpaceIdMax && disk.name_size_bytes == 0;
    case CatalogEntryType::region_size:
    case CatalogEntryType::remove_space:
      return disk.space_id != kCatalogSpaceId && disk.name_size_bytes == 0;
    case CatalogEntryType::rename_space:
      return disk.space_id != kCatalogSpaceId && disk.name_size_bytes >= 1 &&
             disk.name_size_bytes <= kNameSizeBytesMax;
    case CatalogEntryType::space_metadata:
      return disk.space_id != kCatalogSpaceId && disk.name_size_bytes <= kSpaceMetadataSizeBytesMax;
    case CatalogEntryType::batch_decided:
    case CatalogEntryType::batches_settled:
    case CatalogEntryType::batches_proved:
    case CatalogEntryType::batch_dropped:
      return disk.name_size_bytes == 0;
    case CatalogEntryType::clock_mark:
      return disk.name_size_bytes == 0 && disk.size_bytes <= kTimeUsMax;
    case CatalogEntryType::log_begin:
    case CatalogEntryType::log_thinned:
      return disk.space_id != kCatalogSpaceId && disk.name_size_bytes == 0 && disk.size_bytes != 0 &&
             disk.size_bytes < kVersionEnd;
    case CatalogEntryType::log_gap:
      return disk.space_id != kCatalogSpaceId && disk.name_size_bytes == 0 && disk.size_bytes != 0 &&
             disk.size_bytes < disk.offset && disk.offset < kVersionEnd;
  }
  return false;
}

bool is_of_batches(CatalogEntryType type) noexcept {
  return type == CatalogEntryType::batch_decided || type == CatalogEntryType::batches_settled ||
         type == CatalogEntryType::batches_proved || type == CatalogEntryType::batch_dropped;
}

bool is_of_log(CatalogEntryType type) noexcept {
  return type == CatalogEntryType::log_begin || type == CatalogEntryType::log_thinned || type == CatalogEntryType::log_gap;
}

CatalogEntryDisk to_disk(const CatalogEntry& entry) noexcept {
  const bool is_segment = entry.type == CatalogEntryType::add_segment;
  const bool is_count = entry.type == CatalogEntryType::slice_count;
  CatalogEntryDisk disk{};
  disk.type = static_cast<std::uint8_t>(entry.type);
  disk.kind = is_segment ? static_cast<std::uint8_t>(entry.content) : static_cast<std::uint8_t>(entry.kind);
  disk.name_size_bytes = static_cast<std::uint16_t>(entry.check ? sizeof(*entry.check) : entry.name.size());
  disk.start = entry.start;
  disk.segment_id = entry.segment_id;
  disk.space_id = entry.space_id;
  disk.offset = is_count ? entry.next_number : entry.offset;
  disk.size_bytes = is_count ? entry.count : entry.size_bytes;
  if (is_of_batches(entry.type)) {
    disk.start = entry.epoch;
    disk.size_bytes = entry.batch;
  }
  if (entry.type == CatalogEntryType::clock_mark) disk.size_bytes = entry.time_us;
  if (is_of_log(entry.type)) disk.size_bytes = entry.number;
  if (entry.type == CatalogEntryType::log_gap) disk.offset = entry.next_number;
  return disk;
}

CatalogEntry from_disk(const CatalogEntryDisk& disk, std::string_view name) {
  CatalogEntry entry;
  entry.type = static_cast<CatalogEntryType>(disk.type);
  if (is_of_batches(entry.type)) {
    entry.epoch = disk.start;
    entry.batch = disk.size_bytes;
    entry.segment_id = disk.segment_id;
    return entry;
  }
  if (entry.type == CatalogEntryType::clock_mark) {
    entry.time_us = disk.size_bytes;
    return entry;
  }
  if (is_of_log(entry.type)) {
    entry.space_id = disk.space_id;
    entry.number = disk.size_bytes;
    if (entry.type == CatalogEntryType::log_gap) entry.next_number = disk.offset;
    return entry;
  }
  entry.segment_id = disk.segment_id;
  entry.space_id = disk.space_id;
  entry.start = disk.start;
  if (entry.type != CatalogEntryType::add_segment) {
    entry.name = name;
  } else if (!name.empty()) {
    std::memcpy(&entry.check.emplace(), name.data(), sizeof(*entry.check));
  }
  if (entry.type == CatalogEntryType::slice_count) {
    entry.count = static_cast<std::uint32_t>(disk.size_bytes);
    entry.next_number = disk.offset;
  } else {
    entry.offset = disk.offset;
    entry.size_bytes = disk.size_bytes;
  }
  if (entry.type == CatalogEntryType::add_segment) {
    entry.content = static_cast<SegmentContent>(disk.kind);
  } else {
    entry.kind = static_cast<SpaceKind>(disk.kind);
  }
  return entry;
}

}  // namespace

std::string encode_catalog_entries(const std::vector<CatalogEntry>& entries) {
  std::string payload;
  for (const CatalogEntry& entry : entries) {
    const CatalogEntryDisk disk = to_disk(entry);
    payload.append(reinterpret_cast<const char*>(&disk), sizeof disk);  // bytes as text
    if (entry.check) {
      payload.append(reinterpret_cast<const char*>(&*entry.check), sizeof *entry.check);  // likewise
    } else {
      payload.append(entry.name);
    }
    payload.resize(round_up(payload.size(), kCatalogEntryAlignment), '\0');
  }
  return payload;
}

std::optional<std::vector<CatalogEntry>> decode_catalog_entries(std::string_view payload) {
  std::vector<CatalogEntry> entries;
  while (!payload.empty()) {
    CatalogEntryDisk disk;
    if (payload.size() < sizeof disk) return std::nullopt;
    std::memcpy(&disk, payload.data(), sizeof disk);
    const std::uint64_t whole = catalog_entry_size_bytes(disk.name_size_bytes);
    if (!is_plausible(disk) || whole > payload.size()) return std::nullopt;
    entries.push_back(from_disk(disk, payload.substr(sizeof disk, disk.name_size_bytes)));
    payload.remove_prefix(whole);
  }
  return entries;
}

}  // namespace holdfast
