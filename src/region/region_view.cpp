#include <holdfast/region.hpp>

#include <algorithm>
#include <utility>

#include "common/base/success.hpp"
#include "region/view_pin.hpp"

namespace holdfast {

RegionView::RegionView(std::vector<std::span<const std::byte>> spans, std::unique_ptr<region::ViewPin> pin) noexcept
    : spans_(std::move(spans)), pin_(std::move(pin)) {
  for (const auto& span : spans_) size_bytes_ += span.size();
}

bool RegionView::ok() const noexcept { return pin_ == nullptr || !pin_->is_faulted(); }

RegionView::RegionView(RegionView&&) noexcept = default;
RegionView& RegionView::operator=(RegionView&&) noexcept = default;
RegionView::~RegionView() = default;

MutableRegionView::MutableRegionView(std::vector<std::span<std::byte>> spans,
                                     std::unique_ptr<region::ViewPin> pin) noexcept
    : spans_(std::move(spans)), pin_(std::move(pin)) {
  for (const auto& span : spans_) size_bytes_ += span.size();
}

bool MutableRegionView::ok() const noexcept { return pin_ == nullptr || !pin_->is_faulted(); }

Result<void> MutableRegionView::mark_dirty(std::uint64_t offset, std::uint64_t size_bytes) {
  if (offset > size_bytes_ || size_bytes > size_bytes_ - offset) {
    Error error{.code = ErrorCode::out_of_bounds, .message = "not all bytes lie inside the view", .offset = offset};
    error.expected = "at most " + std::to_string(size_bytes_);
    error.found = std::to_string(size_bytes) + " bytes from " + std::to_string(offset);
    return Unexpected(error);
  }
  if (size_bytes == 0) return success();
  region::ViewPin::Stores& stores = *pin_->stores;
  return stores.region->gate()->answer(
      [&] { return stores.region->take_stores(*stores.table, stores.offset + offset, size_bytes); });
}

MutableRegionView::MutableRegionView(MutableRegionView&&) noexcept = default;
MutableRegionView& MutableRegionView::operator=(MutableRegionView&&) noexcept = default;
MutableRegionView::~MutableRegionView() = default;

}  // namespace holdfast

namespace holdfast::region {

Result<MutableRegionView> RegionSpace::mutable_view(std::uint64_t offset, std::uint64_t size_bytes) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  const InPlaceWrites::Pass pass(in_place_);
  if (auto changeable = check_changeable(); !changeable) return Unexpected(changeable.error());
  const auto table = table_for(offset, size_bytes);
  if (!table) return Unexpected(table.error());
  if (checked_block_bytes_ != 0 || (*table)->has_hole_in(offset, size_bytes))
    return Unexpected(Error{.code = ErrorCode::not_supported,
                            .message = checked_block_bytes_ != 0 ? "a checked region is not stored to in place"
                                                                 : "a hole of the region cannot be stored to",
                            .offset = offset});
  std::vector<std::span<std::byte>> spans;
  auto pin = std::make_unique<ViewPin>(gate_);
  Result<void> opened;
  (*table)->for_each_piece(offset, size_bytes, [&](const RawExtent& extent, ByteRange piece) {
    if (!opened) return;
    const auto begin = (*raw)->open_for_stores(*extent.held);
    if (!begin) {
      opened = Unexpected(begin.error());
      return;
    }
    spans.emplace_back(*begin + (piece.offset - extent.held->range().offset), piece.size_bytes);
    pin->extents.push_back(extent.held);
  });
  if (!opened) return Unexpected(opened.error());
  pin->stores.emplace(shared_from_this(), offset, *table, in_place_);
  return MutableRegionView(std::move(spans), std::move(pin));
}

// Into the extents that the view looks at, whether or not they are the region's any more. Truncation may have given what it
// left of them new names: those are what a flush looks at.
Result<void> RegionSpace::take_stores(const ExtentTable& table, std::uint64_t offset, std::uint64_t size_bytes) {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const auto raw = engine->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  const InPlaceWrites::Pass pass(in_place_);
  Result<void> taken;
  table.for_each_piece(offset, size_bytes, [&](const RawExtent&, ByteRange piece) {
    if (taken) taken = (*raw)->stored(piece);
  });
  const auto present = this->table();
  const std::uint64_t end = std::min(offset + size_bytes, present->capacity());
  if (taken && (*raw)->shares_syncs() && offset < end) {
    present->for_each_piece(offset, end - offset, [&](const RawExtent& extent, ByteRange) {
      if (!extent.held->is_hole()) extent.held->mark_stored();
    });
    dirty_.store(true, std::memory_order_release);
  }
  if (taken) count_write(size_bytes);
  return taken;
}

}  // namespace holdfast::region
