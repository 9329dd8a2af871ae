// What is read of a region: copies, views, and the look at checksums before.

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/success.hpp"
#include "region/limits.hpp"
#include "region/readable.hpp"
#include "region/region_space.hpp"
#include "region/view_pin.hpp"

namespace holdfast::region {
namespace {

// What a view of a hole shows; never written to, so no memory is behind it.
alignas(4096) std::byte zeros[kHolePieceBytes];

}  // namespace

// Each extent is looked at once; what is not checked is taken as it is.
Result<void> RegionSpace::look_at(Engine& engine, const ExtentTable& table, std::uint64_t offset,
                                  std::uint64_t size_bytes) const {
  Result<void> looked;
  if (checked_block_bytes_ == 0 && !sealed_.load(std::memory_order_acquire)) return looked;
  table.for_each_piece(offset, size_bytes, [&](const RawExtent& extent, ByteRange) {
    if (looked && extent.held->check() && !extent.held->is_proved()) looked = look_at(engine, extent);
  });
  return looked;
}

// Both copies are looked at: one that rots unseen is of no use when the other does.
Result<void> RegionSpace::look_at(Engine& engine, const RawExtent& extent) const {
  auto proved = engine.prove(*extent.held);
  const bool is_damaged = !proved && proved.error().code == ErrorCode::corruption;
  if (extent.mirror == nullptr || (!proved && !is_damaged)) return proved;
  const auto mirror_proved = engine.prove(*extent.mirror);
  if (is_damaged && !mirror_proved) return proved;
  if (is_damaged) restore(engine, *extent.mirror, *extent.held);
  if (!mirror_proved && mirror_proved.error().code == ErrorCode::corruption)
    restore(engine, *extent.held, *extent.mirror);
  return success();
}

// The other copy's bytes go over damaged ones. Where that cannot be, it goes on being read instead of them.
void RegionSpace::restore(Engine& engine, const HeldExtent& whole, HeldExtent& damaged) const {
  const std::lock_guard lock(restoring_);
  if (damaged.is_proved()) return;
  const auto raw = engine.raw_bytes();
  if (!raw) return;  // read-only
  const ByteRange from = whole.range();
  const WriteRange range{damaged.range().offset, {engine.storage().at(from.offset), from.size_bytes}};
  // The check is of the bytes and of the extent's own id, so what is written is looked at again.
  if ((*raw)->write({&range, 1}, Durability::immediate)) static_cast<void>(engine.prove(damaged));
}

void RegionSpace::copy(const Engine& engine, const ExtentTable& table, std::uint64_t offset,
                       std::span<std::byte> bytes) {
  std::byte* to = bytes.data();
  table.for_each_piece(offset, bytes.size(), [&](const RawExtent& extent, ByteRange piece) {
    if (extent.held->is_hole()) {
      std::memset(to, 0, piece.size_bytes);
    } else {
      std::memcpy(to, engine.storage().at(place_of(extent, piece)), piece.size_bytes);
    }
    to += piece.size_bytes;
  });
}

// A truncation between the looks at size and table makes the table too short: then the size tells.
Result<std::shared_ptr<const ExtentTable>> RegionSpace::table_for(std::uint64_t offset, std::uint64_t size_bytes) const {
  for (;;) {
    const std::uint64_t stored = growth_.size_bytes();
    const std::uint64_t size = compressed_ != nullptr ? compressed_->content_size_bytes() : stored;
    if (offset > size || size_bytes > size - offset) {
      if (auto present = check_present(); !present) return Unexpected(present.error());  // removed: it has no bytes
      Error error{.code = ErrorCode::out_of_bounds, .message = "not all bytes lie inside the region", .offset = offset};
      error.expected = "at most " + std::to_string(size);
      error.found = std::to_string(size_bytes) + " bytes from " + std::to_string(offset);
      return Unexpected(error);
    }
    if (auto present = table(); compressed_ != nullptr || offset + size_bytes <= present->capacity()) return present;
  }
}

// A truncation meanwhile makes the table shorter, and the size as well.
std::shared_ptr<const ExtentTable> RegionSpace::table_holding(std::uint64_t& size_bytes) const {
  for (;;) {
    if (auto present = table(); size_bytes <= present->capacity()) return present;
    size_bytes = growth_.size_bytes();
  }
}

Result<void> RegionSpace::read_from(Engine& engine, const ExtentTable& table, std::uint64_t offset,
                                    std::span<std::byte> bytes) const {
  const auto fetch = [&](std::uint64_t at, std::span<std::byte> to) -> Result<void> {
    if (at > table.capacity() || to.size() > table.capacity() - at)
      return Unexpected(Error{.code = ErrorCode::corruption,
                              .message = "a compressed version ends before its blocks do",
                              .path = std::string(engine.storage().path()),
                              .expected = "at most " + std::to_string(table.capacity()),
                              .found = std::to_string(at)});
    if (auto looked = look_at(engine, table, at, to.size()); !looked) return looked;
    copy(engine, table, at, to);
    return success();
  };
  if (compressed_ != nullptr) return compressed_->read(table.capacity(), fetch, offset, bytes);
  if (auto looked = look_at(engine, table, offset, bytes.size()); !looked) return looked;
  copy(engine, table, offset, bytes);
  return success();
}

Result<void> RegionSpace::read_at(std::uint64_t offset, std::span<std::byte> bytes) const {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto table = table_for(offset, bytes.size());
  if (!table) return Unexpected(table.error());
  if (auto read = read_from(**engine, **table, offset, bytes); !read) return read;
  count_read(bytes.size());
  return success();
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
    if (auto read = read_from(**engine, *tables[i], reads[i].offset, reads[i].bytes); !read) return read;
    count_read(reads[i].bytes.size());
  }
  return success();
}

Result<RegionView> RegionSpace::view(std::uint64_t offset, std::uint64_t size_bytes) const {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto table = table_for(offset, size_bytes);
  if (!table) return Unexpected(table.error());
  std::vector<std::span<const std::byte>> spans;
  auto pin = std::make_unique<ViewPin>(gate_);
  if (compressed_ != nullptr) {
    pin->copy.resize(size_bytes);
    if (auto read = read_from(**engine, **table, offset, pin->copy); !read) return Unexpected(read.error());
    if (size_bytes != 0) spans.emplace_back(pin->copy);
  } else {
    if (auto looked = look_at(**engine, **table, offset, size_bytes); !looked) return Unexpected(looked.error());
    (*table)->for_each_piece(offset, size_bytes, [&](const RawExtent& extent, ByteRange piece) {
      if (extent.held->is_hole()) {
        for (std::uint64_t left = piece.size_bytes; left > 0; left -= spans.back().size())
          spans.emplace_back(zeros, std::min<std::uint64_t>(left, kHolePieceBytes));
        return;
      }
      spans.emplace_back((*engine)->storage().at(place_of(extent, piece)), piece.size_bytes);
      pin->extents.push_back(extent.held);
      if (extent.mirror != nullptr) pin->extents.push_back(extent.mirror);
    });
  }
  count_read(size_bytes);
  return RegionView(std::move(spans), std::move(pin));
}

Result<std::uint64_t> RegionSpace::size() const {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const std::uint64_t stored = growth_.size_bytes();
  if (auto present = check_present(); !present) return Unexpected(present.error());  // behind the size: it may be 0 then
  return compressed_ != nullptr ? compressed_->content_size_bytes() : stored;
}

Result<RegionStatistics> RegionSpace::statistics() const {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  if (counters_ != nullptr) return counters_->statistics();
  return Unexpected(Error{.code = ErrorCode::not_supported,
                          .message = "the store was opened with Options::region_statistics off"});
}

}  // namespace holdfast::region
