#include "common/engine/raw_bytes.hpp"

#include "common/base/out_of_memory.hpp"
#include "common/base/rollback.hpp"

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
    extents.push_back({start, std::make_shared<HeldExtent>(extents_, catalog_.reserve_segment_id(), range, false)});
    ++held;  // from here on its own matter
    start += range.size_bytes;
    if (!shares_syncs()) storage_.advise(range, Access::will_need);
  }
  return extents;
}

std::shared_ptr<HeldExtent> RawBytes::piece_of(ByteRange range) {
  return std::make_shared<HeldExtent>(extents_, catalog_.reserve_segment_id(), range);
}

std::vector<CatalogEntry> entries_of(SpaceId space, const ExtentChange& change) {
  std::vector<CatalogEntry> entries;
  for (const SegmentId segment : change.forgotten)
    entries.push_back({.type = CatalogEntryType::free_segment, .segment_id = segment});
  for (const RawExtent& extent : change.named)
    entries.push_back({.type = CatalogEntryType::add_segment,
                       .content = SegmentContent::region,
                       .segment_id = extent.held->segment(),
                       .space_id = space,
                       .offset = extent.held->range().offset,
                       .size_bytes = extent.held->range().size_bytes,
                       .start = static_cast<std::uint32_t>(extent.start / kBlockSizeBytes)});
  if (change.size_bytes)
    entries.push_back({.type = CatalogEntryType::region_size, .space_id = space, .size_bytes = *change.size_bytes});
  return entries;
}

Result<void> RawBytes::change(SpaceId space, const ExtentChange& change) {
  const std::vector<CatalogEntry> entries = entries_of(space, change);
  if (entries.empty()) return success();
  auto published = publish(entries);
  if (published || published.error().code == ErrorCode::io)  // io: the medium may know of them
    for (const RawExtent& extent : change.named) extent.held->named();
  return published;
}

Result<void> RawBytes::add(SpaceId space, std::uint64_t start, std::uint64_t size_bytes, const Prepare& prepare) {
  auto added = allocate(start, size_bytes);
  if (!added) return Unexpected(added.error());
  prepare(*added);
  return change(space, {.forgotten = {}, .named = std::move(*added)});
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
