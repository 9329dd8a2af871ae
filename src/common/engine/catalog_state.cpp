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
    case CatalogEntryType::batch_decided: {
      std::uint64_t& decided = decided_batches_[entry.epoch];
      decided = std::max(decided, entry.batch);
      return {};
    }
    case CatalogEntryType::batches_settled: settle_batches(entry.epoch); return {};
    case CatalogEntryType::batches_proved: proved_batch_ = std::max(proved_batch_, entry.batch); return {};
    case CatalogEntryType::batch_dropped: return drop_batch(entry);
    case CatalogEntryType::log_begin: return set_log_begin(entry);
    case CatalogEntryType::log_gap: return add_log_gap(entry);
    case CatalogEntryType::log_thinned: return set_log_thinned(entry);
    case CatalogEntryType::clock_mark: clock_mark_us_ = std::max(clock_mark_us_, entry.time_us); return {};
  }
  return contradiction("entry of unknown type");
}

Result<void> CatalogState::add_space(const CatalogEntry& entry) {
  if (spaces_.contains(entry.space_id) || space_names_.contains(entry.name))
    return contradiction("space " + std::to_string(entry.space_id) + " added twice");
  const auto is_ledger = [](const auto& space) { return space.second.is_ledger(); };
  if (entry.kind == SpaceKind::kv && entry.name.empty() && std::any_of(spaces_.begin(), spaces_.end(), is_ledger))
    return contradiction("space " + std::to_string(entry.space_id) + " is the store's own, and there is one");
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
  if (is_of_region(entry.content) != (space->second.kind == SpaceKind::region))
    return contradiction("segment " + std::to_string(entry.segment_id) + " holds what its space cannot");
  segments_.emplace(entry.segment_id, CatalogSegment{entry.segment_id,
                                                     entry.space_id,
                                                     entry.content,
                                                     {entry.offset, entry.size_bytes},
                                                     entry.start,
                                                     entry.check});
  if (entry.check) ++checked_count_;
  next_segment_id_ = std::max(next_segment_id_, entry.segment_id + 1);
  return {};
}

Result<void> CatalogState::free_segment(const CatalogEntry& entry) {
  const auto segment = segments_.find(entry.segment_id);
  if (segment == segments_.end())
    return contradiction("segment " + std::to_string(entry.segment_id) + " freed but not there");
  if (segment->second.check) --checked_count_;
  segments_.erase(segment);
  const auto first = slice_counts_.lower_bound({entry.segment_id, 0});
  slice_counts_.erase(first, slice_counts_.lower_bound({entry.segment_id + 1, 0}));
  dropped_batches_.erase(dropped_batches_.lower_bound({entry.segment_id, 0}),
                         dropped_batches_.lower_bound({entry.segment_id + 1, 0}));
  return {};
}

Result<void> CatalogState::drop_batch(const CatalogEntry& entry) {
  if (!segments_.contains(entry.segment_id))
    return contradiction("a batch dropped in segment " + std::to_string(entry.segment_id) + ", which is not there");
  dropped_batches_.emplace(entry.segment_id, entry.batch);
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

Result<void> CatalogState::set_log_begin(const CatalogEntry& entry) {
  const auto space = spaces_.find(entry.space_id);
  if (space == spaces_.end() || space->second.kind != SpaceKind::log)
    return contradiction("begin of " + std::to_string(entry.space_id) + ", which is no log");
  std::uint64_t& begin = space->second.log_begin;
  if (entry.number < begin) return contradiction("the begin of log " + std::to_string(entry.space_id) + " falls");
  cut_log_count_ += begin == 0 ? 1 : 0;
  begin = entry.number;
  LogGaps& gaps = space->second.log_gaps;
  log_gap_count_ -= gaps.all().size();
  gaps.forget_below(begin);
  log_gap_count_ += gaps.all().size();
  return {};
}

Result<void> CatalogState::add_log_gap(const CatalogEntry& entry) {
  const auto space = spaces_.find(entry.space_id);
  if (space == spaces_.end() || space->second.kind != SpaceKind::log)
    return contradiction("a gap in " + std::to_string(entry.space_id) + ", which is no log");
  LogGaps& gaps = space->second.log_gaps;
  const std::uint64_t before = gaps.all().size();
  gaps.make_room();
  if (entry.number < space->second.log_begin || !gaps.add(entry.number, entry.next_number))
    return contradiction("a gap in log " + std::to_string(entry.space_id) + " that is not at its end");
  log_gap_count_ += gaps.all().size() - before;
  return {};
}

Result<void> CatalogState::set_log_thinned(const CatalogEntry& entry) {
  const auto space = spaces_.find(entry.space_id);
  if (space == spaces_.end() || space->second.kind != SpaceKind::log)
    return contradiction("compaction of " + std::to_string(entry.space_id) + ", which is no log");
  std::uint64_t& thinned = space->second.log_thinned;
  if (entry.number < thinned)
    return contradiction("the compacted part of log " + std::to_string(entry.space_id) + " shrinks");
  thinned_log_count_ += thinned == 0 ? 1 : 0;
  thinned = entry.number;
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
  cut_log_count_ -= gone.log_begin != 0 ? 1 : 0;
  log_gap_count_ -= gone.log_gaps.all().size();
  thinned_log_count_ -= gone.log_thinned != 0 ? 1 : 0;
  spaces_size_bytes_ -= catalog_entry_size_bytes(gone.name.size());
  if (!gone.metadata.empty()) spaces_size_bytes_ -= catalog_entry_size_bytes(gone.metadata.size());
  if (!gone.name.empty()) space_names_.erase(gone.name);
  spaces_.erase(space);
  return {};
}

// What is named of epochs that were settled before is an exception, and stays.
void CatalogState::settle_batches(std::uint32_t epoch) {
  if (epoch <= settled_epoch_) return;
  decided_batches_.erase(decided_batches_.upper_bound(settled_epoch_), decided_batches_.upper_bound(epoch));
  settled_epoch_ = epoch;
}

bool CatalogState::is_decided(std::uint32_t epoch, std::uint64_t batch) const {
  const auto decided = decided_batches_.find(epoch);
  return decided == decided_batches_.end() ? epoch <= settled_epoch_ : batch <= decided->second;
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
    if (space.log_begin != 0)
      entries.push_back({.type = CatalogEntryType::log_begin, .space_id = id, .number = space.log_begin});
    for (const LogGap& gap : space.log_gaps.all())
      entries.push_back(
          {.type = CatalogEntryType::log_gap, .space_id = id, .next_number = gap.to, .number = gap.from});
    if (space.log_thinned != 0)
      entries.push_back({.type = CatalogEntryType::log_thinned, .space_id = id, .number = space.log_thinned});
  }
  for (const auto& [id, segment] : segments_)
    entries.push_back({.type = CatalogEntryType::add_segment,
                       .content = segment.content,
                       .segment_id = id,
                       .space_id = segment.space_id,
                       .offset = segment.extent.offset,
                       .size_bytes = segment.extent.size_bytes,
                       .start = segment.start_block,
                       .check = segment.check});
  for (const auto& [place, count] : slice_counts_)
    entries.push_back(
        {.type = CatalogEntryType::slice_count,
         .segment_id = place.first,
         .start = place.second,
         .count = count.records,
         .next_number = count.next_number});
  if (clock_mark_us_ != 0) entries.push_back({.type = CatalogEntryType::clock_mark, .time_us = clock_mark_us_});
  if (settled_epoch_ != 0) entries.push_back({.type = CatalogEntryType::batches_settled, .epoch = settled_epoch_});
  for (const auto& [epoch, batch] : decided_batches_)
    entries.push_back({.type = CatalogEntryType::batch_decided, .epoch = epoch, .batch = batch});
  if (proved_batch_ != 0) entries.push_back({.type = CatalogEntryType::batches_proved, .batch = proved_batch_});
  for (const auto& [segment, batch] : dropped_batches_)
    entries.push_back({.type = CatalogEntryType::batch_dropped, .segment_id = segment, .batch = batch});
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
