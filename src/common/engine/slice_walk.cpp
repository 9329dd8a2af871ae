#include "common/engine/slice_walk.hpp"

#include <cstring>

#include "common/engine/segment_scan.hpp"

namespace holdfast {
namespace {

// A slice that was opened and found no record has left no header of its epoch.
bool was_started(const Storage& storage, const SliceInfo& slice) noexcept {
  SliceHeaderDisk header;
  std::memcpy(&header, storage.at(slice.segment_offset + slice.start), sizeof header);
  return header.magic == kSliceMagic && header.segment_id == slice.segment_id && header.start == slice.start &&
         header.epoch == slice.epoch;
}

}  // namespace

bool walk_whole_slice(const Storage& storage, const SliceInfo& slice, std::uint32_t table_index,
                      const std::function<bool(Location, const RecordView&)>& visit) {
  const SliceReader reader({storage.at(slice.segment_offset), slice.end}, slice.end, slice.seed);
  std::uint32_t offset = slice.start + static_cast<std::uint32_t>(sizeof(SliceHeaderDisk));
  std::uint32_t sequence = 0;
  while (!slice.complete || offset < slice.end) {
    const auto record = reader.at(offset);
    if (!record || record->header.sequence != sequence) return sequence == 0 && !was_started(storage, slice);
    if (record->type() == RecordType::slice_end) return true;
    if (!visit({table_index, offset / 8}, *record)) return true;
    offset += record->header.padded_size_bytes;
    ++sequence;
  }
  return true;
}

}  // namespace holdfast
