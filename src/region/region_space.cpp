#include "region/region_space.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/check.hpp"
#include "region/region_change.hpp"
#include "region/region_directory.hpp"

namespace holdfast::region {

RegionSpace::RegionSpace(std::shared_ptr<EngineGate> gate, RegionDirectory& directory, Origin origin)
    : gate_(std::move(gate)),
      directory_(directory),
      space_(origin.space),
      id_(origin.id),
      checked_block_bytes_(origin.kept.form.checked_block_bytes),
      is_mirrored_(origin.kept.form.is_mirrored),
      version_of_(origin.kept.version_of),
      version_number_(origin.kept.version_number),
      compressed_(origin.kept.is_compressed ? std::make_unique<CompressedBytes>(origin.kept.content_size_bytes)
                                            : nullptr),
      counters_(origin.counts ? std::make_unique<AccessCounters>() : nullptr),
      durable_size_bytes_(origin.size_bytes),
      dirty_(origin.may_be_dirty),
      sealed_(origin.kept.is_sealed),
      growth_(origin.size_bytes),
      table_(std::make_shared<const ExtentTable>(std::move(origin.table))),
      kept_(std::make_shared<const KeptMetadata>(std::move(origin.kept))),
      name_(std::move(origin.name)) {
  if (!origin.may_be_dirty) return;
  for (const RawExtent& extent : table_->extents())
    if (!extent.held->is_hole()) extent.held->mark_dirty();
}

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

std::shared_ptr<const KeptMetadata> RegionSpace::kept() const {
  const tbb::spin_mutex::scoped_lock lock(table_mutex_);
  return kept_;
}

void RegionSpace::set_kept(std::shared_ptr<const KeptMetadata> kept) noexcept {
  const tbb::spin_mutex::scoped_lock lock(table_mutex_);
  kept_.swap(kept);
}

Result<void> RegionSpace::check_present() const {
  if (!removed_.load(std::memory_order_acquire)) return success();
  return Unexpected(Error{.code = ErrorCode::not_found, .message = "the region was removed"});
}

Result<void> RegionSpace::check_changeable() const {
  if (auto present = check_present(); !present) return present;
  if (!sealed_.load(std::memory_order_acquire)) return success();
  return Unexpected(Error{.code = ErrorCode::read_only, .message = "the region is sealed"});
}

Result<EngineGate::Pass> RegionSpace::enter() const {
  auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (auto present = check_present(); !present) return Unexpected(present.error());
  return engine;
}

Result<void> RegionSpace::write_inside(RawBytes& raw, const ExtentTable& table, std::uint64_t offset,
                                       std::span<const std::byte> bytes, Durability durability) {
  std::array<WriteRange, 16> ranges;  // no memory of its own: a claim that could not be filled ends the region's growth
  std::size_t count = 0;
  Result<void> written;
  const auto write_listed = [&] {
    if (written) written = raw.write(std::span(ranges).first(std::exchange(count, 0)), durability);
  };
  const std::uint64_t size_bytes = bytes.size();
  table.for_each_piece(offset, size_bytes, [&](const RawExtent& extent, ByteRange piece) {
    HOLDFAST_CHECK(!extent.held->is_hole());
    if (count == ranges.size()) write_listed();
    ranges[count++] = {piece.offset, bytes.first(piece.size_bytes)};
    bytes = bytes.subspan(piece.size_bytes);
  });
  write_listed();
  if (!written || durability == Durability::immediate || !raw.shares_syncs()) return written;
  // Behind the write: no flush in between forgets it.
  table.for_each_piece(offset, size_bytes, [&](const RawExtent& extent, ByteRange) { mark_dirty(*extent.held); });
  return written;
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

Result<RegionSpace::Placed> RegionSpace::write_if_inside(RawBytes& raw, std::uint64_t offset,
                                                         std::span<const std::byte> bytes, Durability durability) {
  const InPlaceWrites::Pass pass(in_place_);
  if (auto changeable = check_changeable(); !changeable) return Unexpected(changeable.error());
  const auto table = table_for(offset, bytes.size());
  if (!table) return Placed::outside;
  if ((*table)->has_hole_in(offset, bytes.size())) return Placed::in_hole;
  if (auto written = write_inside(raw, **table, offset, bytes, durability); !written) return Unexpected(written.error());
  return Placed::inside;
}

Result<void> RegionSpace::write_at(std::uint64_t offset, std::span<const std::byte> bytes, Durability durability,
                                   std::uint64_t size_bytes_max) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  if (auto changeable = check_changeable(); !changeable) return changeable;
  if (bytes.empty()) return success();
  const RegionWrite write{offset, bytes};
  if (checked_block_bytes_ != 0) return update({&write, 1}, size_bytes_max);
  for (;;) {
    const auto placed = write_if_inside(**raw, offset, bytes, durability);
    if (!placed) return Unexpected(placed.error());
    if (*placed == Placed::in_hole) return update({&write, 1}, size_bytes_max);
    if (*placed == Placed::inside) {
      count_write(bytes.size());
      return durability == Durability::immediate ? flush_up_to(**raw, offset + bytes.size()) : success();
    }
    const auto grown = write_growing(**raw, offset, bytes, durability, size_bytes_max);
    if (!grown) return Unexpected(grown.error());
    if (grown->placed == Placed::in_hole) return update({&write, 1}, size_bytes_max);
    if (grown->placed == Placed::outside) {
      count_write(bytes.size());
      return success();
    }
  }
}

Result<std::uint64_t> RegionSpace::append(std::span<const std::byte> bytes, Durability durability,
                                          std::uint64_t size_bytes_max) {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const auto raw = engine->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  // It looks for itself whether the region may be changed, and answers nothing where anything is in the way.
  if (durability == Durability::buffered && checked_block_bytes_ == 0 && !bytes.empty())
    if (const auto stored = append_by_store(**raw, bytes, size_bytes_max)) return *stored;
  if (auto changeable = check_changeable(); !changeable) return Unexpected(changeable.error());
  if (bytes.empty()) return growth_.size_bytes();
  if (checked_block_bytes_ != 0) return append_checked(**raw, bytes, size_bytes_max);
  const auto placed = write_growing(**raw, std::nullopt, bytes, durability, size_bytes_max);
  if (!placed) return Unexpected(placed.error());
  count_write(bytes.size());
  return placed->at;
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
