#include "common/engine/raw_bytes.hpp"

#include "common/base/checksum.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/rollback.hpp"
#include "common/base/success.hpp"
#include "common/guard/map_fault.hpp"
#include "common/format/segment.hpp"

namespace holdfast {

Result<std::vector<RawExtent>> RawBytes::allocate(std::uint64_t start, std::uint64_t size_bytes) {
  const auto ranges = segments_.allocate_parts(size_bytes);
  if (!ranges) return Unexpected(ranges.error());
  std::size_t held = 0;
  Rollback released([&] {
    for (std::size_t i = held; i < ranges->size(); ++i) extents_.release((*ranges)[i]);
  });
  std::vector<RawExtent> extents;
  extents.reserve(ranges->size());
  for (const ByteRange& range : *ranges) {
    extents.push_back({start, std::make_shared<HeldExtent>(extents_, catalog_.reserve_segment_id(), range,
                                                           HeldExtent::Terms{.is_named = false})});
    ++held;  // from here on its own matter
    start += range.size_bytes;
    if (!shares_syncs()) storage_.advise(range, Access::will_need);
  }
  return extents;
}

Result<std::shared_ptr<HeldExtent>> RawBytes::allocate_mirror(std::uint64_t size_bytes) {
  const auto extent = extents_.allocate(size_bytes);
  if (!extent) return Unexpected(extent.error());
  Rollback released([&] { extents_.release(*extent); });
  auto held = std::make_shared<HeldExtent>(
      extents_, catalog_.reserve_segment_id(), *extent,
      HeldExtent::Terms{.content = SegmentContent::region_mirror, .is_named = false});
  released.keep();
  return held;
}

RawExtent RawBytes::hole(std::uint64_t start, std::uint64_t size_bytes) {
  return {start, std::make_shared<HeldExtent>(extents_, catalog_.reserve_segment_id(), ByteRange{0, size_bytes},
                                              HeldExtent::Terms{.content = SegmentContent::region_hole})};
}

std::shared_ptr<HeldExtent> RawBytes::piece_of(const HeldExtent& whole, std::uint64_t skipped,
                                               std::uint64_t size_bytes) {
  const std::uint64_t offset = whole.is_hole() ? 0 : whole.range().offset + skipped;
  auto piece = std::make_shared<HeldExtent>(extents_, catalog_.reserve_segment_id(), ByteRange{offset, size_bytes},
                                            HeldExtent::Terms{.content = whole.content()});
  if (whole.has_stores()) piece->mark_stored();
  if (whole.is_dirty()) piece->mark_dirty();
  if (whole.is_open()) piece->set_open();
  return piece;
}

std::uint64_t extent_seed(std::uint64_t secret, SegmentId segment) noexcept { return slice_seed(secret, segment, 0); }

Result<void> prove(const Storage& storage, std::uint64_t secret, HeldExtent& extent) {
  if (!extent.check() || extent.is_proved()) return success();
  const ByteRange range = extent.range();
  const std::uint64_t found =
      checksum({storage.at(range.offset), range.size_bytes}, extent_seed(secret, extent.segment()));
  if (const auto fault = storage.map_fault(); fault != nullptr)
    if (auto whole = fault->check(); !whole) return whole;  // what looks like damage may be a page that is missing
  if (found == *extent.check()) {
    extent.set_proved(true);
    return success();
  }
  return Unexpected(Error{.code = ErrorCode::corruption,
                          .message = "bytes of a region fail their checksum",
                          .path = std::string(storage.path()),
                          .offset = range.offset,
                          .expected = "XXH3 " + std::to_string(*extent.check()),
                          .found = std::to_string(found)});
}

Result<std::shared_ptr<HeldExtent>> RawBytes::sealed(HeldExtent& whole, std::uint64_t skipped,
                                                     std::uint64_t size_bytes) {
  if (auto proved = prove(whole); !proved) return Unexpected(proved.error());
  auto piece = piece_of(whole, skipped, size_bytes);
  if (whole.is_hole()) return piece;
  const std::span<const std::byte> bytes(storage_.at(piece->range().offset), size_bytes);
  piece->set_check(check_of(*piece, {&bytes, 1}));
  piece->set_proved(true);
  if (const auto fault = storage_.map_fault(); fault != nullptr)
    if (auto read = fault->check(); !read) return Unexpected(read.error());
  return piece;
}

std::uint64_t RawBytes::check_of(const HeldExtent& extent, std::span<const std::span<const std::byte>> pieces) const {
  return checksum_of_pieces(pieces, extent_seed(secret_, extent.segment()));
}

std::vector<CatalogEntry> entries_of(SpaceId space, const ExtentChange& change) {
  std::vector<CatalogEntry> entries;
  for (const SegmentId segment : change.forgotten)
    entries.push_back({.type = CatalogEntryType::free_segment, .segment_id = segment});
  const auto add = [&](const HeldExtent& held, std::uint64_t start) {
    entries.push_back({.type = CatalogEntryType::add_segment,
                       .content = held.content(),
                       .segment_id = held.segment(),
                       .space_id = space,
                       .offset = held.range().offset,
                       .size_bytes = held.range().size_bytes,
                       .start = static_cast<std::uint32_t>(start / kBlockSizeBytes),
                       .check = held.check()});
  };
  for (const RawExtent& extent : change.named) {
    add(*extent.held, extent.start);
    if (extent.mirror != nullptr) add(*extent.mirror, extent.start);
  }
  if (change.size_bytes)
    entries.push_back({.type = CatalogEntryType::region_size, .space_id = space, .size_bytes = *change.size_bytes});
  return entries;
}

Result<void> RawBytes::change(SpaceId space, const ExtentChange& change) {
  const std::vector<CatalogEntry> entries = entries_of(space, change);
  if (entries.empty()) return success();
  auto published = publish(entries);
  if (published || published.error().code == ErrorCode::io)  // io: the medium may know of them
    change.set_named();
  return published;
}

Result<void> RawBytes::add(SpaceId space, std::uint64_t start, std::uint64_t size_bytes, const Prepare& prepare) {
  auto added = allocate(start, size_bytes);
  if (!added) return Unexpected(added.error());
  prepare(*added);
  return change(space, {.forgotten = {}, .named = std::move(*added)});
}

Result<std::byte*> RawBytes::open_for_stores(HeldExtent& extent) {
  auto at = storage_.writable(extent.range());
  if (at) extent.set_open();
  return at;
}

Result<void> RawBytes::stored(ByteRange range) {
  if (shares_syncs()) return success();  // a sync of its pages finds them
  if (auto flushed = storage_.flush(range); !flushed) return flushed;
  return storage_.drain();
}

Result<void> RawBytes::write(std::span<const WriteRange> ranges, Durability durability) {
  if (durability == Durability::immediate || !shares_syncs()) return storage_.commit(ranges);
  std::uint64_t size_bytes = 0;
  for (const WriteRange& range : ranges) {
    if (auto written = storage_.write(range.offset, range.bytes); !written) return written;
    size_bytes += range.bytes.size();
  }
  // Written, but nobody keeps what the level promises.
  if (durability == Durability::interval && !route_.note_interval(size_bytes)) return Unexpected(out_of_memory());
  return success();
}

}  // namespace holdfast
