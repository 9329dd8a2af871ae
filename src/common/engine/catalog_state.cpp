#include "common/engine/catalog_state.hpp"

#include <algorithm>

namespace holdfast {
namespace {

Unexpected contradiction(std::string message) {
  return Unexpected(Error{.code = ErrorCode::corruption, .message = "catalog contradicts itself: " + std::move(message)});
}

}  // namespace

Result<void> CatalogState::apply(const CatalogEntry& entry) {
  switch (entry.type) {
    case CatalogEntryType::add_space: return add_space(entry);
    case CatalogEntryType::add_segment: return add_segment(entry);
    case CatalogEntryType::free_segment: return free_segment(entry);
    case CatalogEntryType::slice_count:
      slice_counts_[{entry.segment_id, entry.start}] = {entry.count, entry.next_number};
      return {};
    case CatalogEntryType::next_ids:
      next_segment_id_ = std::max(next_segment_id_, entry.segment_id);
      next_space_id_ = std::max(next_space_id_, entry.space_id);
      return {};
    case CatalogEntryType::region_size: return set_region_size(entry);
    case CatalogEntryType::rename_space: return rename_space(entry);
    case CatalogEntryType::remove_space: return remove_space(entry);
    case CatalogEntryType::space_metadata: return set_metadata(entry);
  }
  return contradiction("entry of unknown type");
}

Result<void> CatalogState::add_space(const CatalogEntry& entry) {
  if (spaces_.contains(entry.space_id) || space_names_.contains(entry.name))
    return contradiction("space " + std::to_string(entry.space_id) + " added twice");
  spaces_.emplace(entry.space_id, CatalogSpace{.id = entry.space_id, .kind = entry.kind, .name = entry.name});
  if (entry.kind == SpaceKind::region) ++region_count_;
  if (!entry.name.empty()) space_names_.emplace(entry.name, entry.space_id);
  spaces_size_bytes_ += catalog_entry_size_bytes(entry.name.size());
  next_space_id_ = std::max(next_space_id_, entry.space_id + 1);
  return {};
}

Result<void> CatalogState::add_segment(const CatalogEntry& entry) {
  if (segments_.contains(entry.segment_id))
    return contradiction("segment " + std::to_string(entry.segment_id) + " added twice");
  const auto space = spaces_.find(entry.space_id);
  if (space == spaces_.end())
    return contradiction("segment " + std::to_string(entry.segment_id) + " belongs to no space");
  if ((entry.content == SegmentContent::region) != (space->second.kind == SpaceKind::region))
    return contradiction("segment " + std::to_string(entry.segment_id) + " holds what its space cannot");
  segments_.emplace(entry.segment_id, CatalogSegment{entry.segment_id,
                                                     entry.space_id,
                                                     entry.content,
                                                     {entry.offset, entry.size_bytes},
                                                     entry.start});
  next_segment_id_ = std::max(next_segment_id_, entry.segment_id + 1);
  return {};
}

Result<void> CatalogState::free_segment(const CatalogEntry& entry) {
  if (segments_.erase(entry.segment_id) == 0)
    return contradiction("segment " + std::to_string(entry.segment_id) + " freed but not there");
  const auto first = slice_counts_.lower_bound({entry.segment_id, 0});
  slice_counts_.erase(first, slice_counts_.lower_bound({entry.segment_id + 1, 0}));
  return {};
}

Result<void> CatalogState::set_region_size(const CatalogEntry& entry) {
  const auto space = spaces_.find(entry.space_id);
  if (space == spaces_.end() || space->second.kind != SpaceKind::region)
    return contradiction("size of " + std::to_string(entry.space_id) + ", which is no region");
  space->second.region_size_bytes = entry.size_bytes;
  return {};
}

Result<void> CatalogState::set_metadata(const CatalogEntry& entry) {
  const auto space = spaces_.find(entry.space_id);
  if (space == spaces_.end()) return contradiction("metadata of space " + std::to_string(entry.space_id) + ", which is not there");
  std::string& metadata = space->second.metadata;
  if (!metadata.empty()) spaces_size_bytes_ -= catalog_entry_size_bytes(metadata.size());
  metadata = entry.name;
  if (!metadata.empty()) spaces_size_bytes_ += catalog_entry_size_bytes(metadata.size());
  return {};
}

Result<void> CatalogState::rename_space(const CatalogEntry& entry) {
  const auto space = spaces_.find(entry.space_id);
  if (space == spaces_.end() || space_names_.contains(entry.name))
    return contradiction("space " + std::to_string(entry.space_id) + " renamed to a name that is taken, or not there");
  std::string& name = space->second.name;
  space_names_.erase(name);
  spaces_size_bytes_ -= catalog_entry_size_bytes(name.size());
  name = entry.name;
  spaces_size_bytes_ += catalog_entry_size_bytes(name.size());
  space_names_.emplace(name, entry.space_id);
  return {};
}

Result<void> CatalogState::remove_space(const CatalogEntry& entry) {
  const auto space = spaces_.find(entry.space_id);
  const auto owned = [&entry](const auto& segment) { return segment.second.space_id == entry.space_id; };
  if (space == spaces_.end() || std::any_of(segments_.begin(), segments_.end(), owned))
    return contradiction("space " + std::to_string(entry.space_id) + " removed, but not there or not empty");
  if (space->second.kind == SpaceKind::region) --region_count_;
  const CatalogSpace& gone = space->second;
  spaces_size_bytes_ -= catalog_entry_size_bytes(gone.name.size());
  if (!gone.metadata.empty()) spaces_size_bytes_ -= catalog_entry_size_bytes(gone.metadata.size());
  if (!gone.name.empty()) space_names_.erase(gone.name);
  spaces_.erase(space);
  return {};
}

std::vector<CatalogEntry> CatalogState::snapshot() const {
  std::vector<CatalogEntry> entries;
  entries.push_back({.type = CatalogEntryType::next_ids, .segment_id = next_segment_id_, .space_id = next_space_id_});
  for (const auto& [id, space] : spaces_) {
    entries.push_back({.type = CatalogEntryType::add_space, .kind = space.kind, .space_id = id, .name = space.name});
    if (space.kind == SpaceKind::region)
      entries.push_back(
          {.type = CatalogEntryType::region_size, .space_id = id, .size_bytes = space.region_size_bytes});
    if (!space.metadata.empty())
      entries.push_back({.type = CatalogEntryType::space_metadata, .space_id = id, .name = space.metadata});
  }
  for (const auto& [id, segment] : segments_)
    entries.push_back({.type = CatalogEntryType::add_segment,
                       .content = segment.content,
                       .segment_id = id,
                       .space_id = segment.space_id,
                       .offset = segment.extent.offset,
                       .size_bytes = segment.extent.size_bytes,
                       .start = segment.start_block});
  for (const auto& [place, count] : slice_counts_)
    entries.push_back(
        {.type = CatalogEntryType::slice_count,
         .segment_id = place.first,
         .start = place.second,
         .count = count.records,
         .next_number = count.next_number});
  return entries;
}

const CatalogSpace* CatalogState::find_space(std::string_view name) const {
  const auto id = space_names_.find(name);
  return id == space_names_.end() ? nullptr : &spaces_.at(id->second);
}

std::uint32_t CatalogState::slice_count(SegmentId segment, std::uint32_t start) const {
  const auto count = slice_counts_.find({segment, start});
  return count == slice_counts_.end() ? 0 : count->second.records;
}

}  // namespace holdfast
