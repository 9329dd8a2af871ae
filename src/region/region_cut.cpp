// What makes a region shorter, or ends it.

#include <utility>

#include "common/base/out_of_memory.hpp"
#include "region/limits.hpp"
#include "region/region_space.hpp"

namespace holdfast::region {

Result<void> RegionSpace::truncate(std::uint64_t size_bytes, std::uint64_t size_bytes_max) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  for (;;) {
    if (growth_.size_bytes() < size_bytes) {
      const auto grown = write_growing(**raw, size_bytes, {}, Durability::immediate, size_bytes_max);
      if (!grown) return Unexpected(grown.error());
      if (*grown) return success();
    }
    const auto cut = cut_to(**raw, size_bytes, round_up(size_bytes, kGrowthBytesMin));
    if (!cut) return Unexpected(cut.error());
    if (*cut) return success();
  }
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

// Crash order, as in docs/durability.md "regions": what stays is durable; then the catalog says the size and frees the
// extents, in one record; then nobody new can find them, and who had found them lets go.
Result<bool> RegionSpace::cut_to(RawBytes& raw, std::uint64_t size_bytes, std::uint64_t capacity) {
  const std::lock_guard sizing(sizing_);
  bool is_longer = false;
  auto done = growth_.alone([&](std::uint64_t size) -> Result<std::uint64_t> {
    if (auto present = check_present(); !present) return Unexpected(present.error());
    is_longer = size >= size_bytes;
    if (!is_longer) return size;
    if (dirty_.exchange(false)) {
      if (auto drained = without_bad_alloc([&] { return raw.drain(); }); !drained) {
        mark_dirty();
        return Unexpected(drained.error());
      }
    }
    ExtentSwap swap(raw, *table(), {}, capacity);  // behind the record nothing may fail
    if (auto changed = take_swap(raw, swap, size_bytes); !changed) return Unexpected(changed.error());
    return size_bytes;
  });
  if (!done) return Unexpected(done.error());
  return is_longer;
}

Result<void> RegionSpace::remove_from(Engine& engine) {
  const std::lock_guard sizing(sizing_);
  return growth_.alone([&](std::uint64_t) -> Result<std::uint64_t> {
    if (auto present = check_present(); !present) return Unexpected(present.error());
    const std::vector<RawExtent> extents = table()->extents();
    auto nothing = std::make_shared<const ExtentTable>();
    if (auto removed = engine.remove_space(space_, extents); !removed) return Unexpected(removed.error());
    removed_.store(true, std::memory_order_release);
    durable_size_bytes_.store(0);
    set_table(std::move(nothing));
    for (const RawExtent& extent : extents) extent.held->free_when_let_go();
    return 0;
  });
}

}  // namespace holdfast::region
