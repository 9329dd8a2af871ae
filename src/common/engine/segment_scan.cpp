#include "common/engine/segment_scan.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "common/base/mutant.hpp"

namespace holdfast {
std::optional<RecordView> SliceReader::at(std::uint32_t offset) const noexcept {
  if (offset + sizeof(RecordHeaderDisk) > end_) return std::nullopt;
  const auto bytes = segment_.subspan(offset, end_ - offset);
  const std::uint64_t seed = place_seed(seed_, offset);
  const auto header = read_record_header(bytes, seed);
  const bool checks_content = !mutated(Mutant::content_not_checked);
  if (!header || (checks_content && !content_matches(*header, bytes, seed))) return std::nullopt;
  return view_record(*header, bytes);
}

std::uint32_t SliceReader::next_candidate(std::uint32_t offset) const noexcept {
  const std::byte* const types = segment_.data() + offsetof(RecordHeaderDisk, type);
  while (offset + sizeof(RecordHeaderDisk) <= end_ && types[offset] == std::byte{0}) offset += kRecordAlignmentMin;
  return std::min(offset, end_);
}

std::optional<std::uint32_t> SliceReader::resume(std::uint32_t offset, std::uint32_t sequence,
                                                 std::uint32_t known_count) const noexcept {
  if (mutated(Mutant::watermark_not_heeded)) return std::nullopt;
  for (std::uint32_t next = next_candidate(offset + kRecordAlignmentMin); next + sizeof(RecordHeaderDisk) <= end_;
       next = next_candidate(next + kRecordAlignmentMin)) {
    const auto record = at(next);
    if (!record || record->header.sequence <= sequence) continue;
    if (record->header.watermark <= offset && record->header.sequence >= known_count) continue;
    // Beside a writer the record at `offset` may have arrived before the one that speaks of it.
    const auto arrived = at(offset);
    return arrived && arrived->header.sequence >= sequence ? offset : first_behind(offset, next, sequence);
  }
  return std::nullopt;
}

// A later record has proved the damage; reading resumes at the earliest whole one, not at the prover.
std::uint32_t SliceReader::first_behind(std::uint32_t offset, std::uint32_t prover, std::uint32_t sequence) const noexcept {
  for (std::uint32_t next = next_candidate(offset + kRecordAlignmentMin); next < prover;
       next = next_candidate(next + kRecordAlignmentMin)) {
    const auto record = at(next);
    if (record && record->header.sequence > sequence) return next;
  }
  return prover;
}

ScannedSlice scan_slice(std::span<const std::byte> segment, const SliceHeaderDisk& header, std::uint64_t secret,
                        std::uint32_t known_count, const RecordVisitor& visitor,
                        std::optional<ScanBegin> begin) {
  ScannedSlice slice{.header = header, .seed = slice_seed(secret, header.segment_id, header.epoch)};
  const SliceReader reader(segment, header.start + header.size_bytes, slice.seed);
  std::uint32_t offset = header.start + static_cast<std::uint32_t>(sizeof header);
  slice.watermark = header.start;
  if (begin) {
    offset = slice.watermark = begin->offset;
    slice.end_sequence = begin->sequence;
  }
  while (!slice.ended && offset + sizeof(RecordHeaderDisk) <= reader.end()) {
    const auto record = reader.at(offset);
    if (!record || record->header.sequence < slice.end_sequence) {
      const auto next = reader.resume(offset, slice.end_sequence, known_count);
      if (!next) break;
      if (*next == offset) continue;
      slice.damage.push_back({offset, *next - offset});
      slice.end_sequence = reader.at(*next)->header.sequence;
      offset = *next;
      continue;
    }
    if (record->header.sequence != slice.end_sequence) break;  // a stale record of the same epoch cannot be
    slice.watermark = std::max(slice.watermark, record->header.watermark);
    slice.ended = record->type() == RecordType::slice_end;
    visitor({*record, offset});
    offset += record->header.padded_size_bytes;
    ++slice.end_sequence;
  }
  slice.end_offset = offset;
  if (slice.end_sequence < known_count && !slice.ended) {
    slice.damage.push_back({offset, reader.end() - offset});
    slice.end_sequence = known_count;
  }
  return slice;
}

void for_each_slice(std::span<const std::byte> segment, SegmentId segment_id, std::uint64_t secret,
                    const std::function<std::uint32_t(const SliceHeaderDisk&)>& visit) {
  std::uint64_t start = kFirstSliceStart;
  while (start + sizeof(SliceHeaderDisk) <= segment.size()) {
    SliceHeaderDisk header;
    std::memcpy(&header, segment.data() + start, sizeof header);
    std::uint64_t next = start + 1;
    if (validate(header, secret, segment_id, static_cast<std::uint32_t>(start), segment.size()))
      next = std::max<std::uint64_t>(visit(header), start + sizeof header);
    start = round_up(next, kSliceAlignment);
  }
}

}  // namespace holdfast
