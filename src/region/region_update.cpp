// What is all or nothing: new extents take the place of old ones (RegionChange).

#include <algorithm>
#include <utility>

#include "region/limits.hpp"
#include "region/region_change.hpp"
#include "region/region_space.hpp"

namespace holdfast::region {

Result<void> RegionSpace::update(std::span<const RegionWrite> writes, std::uint64_t size_bytes_max) {
  std::vector<Step> steps;
  steps.reserve(writes.size());
  for (const RegionWrite& write : writes)
    steps.push_back({.offset = write.offset, .bytes = write.bytes, .size_bytes_max = size_bytes_max});
  return change(steps);
}

Result<void> RegionSpace::truncate_write(std::uint64_t offset, std::span<const std::byte> bytes,
                                         std::uint64_t size_bytes_max) {
  if (bytes.empty()) return truncate(offset, size_bytes_max);
  const Step step{.offset = offset, .bytes = bytes, .size_bytes_max = size_bytes_max, .is_end = true};
  return change({&step, 1});
}

Result<void> RegionSpace::change(std::span<const Step> steps) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  auto change = plan(**raw, steps);
  if (!change) return Unexpected(change.error());
  if (*change == nullptr) return success();
  if (auto changed = RegionChange::make_true(**raw, std::move(*change)); !changed) return changed;
  for (const Step& step : steps) count_write(step.bytes.size());
  return success();
}

Result<std::unique_ptr<RegionChange>> RegionSpace::plan(RawBytes& raw, std::span<const Step> steps) {
  for (const Step& step : steps)
    if (auto checked = check_end(step.offset, step.bytes.size(), step.size_bytes_max); !checked)
      return Unexpected(checked.error());
  const auto does_nothing = [](const Step& step) { return step.bytes.empty() && !step.is_end; };
  if (auto changeable = check_changeable(); !changeable) return Unexpected(changeable.error());
  if (std::all_of(steps.begin(), steps.end(), does_nothing)) return nullptr;
  auto change = RegionChange::begin(*this, RegionChange::Views::refused);
  if (!change) return change;
  RegionChange::Plan plan{.size_bytes = (*change)->size_bytes()};
  std::uint64_t kept = plan.size_bytes;  // what was there before, up to here
  bool is_cut = false;
  for (const Step& step : steps) {
    if (does_nothing(step)) continue;
    const std::uint64_t end = step.offset + step.bytes.size();
    if (step.is_end) {
      plan.patch.cut(step.offset);
      kept = std::min(kept, step.offset);
      is_cut = true;
    }
    plan.patch.add(step.offset, step.bytes);
    plan.size_bytes = step.is_end ? end : std::max(plan.size_bytes, end);
  }
  plan.patch.fill_gaps_from(kept);
  const std::uint64_t covered = std::max(kept, plan.patch.end());
  if (covered < plan.size_bytes) plan.patch.add_zeros(covered, plan.size_bytes - covered);
  if (is_cut)
    plan.capacity = capacity_without_holes(plan.size_bytes, capacity_for(plan.size_bytes));
  else
    plan.also = holes_around(plan.patch);
  auto prepared = (*change)->prepare(raw, plan);
  if (!prepared && prepared.error().code == ErrorCode::no_space && !plan.also.empty()) {
    plan.also.clear();  // there is no room for more than is written
    prepared = (*change)->prepare(raw, plan);
  }
  if (!prepared) return Unexpected(prepared.error());
  return change;
}

// Who writes to a hole will go on doing so: a window around the write is filled with it, for one record.
Runs RegionSpace::holes_around(const Patch& patch) const {
  Runs windows;
  const auto present = table();
  if (present->hole_bytes() == 0) return windows;
  for (const auto& [offset, piece] : patch.pieces()) {
    const std::uint64_t begin = round_down(offset, kHoleFillBytes);
    const std::uint64_t end = round_up(offset + piece.size_bytes, kHoleFillBytes);
    for (const RawExtent& extent : present->extents()) {
      if (!extent.held->is_hole() || extent.start >= offset + piece.size_bytes || extent.end() <= offset) continue;
      windows.push_back({std::max(begin, extent.start), std::min(end, extent.end())});
    }
  }
  return windows;
}

}  // namespace holdfast::region
