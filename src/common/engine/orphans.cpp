#include "common/engine/orphans.hpp"

#include <algorithm>

#include "common/engine/segment_scan.hpp"

namespace holdfast {
namespace {

// Opens in a row that wrote nothing to a tail, behind which its last slice is still found without its header.
constexpr std::uint32_t kEpochsLookedAt = 4;

// Records one behind the other, without a gap in places or sequences: surely of one slice.
struct Run {
  std::uint32_t first_offset = 0;
  std::uint32_t first_sequence = 0;
  std::uint32_t next_offset = 0;
  std::uint32_t next_sequence = 0;
};

// A watermark inside a run says that its first record had been durable, and so the header before it. One that lies before
// the run says nothing: of a slice nothing of which is durable it is where the slice begins.
std::optional<std::uint32_t> start_of_orphans(const SliceReader& reader, SegmentGap gap) {
  constexpr auto kHeaderBytes = static_cast<std::uint32_t>(sizeof(SliceHeaderDisk));
  Run run;
  for (std::uint32_t offset = reader.next_candidate(gap.begin + kHeaderBytes); offset + sizeof(RecordHeaderDisk) <= gap.end;) {
    const auto record = reader.at(offset);
    if (!record) {
      offset = reader.next_candidate(offset + kRecordAlignmentMin);
      continue;
    }
    const RecordHeaderDisk& header = record->header;
    if (offset != run.next_offset || header.sequence != run.next_sequence)
      run = {.first_offset = offset, .first_sequence = header.sequence};
    else if (header.watermark > run.first_offset)
      return run.first_sequence == 0 ? run.first_offset - kHeaderBytes : gap.begin;
    offset += header.padded_size_bytes;
    run.next_offset = offset;
    run.next_sequence = header.sequence + 1;
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
