#include "common/engine/orphans.hpp"

#include <algorithm>

#include "common/engine/segment_scan.hpp"

namespace holdfast {
namespace {

// Opens in a row that wrote nothing to a tail, behind which its last slice is still found without its header.
constexpr std::uint32_t kEpochsLookedAt = 4;

std::optional<std::uint32_t> start_of_orphans(const SliceReader& reader, SegmentGap gap) {
  const auto first_place = gap.begin + static_cast<std::uint32_t>(sizeof(SliceHeaderDisk));
  std::optional<std::uint32_t> start;
  for (std::uint32_t offset = first_place; offset + sizeof(RecordHeaderDisk) <= gap.end;) {
    const auto record = reader.at(offset);
    if (!record) {
      offset += kRecordAlignmentMin;
      continue;
    }
    const bool is_first = record->header.sequence == 0;
    if (!start) start = is_first ? offset - static_cast<std::uint32_t>(sizeof(SliceHeaderDisk)) : gap.begin;
    if (!is_first && record->header.watermark > *start + sizeof(SliceHeaderDisk)) return start;
    offset += record->header.padded_size_bytes;
  }
  return std::nullopt;
}

}  // namespace

std::optional<SliceHeaderDisk> header_of_orphans(std::span<const std::byte> segment, SegmentId segment_id,
                                                 std::uint64_t secret, SegmentGap gap, std::uint32_t last_epoch) {
  const std::uint32_t epochs = std::min(last_epoch, kEpochsLookedAt);
  for (std::uint32_t epoch = last_epoch; epoch > last_epoch - epochs; --epoch) {
    const SliceReader reader(segment, gap.end, slice_seed(secret, segment_id, epoch));
    if (const auto start = start_of_orphans(reader, gap))
      return make_slice_header(secret, epoch, segment_id, *start, gap.end - *start, SliceLinkDisk{});
  }
  return std::nullopt;
}

}  // namespace holdfast
