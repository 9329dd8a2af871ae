// Many places in one call.

#include <cstring>
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
  std::vector<WriteRange> ranges;
  std::vector<std::shared_ptr<const ExtentTable>> tables;  // what a truncation meanwhile leaves unnamed is kept
  for (const RegionWrite& write : writes) {
    auto table = table_for(write.offset, write.bytes.size());
    if (!table) return false;
    auto bytes = write.bytes;
    (*table)->for_each_piece(write.offset, bytes.size(), [&](const RawExtent&, ByteRange piece) {
      ranges.push_back({piece.offset, bytes.first(piece.size_bytes)});
      bytes = bytes.subspan(piece.size_bytes);
    });
    if (tables.empty() || tables.back() != *table) tables.push_back(std::move(*table));
  }
  if (auto written = raw.write(ranges, durability); !written) return Unexpected(written.error());
  if (durability != Durability::immediate && raw.shares_syncs()) mark_dirty();
  return true;
}

Result<void> RegionSpace::read_each(std::span<const RegionRead> reads) const {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  std::vector<std::shared_ptr<const ExtentTable>> tables;
  tables.reserve(reads.size());
  for (const RegionRead& read : reads) {
    auto table = table_for(read.offset, read.bytes.size());
    if (!table) return Unexpected(table.error());
    tables.push_back(std::move(*table));
  }
  for (std::size_t i = 0; i < reads.size(); ++i) {
    std::byte* to = reads[i].bytes.data();
    tables[i]->for_each_piece(reads[i].offset, reads[i].bytes.size(), [&](const RawExtent&, ByteRange piece) {
      std::memcpy(to, (*engine)->storage().at(piece.offset), piece.size_bytes);
      to += piece.size_bytes;
    });
  }
  return success();
}

}  // namespace holdfast::region
