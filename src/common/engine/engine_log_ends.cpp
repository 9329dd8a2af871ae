// The ends of logs are taken off. What lies in them is the facade's matter.

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/mutant.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/success.hpp"
#include "common/engine/engine.hpp"
#include "common/engine/value_parts.hpp"
#include "common/format/segment.hpp"

namespace holdfast {

LogGaps Engine::log_gaps(SpaceId log) const {
  return catalog_->with_state([log](const CatalogState& state) {
    const auto found = state.spaces().find(log);
    return found == state.spaces().end() ? LogGaps() : found->second.log_gaps;
  });
}

// Crash order, as in docs/durability.md "truncation", "of the end".
Result<void> Engine::cut_log_ends(std::span<LogEnd> ends, const std::function<void()>& shown) {
  if (auto writable = check_writable(); !writable) return writable;
  std::vector<Space*> logs;
  logs.reserve(ends.size());
  for (const LogEnd& end : ends) logs.push_back(end.log);
  std::vector<CatalogEntry> entries;
  const auto cut = [&]() -> Result<void> {  // (1) is done
    for (LogEnd& end : ends) {
      end.to = end.log->one_tail().next_number();
      if (end.from < end.to)
        entries.push_back({.type = CatalogEntryType::log_gap,
                           .space_id = end.log->id(),
                           .next_number = end.to,
                           .number = end.from});
    }
    if (mutated(Mutant::log_gap_not_recorded)) entries.clear();
    if (!entries.empty())
      if (auto committed = catalog_->commit(entries); !committed) return committed;  // (2)
    shown();  // (3)
    return success();
  };
  if (mutated(Mutant::log_cut_before_sync) && storage_->capabilities().shares_syncs) return cut();
  return route_->stand_still(logs, cut);
}

Result<Engine::Freed> Engine::free_log_end(Space& log, const LogGap& gap, std::span<const SegmentId> segments,
                                           const MayGo& may_go) {
  if (auto writable = check_writable(); !writable) return Unexpected(writable.error());
  std::vector<SegmentId> parts;
  for (const SegmentUse& use : log.segments().uses())
    if (use.entries != 0 && use.id_min < gap.to && use.id_max >= gap.from)
      add_value_parts_in(log, use.place.segment_id, [&gap](std::uint64_t id) { return id >= gap.from && id < gap.to; },
                         parts);
  if (!parts.empty()) segments_->retire(parts, false);
  auto freed = segments.empty() ? Result<Freed>(Freed{}) : truncate_log(log, 0, segments, may_go, {});
  static_cast<void>(segments_->reclaim());  // what fails is left for another time
  return freed;
}

// A slice whose followers go is told of by nobody any more, so the catalog says how many records it has: damage at its end
// would pass for a torn tail.
void Engine::add_counts_before(const Space& log, std::span<const SegmentPlace> dropped,
                               std::vector<CatalogEntry>& entries) const {
  const auto goes = [dropped](SegmentId segment) {
    return std::any_of(dropped.begin(), dropped.end(),
                       [segment](const SegmentPlace& place) { return place.segment_id == segment; });
  };
  for (const SegmentPlace& place : dropped)
    for (const SliceRef slice : log.segments().slices_of(place.segment_id)) {
      const SliceInfo& info = slices_[slice.table_index];
      SliceHeaderDisk header;
      std::memcpy(&header, storage_->at(place.offset + info.start), sizeof header);
      if (!validate(header, superblock_.secret, place.segment_id, info.start, place.size_bytes)) continue;
      const SliceLinkDisk& before = header.previous;
      if (before.segment_id == 0 || before.count == 0 || goes(before.segment_id)) continue;
      const auto others = log.segments().slices_of(before.segment_id);
      const bool is_there = std::any_of(others.begin(), others.end(), [&](const SliceRef other) {
        const SliceInfo& stays = slices_[other.table_index];
        return stays.start == before.start && stays.epoch == before.epoch;
      });
      const bool is_known = catalog_->with_state(
          [&](const CatalogState& state) { return state.slice_count(before.segment_id, before.start) != 0; });
      if (is_there && !is_known)
        entries.push_back({.type = CatalogEntryType::slice_count,
                           .segment_id = before.segment_id,
                           .start = before.start,
                           .count = before.count});
    }
}

}  // namespace holdfast
