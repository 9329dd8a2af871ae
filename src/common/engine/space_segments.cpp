#include "common/engine/space_segments.hpp"

#include <algorithm>
#include <utility>

namespace holdfast {

void SpaceSegments::add(const SegmentPlace& place) {
  const std::lock_guard lock(mutex_);
  segments_.try_emplace(place.segment_id, Segment{.place = place});
}

void SpaceSegments::add_slice(SliceRef slice) {
  const std::lock_guard lock(mutex_);
  segments_.at(slice.segment).slices.push_back({next_number_, slice.table_index});
  ++next_number_;
}

void SpaceSegments::set_damaged(SegmentId segment) {
  const std::lock_guard lock(mutex_);
  if (const auto found = segments_.find(segment); found != segments_.end()) found->second.is_damaged = true;
}

void SpaceSegments::add_unseen(const SegmentPlace& place, const std::vector<std::uint32_t>& slices) {
  const std::lock_guard lock(mutex_);
  Segment segment{.place = place, .is_unseen = true};
  for (const std::uint32_t slice : slices) segment.slices.push_back({next_number_++, slice});
  segments_.try_emplace(place.segment_id, std::move(segment));
}

void SpaceSegments::show(SegmentId segment) noexcept {
  const std::lock_guard lock(mutex_);
  if (const auto found = segments_.find(segment); found != segments_.end()) found->second.is_unseen = false;
}

void SpaceSegments::forget_unseen(SegmentId segment) noexcept {
  const std::lock_guard lock(mutex_);
  segments_.erase(segment);
}

void SpaceSegments::begin_use(SegmentId segment) {
  const std::lock_guard lock(mutex_);
  ++segments_.at(segment).users;
}

void SpaceSegments::end_use(SegmentId segment) noexcept {
  const std::lock_guard lock(mutex_);
  if (const auto found = segments_.find(segment); found != segments_.end()) --found->second.users;
}

std::vector<SliceRef> SpaceSegments::slices() const {
  std::vector<std::pair<std::uint64_t, SliceRef>> numbered;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, segment] : segments_) {
      if (segment.is_unseen) continue;
      for (const Slice& slice : segment.slices) numbered.push_back({slice.number, {id, slice.table_index}});
    }
  }
  std::sort(numbered.begin(), numbered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<SliceRef> slices;
  slices.reserve(numbered.size());
  for (const auto& [number, slice] : numbered) slices.push_back(slice);
  return slices;
}

std::vector<SliceRef> SpaceSegments::slices_of(SegmentId segment) const {
  const std::lock_guard lock(mutex_);
  std::vector<SliceRef> slices;
  if (const auto found = segments_.find(segment); found != segments_.end())
    for (const Slice& slice : found->second.slices) slices.push_back({segment, slice.table_index});
  return slices;
}

bool SpaceSegments::has(SliceRef slice) const {
  const std::lock_guard lock(mutex_);
  const auto found = segments_.find(slice.segment);
  if (found == segments_.end()) return false;
  const auto& slices = found->second.slices;
  return std::any_of(slices.begin(), slices.end(),
                     [&](const Slice& one) { return one.table_index == slice.table_index; });
}

// Requires: mutex_.
SegmentUse SpaceSegments::use_of(const Segment& segment) const {
  SegmentUse use{.place = segment.place,
                 .is_cleanable = segment.users == 0 && !segment.is_damaged && !segment.is_being_cleaned};
  use.is_damaged = segment.is_damaged;
  use.is_in_use = segment.users != 0;
  std::int64_t live_bytes = 0;
  use.is_of_copies = !segment.slices.empty();
  for (const Slice& slice : segment.slices) {
    const SliceUsage& usage = table_.usage(slice.table_index);
    live_bytes += usage.live_bytes.load(std::memory_order_relaxed);
    use.tombstone_bytes += usage.tombstone_bytes.load(std::memory_order_relaxed);
    use.written_bytes += usage.written_bytes.load(std::memory_order_relaxed);
    use.is_of_copies = use.is_of_copies && usage.is_of_copies.load(std::memory_order_relaxed);
    use.floor = std::min(use.floor, usage.floor.load(std::memory_order_relaxed));
    use.entries += usage.entries.load(std::memory_order_relaxed);
    use.id_min = std::min(use.id_min, usage.id_min.load(std::memory_order_relaxed));
    use.id_max = std::max(use.id_max, usage.id_max.load(std::memory_order_relaxed));
    use.time_min_us = std::min(use.time_min_us, usage.time_min_us.load(std::memory_order_relaxed));
    use.time_max_us = std::max(use.time_max_us, usage.time_max_us.load(std::memory_order_relaxed));
  }
  use.live_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(live_bytes, 0));
  return use;
}

std::vector<SegmentUse> SpaceSegments::uses() const {
  const std::lock_guard lock(mutex_);
  std::vector<SegmentUse> uses;
  uses.reserve(segments_.size());
  for (const auto& [id, segment] : segments_)
    if (!segment.is_freed && !segment.is_unseen) uses.push_back(use_of(segment));
  return uses;
}

std::optional<SegmentUse> SpaceSegments::use_of(SegmentId segment) const {
  const std::lock_guard lock(mutex_);
  const auto found = segments_.find(segment);
  if (found == segments_.end() || found->second.is_freed || found->second.is_unseen) return std::nullopt;
  return use_of(found->second);
}

bool SpaceSegments::begin_dropping(SegmentId segment) {
  const std::lock_guard lock(mutex_);
  const auto found = segments_.find(segment);
  if (found == segments_.end() || found->second.users != 0 || found->second.is_being_cleaned) return false;
  found->second.is_being_cleaned = true;
  return true;
}

bool SpaceSegments::begin_cleaning(SegmentId segment) {
  const std::lock_guard lock(mutex_);
  const auto found = segments_.find(segment);
  if (found == segments_.end() || found->second.users != 0 || found->second.is_damaged ||
      found->second.is_being_cleaned)
    return false;
  found->second.is_being_cleaned = true;
  return true;
}

bool SpaceSegments::has_behind(SegmentId segment) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(segments_.begin(), segments_.end(), [segment](const auto& one) { return one.first > segment; });
}

void SpaceSegments::give_up_cleaning(SegmentId segment) noexcept {
  const std::lock_guard lock(mutex_);
  if (const auto found = segments_.find(segment); found != segments_.end()) found->second.is_being_cleaned = false;
}

void SpaceSegments::set_freed(SegmentId segment) noexcept {
  const std::lock_guard lock(mutex_);
  if (const auto found = segments_.find(segment); found != segments_.end()) found->second.is_freed = true;
}

std::vector<std::uint32_t> SpaceSegments::remove(SegmentId segment) {
  const std::lock_guard lock(mutex_);
  const auto found = segments_.find(segment);
  std::vector<std::uint32_t> slices;
  if (found == segments_.end()) return slices;
  for (const Slice& slice : found->second.slices) slices.push_back(slice.table_index);
  segments_.erase(found);
  return slices;
}

}  // namespace holdfast
