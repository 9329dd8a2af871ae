// Zeros that take no room.

#include <utility>

#include "region/limits.hpp"
#include "region/region_change.hpp"
#include "region/region_space.hpp"

namespace holdfast::region {

// The last block stays on the medium, where growth goes on in it.
Result<void> RegionSpace::punch(std::uint64_t offset, std::uint64_t size_bytes) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  auto change = RegionChange::begin(*this, RegionChange::Views::refused);
  if (!change) return Unexpected(change.error());
  if (const auto inside = table_for(offset, size_bytes); !inside) return Unexpected(inside.error());
  if (size_bytes == 0) return success();
  const std::uint64_t unit = std::max<std::uint64_t>(checked_block_bytes_, kBlockSizeBytes);
  // Where an edge lies in a hole its block stays in it.
  const ExtentTable& before = (*change)->before();
  std::uint64_t begin = offset;
  std::uint64_t end = offset + size_bytes;
  if (before.has_hole_in(begin, 1)) begin = round_down(begin, unit);
  if (before.has_hole_in(end - 1, 1)) end = round_up(end, unit);
  if (before.is_hole(begin, end - begin)) return success();
  RegionChange::Plan plan{.size_bytes = (*change)->size_bytes()};
  plan.patch.add_zeros(begin, end - begin);
  const Run hole{round_up(begin, unit), round_down(end, unit), true};
  if (hole.begin < hole.end) plan.also.push_back(hole);
  if (auto prepared = (*change)->prepare(**raw, plan); !prepared) return prepared;
  return RegionChange::make_true(**raw, std::move(*change));
}

}  // namespace holdfast::region
