#include "region/region_space.hpp"

#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include "region/region_directory.hpp"
#include "region/view_pin.hpp"

namespace holdfast::region {

RegionSpace::RegionSpace(std::shared_ptr<EngineGate> gate, RegionDirectory& directory, Space& space, RegionId id,
                         std::string name, ExtentTable table, std::uint64_t size_bytes, bool may_be_dirty)
    : gate_(std::move(gate)),
      directory_(directory),
      space_(space),
      id_(id),
      durable_size_bytes_(size_bytes),
      dirty_(may_be_dirty),
      growth_(size_bytes),
      table_(std::make_shared<const ExtentTable>(std::move(table))),
      name_(std::move(name)) {}

std::string RegionSpace::name() const {
  const tbb::spin_mutex::scoped_lock lock(table_mutex_);
  return name_;
}

std::shared_ptr<const ExtentTable> RegionSpace::table() const {
  const tbb::spin_mutex::scoped_lock lock(table_mutex_);
  return table_;
}

void RegionSpace::set_table(std::shared_ptr<const ExtentTable> table) noexcept {
  const tbb::spin_mutex::scoped_lock lock(table_mutex_);
  table_.swap(table);
}

Result<void> RegionSpace::check_present() const {
  if (!removed_.load(std::memory_order_acquire)) return success();
  return Unexpected(Error{.code = ErrorCode::not_found, .message = "the region was removed"});
}

Result<EngineGate::Pass> RegionSpace::enter() const {
  auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (auto present = check_present(); !present) return Unexpected(present.error());
  return engine;
}

// A truncation between the looks at size and table makes the table too short: then the size tells.
Result<std::shared_ptr<const ExtentTable>> RegionSpace::table_for(std::uint64_t offset, std::uint64_t size_bytes) const {
  for (;;) {
    const std::uint64_t size = growth_.size_bytes();
    if (offset > size || size_bytes > size - offset) {
      Error error{.code = ErrorCode::out_of_bounds, .message = "not all bytes lie inside the region", .offset = offset};
      error.expected = "at most " + std::to_string(size);
      error.found = std::to_string(size_bytes) + " bytes from " + std::to_string(offset);
      return Unexpected(error);
    }
    if (auto present = table(); offset + size_bytes <= present->capacity()) return present;
  }
}

Result<void> RegionSpace::read_at(std::uint64_t offset, std::span<std::byte> bytes) const {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto table = table_for(offset, bytes.size());
  if (!table) return Unexpected(table.error());
  std::byte* to = bytes.data();
  (*table)->for_each_piece(offset, bytes.size(), [&](const RawExtent&, ByteRange piece) {
    std::memcpy(to, (*engine)->storage().at(piece.offset), piece.size_bytes);
    to += piece.size_bytes;
  });
  return success();
}

Result<RegionView> RegionSpace::view(std::uint64_t offset, std::uint64_t size_bytes) const {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto table = table_for(offset, size_bytes);
  if (!table) return Unexpected(table.error());
  std::vector<std::span<const std::byte>> spans;
  auto pin = std::make_unique<ViewPin>(gate_);
  (*table)->for_each_piece(offset, size_bytes, [&](const RawExtent& extent, ByteRange piece) {
    spans.emplace_back((*engine)->storage().at(piece.offset), piece.size_bytes);
    pin->extents.push_back(extent.held);
  });
  return RegionView(std::move(spans), std::move(pin));
}

Result<std::uint64_t> RegionSpace::size() const {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  return growth_.size_bytes();
}

Result<void> RegionSpace::write_inside(RawBytes& raw, const ExtentTable& table, std::uint64_t offset,
                                       std::span<const std::byte> bytes, Durability durability) {
  std::array<WriteRange, 16> ranges;  // no memory of its own: a claim that could not be filled ends the region's growth
  std::size_t count = 0;
  Result<void> written;
  const auto write_listed = [&] {
    if (written) written = raw.write(std::span(ranges).first(std::exchange(count, 0)), durability);
  };
  table.for_each_piece(offset, bytes.size(), [&](const RawExtent&, ByteRange piece) {
    if (count == ranges.size()) write_listed();
    ranges[count++] = {piece.offset, bytes.first(piece.size_bytes)};
    bytes = bytes.subspan(piece.size_bytes);
  });
  write_listed();
  if (!written) return written;
  if (durability != Durability::immediate && raw.shares_syncs()) mark_dirty();  // behind the write: no flush in between forgets it
  return success();
}

Result<void> RegionSpace::write_zeros(RawBytes& raw, const ExtentTable& table, std::uint64_t begin, std::uint64_t end) {
  static constexpr std::array<std::byte, std::size_t{64} << 10> kZeros{};
  while (begin < end) {
    const std::uint64_t size = std::min<std::uint64_t>(kZeros.size(), end - begin);
    auto written = write_inside(raw, table, begin, std::span(kZeros).first(size), Durability::buffered);
    if (!written) return written;
    begin += size;
  }
  return success();
}

Result<bool> RegionSpace::write_if_inside(RawBytes& raw, std::uint64_t offset, std::span<const std::byte> bytes,
                                         Durability durability) {
  const InPlaceWrites::Pass pass(in_place_);
  const auto table = table_for(offset, bytes.size());
  if (!table) return false;
  if (auto written = write_inside(raw, **table, offset, bytes, durability); !written) return Unexpected(written.error());
  return true;
}

Result<void> RegionSpace::write_at(std::uint64_t offset, std::span<const std::byte> bytes, Durability durability,
                                   std::uint64_t size_bytes_max) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  if (bytes.empty()) return success();
  for (;;) {
    const auto inside = write_if_inside(**raw, offset, bytes, durability);
    if (!inside) return Unexpected(inside.error());
    if (*inside) return durability == Durability::immediate ? flush_up_to(**raw, offset + bytes.size()) : success();
    const auto placed = write_growing(**raw, offset, bytes, durability, size_bytes_max);
    if (!placed) return Unexpected(placed.error());
    if (*placed) return success();
  }
}

Result<std::uint64_t> RegionSpace::append(std::span<const std::byte> bytes, Durability durability,
                                          std::uint64_t size_bytes_max) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  if (bytes.empty()) return growth_.size_bytes();
  const auto placed = write_growing(**raw, std::nullopt, bytes, durability, size_bytes_max);
  if (!placed) return Unexpected(placed.error());
  return placed->value();
}

Result<void> RegionSpace::rename(std::string_view name) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  return directory_.rename(**engine, *this, name);
}

Result<void> RegionSpace::remove() {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  return directory_.remove(**engine, *this);
}

}  // namespace holdfast::region
