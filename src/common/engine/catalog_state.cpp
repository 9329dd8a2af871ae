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
  }
  return contradiction("entry of unknown type");
}

Result<void> CatalogState::add_space(const CatalogEntry& entry) {
  if (spaces_.contains(entry.space_id) || space_names_.contains(entry.name))
    return contradiction("space " + std::to_string(entry.space_id) + " added twice");
  spaces_.emplace(entry.space_id, CatalogSpace{entry.space_id, entry.kind, entry.name});
  space_names_.emplace(entry.name, entry.space_id);
  spaces_size_bytes_ += catalog_entry_size_bytes(entry.name.size());
  next_space_id_ = std::max(next_space_id_, entry.space_id + 1);
  return {};
}

Result<void> CatalogState::add_segment(const CatalogEntry& entry) {
  if (segments_.contains(entry.segment_id))
    return contradiction("segment " + std::to_string(entry.segment_id) + " added twice");
  if (!spaces_.contains(entry.space_id))
    return contradiction("segment " + std::to_string(entry.segment_id) + " belongs to no space");
  segments_.emplace(entry.segment_id, CatalogSegment{entry.segment_id,
                                                     entry.space_id,
                                                     entry.content,
                                                     {entry.offset, entry.size_bytes}});
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

std::vector<CatalogEntry> CatalogState::snapshot() const {
  std::vector<CatalogEntry> entries;
  entries.push_back({.type = CatalogEntryType::next_ids, .segment_id = next_segment_id_, .space_id = next_space_id_});
  for (const auto& [id, space] : spaces_)
    entries.push_back({.type = CatalogEntryType::add_space, .kind = space.kind, .space_id = id, .name = space.name});
  for (const auto& [id, segment] : segments_)
    entries.push_back({.type = CatalogEntryType::add_segment,
                       .content = segment.content,
                       .segment_id = id,
                       .space_id = segment.space_id,
                       .offset = segment.extent.offset,
                       .size_bytes = segment.extent.size_bytes});
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
