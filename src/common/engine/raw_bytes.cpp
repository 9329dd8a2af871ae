#include "common/engine/raw_bytes.hpp"

#include "common/base/out_of_memory.hpp"
#include "common/base/rollback.hpp"

namespace holdfast {

Result<void> RawBytes::add(SpaceId space, std::uint64_t start, std::uint64_t size_bytes, const Prepare& prepare) {
  auto ranges = segments_.allocate_parts(size_bytes);
  if (!ranges) return Unexpected(ranges.error());
  Rollback released([&] { extents_.release(*ranges); });
  std::vector<RawExtent> added;
  std::vector<CatalogEntry> entries;
  for (const ByteRange& range : *ranges) {
    const SegmentId segment = catalog_.reserve_segment_id();
    entries.push_back({.type = CatalogEntryType::add_segment,
                       .content = SegmentContent::region,
                       .segment_id = segment,
                       .space_id = space,
                       .offset = range.offset,
                       .size_bytes = range.size_bytes,
                       .start = static_cast<std::uint32_t>(start / kBlockSizeBytes)});
    added.push_back({start, std::make_shared<HeldExtent>(extents_, segment, range)});
    start += range.size_bytes;
    if (!shares_syncs()) storage_.advise(range, Access::will_need);
  }
  prepare(added);
  auto published = publish(entries);
  if (published || published.error().code == ErrorCode::io) released.keep();  // io: the medium may know of them
  return published;
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
