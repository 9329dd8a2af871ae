#include "common/engine/segments.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include "common/base/checksum.hpp"
#include "common/base/mutant.hpp"
#include "common/base/rollback.hpp"
#include "common/base/success.hpp"
#include "common/engine/commit_step.hpp"
#include "common/engine/space.hpp"
#include "common/engine/value_parts.hpp"

namespace holdfast {

// What is retired is used again before the store grows; what only waits for a sync, before it is full.
template <class Allocate>
auto Segments::allocate_or_reclaim(std::uint64_t size_bytes, Allocate&& allocate) {
  Result<void> reclaimed;
  if (!extents_.has_run_of(size_bytes)) reclaimed = reclaim();
  auto extent = allocate();
  if (extent || extent.error().code != ErrorCode::no_space) return extent;
  if (reclaimed) reclaimed = sync_for_retired();
  if (reclaimed) reclaimed = reclaim();
  if (!reclaimed) return decltype(extent)(Unexpected(reclaimed.error()));
  return allocate();
}

Result<void> Segments::sync_for_retired() {
  {
    const std::lock_guard lock(retired_mutex_);
    const auto waits = [this](const Retired& retired) { return retired.sync_ticket > syncs_ended_; };
    if (std::none_of(retired_.begin(), retired_.end(), waits)) return {};
  }
  const std::uint64_t ticket = sync_begins();
  if (auto drained = storage_.drain(); !drained) return drained;
  sync_ended(ticket);
  return {};
}

Result<SegmentPlace> Segments::add_records(SpaceId space, std::uint64_t slice_size_bytes_min, Room room,
                                           std::uint64_t segment_size_bytes) {
  const std::uint64_t size = std::max(
      segment_size_bytes, round_up(sizeof(SegmentHeaderDisk) + slice_size_bytes_min, kBlockSizeBytes));
  auto extent = allocate_or_reclaim(size, [&] { return extents_.allocate(size, room); });
  if (!extent) return Unexpected(extent.error());
  Rollback released([&] { extents_.release(*extent); });
  if (storage_.capabilities().granularity != Granularity::page) storage_.advise({extent->offset, size}, Access::will_need);
  const SegmentPlace place{catalog_.reserve_segment_id(), space, extent->offset, size};
  const SegmentHeaderDisk header =
      make_segment_header(identity_.secret, identity_.epoch, place.segment_id, space, place.size_bytes);
  const WriteRange range{place.offset, bytes_of(header)};
  Result<void> added = commit_step(storage_, {&range, 1}, Mutant::segment_header_not_synced);  // (1)
  if (added)
    added = catalog_.commit({{.type = CatalogEntryType::add_segment,  // (2)
                              .content = SegmentContent::records,
                              .segment_id = place.segment_id,
                              .space_id = space,
                              .offset = place.offset,
                              .size_bytes = place.size_bytes}});
  if (added || added.error().code == ErrorCode::io) released.keep();  // io: the medium may know of it
  if (!added) return Unexpected(added.error());
  if (on_added_) on_added_(extents_.available_bytes());
  return place;
}

// What is kept aside comes in runs of one size.
Result<SegmentPlace> Segments::prepare_records(SpaceId space, std::uint64_t size_bytes) {
  std::uint64_t size = round_up(size_bytes, kBlockSizeBytes);
  auto extent = allocate_or_reclaim(size, [&] { return extents_.allocate(size, Room::cleaning); });
  if (!extent && extent.error().code == ErrorCode::no_space && size < segment_size_bytes_) {
    size = segment_size_bytes_;
    extent = extents_.allocate(size, Room::cleaning);
  }
  if (!extent) return Unexpected(extent.error());
  Rollback released([&] { extents_.release(*extent); });
  if (storage_.capabilities().granularity != Granularity::page) storage_.advise({extent->offset, size}, Access::will_need);
  const SegmentPlace place{catalog_.reserve_segment_id(), space, extent->offset, size};
  const SegmentHeaderDisk header =
      make_segment_header(identity_.secret, identity_.epoch, place.segment_id, space, place.size_bytes);
  if (auto written = storage_.write(place.offset, bytes_of(header)); !written) return Unexpected(written.error());
  released.keep();
  return place;
}

Result<std::vector<ByteRange>> Segments::allocate_parts(std::uint64_t size_bytes) {
  return allocate_or_reclaim(size_bytes, [&] { return extents_.allocate_parts(size_bytes); });
}

Result<std::vector<ValuePartDisk>> Segments::add_value(SpaceId space, std::string_view value) {
  auto extents = allocate_parts(value.size());
  if (!extents) return Unexpected(extents.error());
  Rollback released([&] { extents_.release(*extents); });
  std::vector<ValuePartDisk> parts;
  std::vector<CatalogEntry> entries;
  std::vector<WriteRange> ranges;
  auto left = std::as_bytes(std::span(value));
  for (const ByteRange& extent : *extents) {
    const auto bytes = left.first(std::min<std::uint64_t>(left.size(), extent.size_bytes));
    left = left.subspan(bytes.size());
    const SegmentId id = catalog_.reserve_segment_id();
    parts.push_back(make_value_part(identity_.secret, id, bytes));
    ranges.push_back({extent.offset, bytes});
    entries.push_back({.type = CatalogEntryType::add_segment,
                       .content = SegmentContent::value,
                       .segment_id = id,
                       .space_id = space,
                       .offset = extent.offset,
                       .size_bytes = extent.size_bytes});
  }
  const bool too_late = mutated(Mutant::extents_after_catalog);
  Result<void> added = too_late ? Result<void>{} : storage_.commit(ranges);  // (1)
  if (added) added = catalog_.commit(entries);                              // (2)
  if (added && too_late)
    for (const WriteRange& range : ranges)
      if (added) added = storage_.write(range.offset, range.bytes);
  if (added || added.error().code == ErrorCode::io) released.keep();  // io: the medium may know of them
  if (!added) return Unexpected(added.error());
  return parts;
}

void Segments::retire(const std::vector<SegmentId>& segments, bool after_sync) {
  if (mutated(Mutant::retired_before_sync)) after_sync = false;
  const std::lock_guard lock(retired_mutex_);
  for (const SegmentId segment : segments) retired_.push_back({segment, after_sync ? syncs_begun_ : 0});
}

std::uint64_t Segments::sync_begins() {
  const std::lock_guard lock(retired_mutex_);
  return syncs_begun_++;
}

void Segments::sync_ended(std::uint64_t ticket) {
  const std::lock_guard lock(retired_mutex_);
  syncs_ended_ = std::max(syncs_ended_, ticket);
}

Result<void> Segments::reclaim() {
  const std::lock_guard reclaiming(reclaiming_);
  std::vector<Retired> taken;
  {
    const std::lock_guard lock(retired_mutex_);
    const auto kept = std::partition(retired_.begin(), retired_.end(),
                                     [this](const Retired& retired) { return retired.sync_ticket > syncs_ended_; });
    taken.assign(kept, retired_.end());
    retired_.erase(kept, retired_.end());
  }
  // Lists of parts come from the medium: one may name what is no value's extent, or what another one has named.
  const auto extents = catalog_.with_state([&](const CatalogState& state) {
    std::map<SegmentId, ByteRange> found;
    for (const Retired& retired : taken)
      if (const auto segment = state.segments().find(retired.segment);
          segment != state.segments().end() && segment->second.content == SegmentContent::value)
        found.emplace(retired.segment, segment->second.extent);
    return found;
  });
  if (!extents.empty()) {
    std::vector<CatalogEntry> entries;
    for (const auto& [segment, extent] : extents)
      entries.push_back({.type = CatalogEntryType::free_segment, .segment_id = segment});
    if (mutated(Mutant::extents_freed_unrecorded)) entries.clear();
    if (auto freed = entries.empty() ? success() : catalog_.commit(entries); !freed) {
      const std::lock_guard lock(retired_mutex_);  // they stay retired, for another time
      retired_.insert(retired_.end(), taken.begin(), taken.end());
      return freed;
    }
    for (const auto& [segment, extent] : extents) limbo_.push_back({segment, extent, guards_.phase(), {}, {}});
  }
  move_unseen_to_limbo();
  guards_.advance();
  // In this order: behind the last reader's guard no pin is added any more.
  const auto visible = std::partition(limbo_.begin(), limbo_.end(), [this](const Limbo& limbo) {
    return !guards_.out_of_sight(limbo.phase) || pins_.is_pinned(limbo.segment);
  });
  for (auto freed = visible; freed != limbo_.end(); ++freed) {
    slices_.remove(freed->slices);
    extents_.release(freed->extent);
  }
  limbo_.erase(visible, limbo_.end());
  return {};
}

// A walk that meets a slice under a guard pins its segment: so the slices go from the space's list first, and the segment
// waits for guards and pins behind that.
void Segments::move_unseen_to_limbo() {
  const auto is_seen = [](const LetGo& segment) {
    const auto owner = segment.owner.lock();
    const auto oldest = owner ? owner->oldest_snapshot() : std::nullopt;
    return oldest && *oldest <= segment.moved_at;
  };
  const auto unseen = std::partition(let_go_.begin(), let_go_.end(), is_seen);
  limbo_.reserve(limbo_.size() + static_cast<std::size_t>(let_go_.end() - unseen));
  for (auto segment = unseen; segment != let_go_.end(); ++segment) {
    const SegmentPlace& place = segment->place;
    auto slices = segment->space->segments().remove(place.segment_id);
    limbo_.push_back({place.segment_id, {place.offset, place.size_bytes}, guards_.phase(), std::move(slices),
                      std::move(segment->keeps)});
  }
  let_go_.erase(unseen, let_go_.end());
}

void Segments::let_go(std::vector<LetGo> segments) {
  const std::lock_guard lock(reclaiming_);
  let_go_.insert(let_go_.end(), std::make_move_iterator(segments.begin()), std::make_move_iterator(segments.end()));
}

std::uint64_t Segments::waiting_bytes() const {
  const std::lock_guard lock(reclaiming_);
  std::uint64_t bytes = 0;
  for (const LetGo& segment : let_go_) bytes += segment.place.size_bytes;
  for (const Limbo& limbo : limbo_) bytes += limbo.extent.size_bytes;
  return bytes;
}

}  // namespace holdfast
