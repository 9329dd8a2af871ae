// What makes a region shorter, or ends it.

#include <utility>

#include "region/limits.hpp"
#include "region/region_change.hpp"
#include "region/region_space.hpp"

namespace holdfast::region {

// What is kept of room behind a cut: a checked region has none.
std::uint64_t RegionSpace::capacity_for(std::uint64_t size_bytes) const noexcept {
  return round_up(size_bytes, checked_block_bytes_ != 0 ? kBlockSizeBytes : kGrowthBytesMin);
}

Result<void> RegionSpace::truncate(std::uint64_t size_bytes, std::uint64_t size_bytes_max) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  for (;;) {
    if (growth_.size_bytes() < size_bytes) {
      const auto grown = checked_block_bytes_ != 0
                             ? grow_with_holes(**raw, size_bytes, size_bytes_max)
                             : write_growing(**raw, size_bytes, {}, Durability::immediate, size_bytes_max)
                                   .map([](const Grown& done) { return done.placed == Placed::outside; });
      if (!grown) return Unexpected(grown.error());
      if (*grown) return success();
    }
    const auto cut = cut_to(**raw, size_bytes, capacity_for(size_bytes));
    if (!cut) return Unexpected(cut.error());
    if (*cut) return success();
  }
}

// A checked region that becomes longer by nothing but zeros has no room for them: its whole blocks are holes.
Result<bool> RegionSpace::grow_with_holes(RawBytes& raw, std::uint64_t size_bytes, std::uint64_t size_bytes_max) {
  if (auto checked = check_end(0, size_bytes, size_bytes_max); !checked) return Unexpected(checked.error());
  auto change = RegionChange::begin(*this, RegionChange::Views::refused);
  if (!change) return Unexpected(change.error());
  const std::uint64_t before = (*change)->size_bytes();
  if (before >= size_bytes) return false;
  RegionChange::Plan plan{.size_bytes = size_bytes};
  plan.patch.add_zeros(before, size_bytes - before);
  const Run hole{round_up(before, checked_block_bytes_), round_down(size_bytes, checked_block_bytes_), true};
  if (hole.begin < hole.end) plan.also.push_back(hole);
  if (auto prepared = (*change)->prepare(raw, plan); !prepared) return Unexpected(prepared.error());
  if (auto changed = RegionChange::make_true(raw, std::move(*change)); !changed) return Unexpected(changed.error());
  return true;
}

Result<void> RegionSpace::shrink() {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  for (;;) {
    const std::uint64_t size_bytes = growth_.size_bytes();
    const auto cut = cut_to(**raw, size_bytes, round_up(size_bytes, kBlockSizeBytes));
    if (!cut) return Unexpected(cut.error());
    if (*cut) return success();
  }
}

// The last unit is written anew where it is in a hole, which growth could not write to, or has a check.
Result<bool> RegionSpace::cut_to(RawBytes& raw, std::uint64_t size_bytes, std::uint64_t capacity) {
  auto change = RegionChange::begin(*this, RegionChange::Views::go_on);
  if (!change) return Unexpected(change.error());
  const std::uint64_t before = (*change)->size_bytes();
  if (before < size_bytes) return false;
  RegionChange::Plan plan{.size_bytes = size_bytes, .capacity = capacity, .is_flushed = true};
  const std::uint64_t unit = std::max<std::uint64_t>(checked_block_bytes_, kBlockSizeBytes);
  const std::uint64_t last = round_down(size_bytes, unit);
  const bool ends_in_hole = last < size_bytes && table()->has_hole_in(last, size_bytes - last);
  if (last < size_bytes && size_bytes < before && (checked_block_bytes_ != 0 || ends_in_hole))
    plan.also.push_back({last, round_up(size_bytes, kBlockSizeBytes)});
  plan.capacity = capacity_without_holes(size_bytes, capacity);
  // What goes on being stored to through views shall not be shown when the region grows again.
  if (in_place_.has_views()) plan.capacity = std::min(plan.capacity, round_up(size_bytes, kBlockSizeBytes));
  if (auto prepared = (*change)->prepare(raw, plan); !prepared) return Unexpected(prepared.error());
  if (auto changed = RegionChange::make_true(raw, std::move(*change)); !changed) return Unexpected(changed.error());
  return true;
}

// Growth goes on in room that is kept behind the end: no hole may be there.
std::uint64_t RegionSpace::capacity_without_holes(std::uint64_t size_bytes, std::uint64_t capacity) const {
  const auto present = table();
  if (present->hole_bytes() == 0) return capacity;
  const std::uint64_t end = round_up(size_bytes, kBlockSizeBytes);
  for (const RawExtent& extent : present->extents())
    if (extent.held->is_hole() && extent.end() > end && extent.start < capacity)
      return std::min(capacity, std::max(end, extent.start));
  return capacity;
}

}  // namespace holdfast::region
