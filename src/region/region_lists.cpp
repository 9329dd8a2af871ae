// Many places in one call.

#include <utility>

#include "region/limits.hpp"
#include "region/region_space.hpp"

namespace holdfast::region {

Result<void> RegionSpace::write_each(std::span<const RegionWrite> writes, Durability durability,
                                     std::uint64_t size_bytes_max) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  std::uint64_t end = 0;
  for (const RegionWrite& write : writes) {
    if (auto checked = check_end(write.offset, write.bytes.size(), size_bytes_max); !checked) return checked;
    if (!write.bytes.empty()) end = std::max(end, write.offset + write.bytes.size());
  }
  if (end == 0) return success();
  if (checked_block_bytes_ != 0) return update(writes, size_bytes_max);
  const auto inside = write_all_if_inside(**raw, writes, durability);
  if (!inside) return Unexpected(inside.error());
  if (!*inside) {
    // The region grows: one after the other, and one flush behind them.
    for (const RegionWrite& write : writes) {
      const bool is_flushed_below = durability == Durability::immediate;
      auto written = write_at(write.offset, write.bytes, is_flushed_below ? Durability::buffered : durability, size_bytes_max);
      if (!written) return written;
    }
    if (durability == Durability::immediate) {
      const std::lock_guard sizing(sizing_);
      if (auto flushed = flush_locked(**raw); !flushed) return Unexpected(flushed.error());
    }
    return success();
  }
  return durability == Durability::immediate ? flush_up_to(**raw, end) : success();
}

Result<bool> RegionSpace::write_all_if_inside(RawBytes& raw, std::span<const RegionWrite> writes,
                                              Durability durability) {
  const InPlaceWrites::Pass pass(in_place_);
  if (auto changeable = check_changeable(); !changeable) return Unexpected(changeable.error());
  std::vector<WriteRange> ranges;
  std::vector<std::shared_ptr<HeldExtent>> touched;
  for (const RegionWrite& write : writes) {
    const auto table = table_for(write.offset, write.bytes.size());
    if (!table || (*table)->has_hole_in(write.offset, write.bytes.size())) return false;
    auto bytes = write.bytes;
    (*table)->for_each_piece(write.offset, bytes.size(), [&](const RawExtent& extent, ByteRange piece) {
      ranges.push_back({piece.offset, bytes.first(piece.size_bytes)});
      bytes = bytes.subspan(piece.size_bytes);
      if (touched.empty() || touched.back() != extent.held) touched.push_back(extent.held);
    });
  }
  if (auto written = raw.write(ranges, durability); !written) return Unexpected(written.error());
  if (durability != Durability::immediate && raw.shares_syncs())
    for (const auto& extent : touched) mark_dirty(*extent);
  for (const RegionWrite& write : writes) count_write(write.bytes.size());
  return true;
}

}  // namespace holdfast::region
