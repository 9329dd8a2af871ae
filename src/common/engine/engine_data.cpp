#include <algorithm>
#include <new>
#include <optional>

#include "common/base/out_of_memory.hpp"
#include "common/base/success.hpp"
#include "common/engine/engine.hpp"
#include "common/engine/engine_room.hpp"
#include "common/engine/segment_scan.hpp"
#include "common/engine/superblock_slots.hpp"
#include "common/engine/value_parts.hpp"
#include "common/guard/map_fault.hpp"

namespace holdfast {
namespace {

// A payload takes its own extents when its record would take more than this part of a segment.
constexpr std::uint64_t kInlinePartOfSegment = 4;

// Of a record whose size nobody knows yet: header, key and a small value.
constexpr std::size_t kExpectedLines = 3;

Error damaged(const Storage& storage, std::uint64_t offset, std::string what, std::string expected, std::string found) {
  return {.code = ErrorCode::corruption,
          .message = std::move(what),
          .path = std::string(storage.path()),
          .offset = offset,
          .expected = std::move(expected),
          .found = std::move(found)};
}

}  // namespace

Result<void> Engine::write(std::span<WriteEntry> entries, Durability durability) {
  if (auto writable = check_writable(); !writable) return writable;
  if (entries.size() == 1)
    return write_with_room(entries, [&] { return write_placed(entries, durability, nullptr); });
  return write_with_room(entries, [&] {
    const auto guard = batch_guards_.enter();
    const std::uint64_t batch = next_batch_.fetch_add(1);
    for (WriteEntry& entry : entries) entry.draft.batch = batch;
    return write_placed(entries, durability, nullptr);
  });
}

Result<void> Engine::write_placed(std::span<WriteEntry> entries, Durability durability, BatchDecision* decision) {
  for (WriteEntry& entry : entries) entry.size_bytes = entry.draft.key.size() + entry.draft.payload.size();
  std::vector<MovedOut> moved_out;  // must outlive the write
  auto written = without_bad_alloc([&] {
    auto moved = move_out_large_values(entries, moved_out);
    return moved ? route_->write(entries, durability, decision) : moved;
  });
  if (written) return written;
  for (const MovedOut& moved : moved_out) {
    retire_parts(moved.flags, moved.parts, false);
    moved.entry->draft.payload = moved.payload;  // as before, for who tries again
    moved.entry->draft.flags &= static_cast<std::uint8_t>(~kRecordFlagValueParts);
  }
  return written;
}

Result<void> Engine::move_out_large_values(std::span<WriteEntry> entries, std::vector<MovedOut>& moved_out) {
  for (WriteEntry& entry : entries) {
    RecordDraft& draft = entry.draft;
    const std::uint64_t inline_max = entry.space->segment_size_bytes() / kInlinePartOfSegment;
    if (draft.payload.empty() || padded_record_size(draft.key.size(), draft.payload.size(), 1) <= inline_max) continue;
    if (draft.payload.size() < kBlockSizeBytes) continue;  // the key is what is large
    if (moved_out.empty()) moved_out.reserve(entries.size());
    const auto guard = value_guards_.enter();  // whoever drops the space waits for it
    if (entry.space->refuses_writes())
      return Unexpected(Error{.code = ErrorCode::not_found, .message = "the space was dropped"});
    // When the key expires stays in the record.
    const std::size_t front_size = (draft.flags & kRecordFlagExpires) != 0 ? sizeof(ExpiryDisk) : 0;
    auto parts = segments_->add_value(entry.space->id(), draft.payload.substr(front_size));
    if (!parts) return Unexpected(parts.error());
    draft.flags |= kRecordFlagValueParts;
    moved_out.push_back({&entry, draft.flags,
                         std::string(draft.payload.substr(0, front_size)) + encode_value_parts(*parts), draft.payload});
    draft.payload = moved_out.back().parts;
  }
  return success();
}

void Engine::retire_parts(std::uint8_t flags, std::string_view payload, bool after_sync) noexcept {
  try {
    const auto parts = value_parts_of(flags, payload);
    if (!parts) return;
    std::vector<SegmentId> segments;
    for (const ValuePartDisk& part : *parts) segments.push_back(part.segment_id);
    segments_->retire(segments, after_sync);
  } catch (const std::bad_alloc&) {
    // Recovery frees what nobody names.
  }
}

void Engine::retire(Location location, Durability durability) noexcept {
  try {
    const auto guard = guards_.enter();
    const auto record = read(location, true);
    if (!record) return;  // damaged: recovery frees what nobody names
    const bool after_sync = durability != Durability::immediate && storage_->capabilities().shares_syncs;
    retire_parts(record->header.flags, record->payload, after_sync);
  } catch (const std::bad_alloc&) {
    // The same.
  }
}

Result<RecordView> Engine::read(Location location, bool verify) const {
  const SliceInfo& slice = slices_[location.slice];
  const std::uint64_t offset = location.offset();
  const std::span bytes(storage_->at(slice.segment_offset + offset), slice.end - offset);
  const std::uint64_t seed = place_seed(slice.seed, offset);
  const auto header = read_record_header(bytes, seed);
  const auto place = [&] { return "record in segment " + std::to_string(slice.segment_id); };
  if (!header)
    return Unexpected(damaged(*storage_, slice.segment_offset + offset, place() + " has a damaged header",
                              "a header whose check holds", "a mismatch"));
  if (verify && !content_matches(*header, bytes, seed))
    return Unexpected(damaged(*storage_, slice.segment_offset + offset, place() + " has damaged content",
                              "XXH3 " + std::to_string(header->content_check), "another"));
  return view_record(*header, bytes);
}

Result<void> Engine::check_map() const {
  const auto fault = storage_->map_fault();
  return fault == nullptr ? success() : fault->check();
}

void Engine::expect_read(Location location) const noexcept {
  const SliceInfo& slice = slices_[location.slice];
  const std::byte* const record = storage_->at(slice.segment_offset + location.offset());
  for (std::size_t line = 0; line < kExpectedLines; ++line) __builtin_prefetch(record + line * kCacheLineSizeBytes);
}

Result<std::vector<ValuePiece>> Engine::value_pieces(std::string_view payload, bool verify) const {
  const auto parts = decode_value_parts(payload);
  if (!parts) return Unexpected(damaged(*storage_, 0, "a value's list of parts is malformed", "whole entries", "others"));
  std::vector<ByteRange> ranges;
  ranges.reserve(parts->size());
  std::uint64_t size = 0;
  for (const ValuePartDisk& part : *parts) {
    const auto extent = value_extent(part.segment_id);
    if (!extent || part.size_bytes > extent->size_bytes)
      return Unexpected(damaged(*storage_, 0, "a value's part is not in the catalog",
                                "segment " + std::to_string(part.segment_id), "none, or a smaller one"));
    ranges.push_back({extent->offset, part.size_bytes});
    size += part.size_bytes;
  }
  // Before memory is taken for it: parts that lie in extents of their own are no larger than the store.
  const std::uint64_t size_max = std::min<std::uint64_t>(0xFFFF'FFFF, storage_->size_bytes());
  if (size > size_max)
    return Unexpected(damaged(*storage_, 0, "a value's parts are too large together",
                              "at most " + std::to_string(size_max), std::to_string(size)));
  std::vector<ValuePiece> pieces;
  pieces.reserve(ranges.size());
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const std::span bytes(storage_->at(ranges[i].offset), ranges[i].size_bytes);
    if (verify && !value_part_matches((*parts)[i], superblock_.secret, bytes))
      return Unexpected(damaged(*storage_, ranges[i].offset, "a part of a large value is damaged",
                                "XXH3 " + std::to_string((*parts)[i].check), "another"));
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());  // bytes as text
    pieces.push_back({(*parts)[i].segment_id, text});
  }
  return pieces;
}

Error Engine::bad_expiry() const {
  return damaged(*storage_, 0, "a record's time of expiry is malformed", "8 bytes, at most 2^60", "others");
}

Result<std::string> Engine::read_value(const RecordView& record, bool verify) const {
  const auto taken = take_expiry(record.header.flags, record.payload);
  if (!taken) return Unexpected(bad_expiry());
  if ((record.header.flags & kRecordFlagValueParts) == 0) return std::string(taken->rest);
  const auto pieces = value_pieces(taken->rest, verify);
  if (!pieces) return Unexpected(pieces.error());
  std::size_t size = 0;
  for (const ValuePiece& piece : *pieces) size += piece.bytes.size();
  std::string value;
  value.reserve(size);
  for (const ValuePiece& piece : *pieces) value.append(piece.bytes);
  return value;
}

std::optional<ByteRange> Engine::value_extent(SegmentId segment) const {
  return catalog_->with_state([segment](const CatalogState& state) -> std::optional<ByteRange> {
    const auto found = state.segments().find(segment);
    if (found == state.segments().end() || found->second.content != SegmentContent::value) return std::nullopt;
    return found->second.extent;
  });
}

std::vector<ByteRange> Engine::placements(Location location) const {
  std::vector<ByteRange> ranges;
  const auto guard = guards_.enter();
  const auto record = read(location, false);
  if (!record) return ranges;
  ranges.push_back({store_offset(location), record->header.padded_size_bytes});
  if ((record->header.flags & kRecordFlagValueParts) == 0) return ranges;
  for (const ValuePartDisk& part :
       value_parts_of(record->header.flags, record->payload).value_or(std::vector<ValuePartDisk>{}))
    if (const auto extent = value_extent(part.segment_id)) ranges.push_back({extent->offset, part.size_bytes});
  return ranges;
}

Result<void> Engine::for_each_record(const Space& space, const RecordWalker& visit) const {
  for (const SliceRef slice : space.segments().slices()) {
    SlicePosition position;
    const auto ended = walk_slice(space, slice, position, visit);
    if (!ended) return Unexpected(ended.error());
    if (!*ended) return {};
  }
  return {};
}

Result<bool> Engine::walk_slice(const Space& space, SliceRef slice, SlicePosition& position,
                                const RecordWalker& visit) const {
  std::optional<SegmentPins::Pin> pin;
  {
    const auto guard = guards_.enter();
    if (!space.segments().has(slice)) return true;  // what was needed of it lies elsewhere
    pin.emplace(pins_.pin(slice.segment));
  }
  const std::uint32_t index = slice.table_index;
  const SliceInfo& info = slices_[index];
  const SliceReader reader({storage_->at(info.segment_offset), info.end}, info.end, info.seed);
  if (position.offset == 0) position.offset = info.start + static_cast<std::uint32_t>(sizeof(SliceHeaderDisk));
  auto& [offset, sequence] = position;
  for (bool ended = false; !ended;) {
    auto record = reader.at(offset);
    if (!record || record->header.sequence < sequence) {
      if (auto whole = check_map(); !whole) return Unexpected(whole.error());  // what looks like damage may be a missing page
      const auto next = reader.resume(offset, sequence, 0);
      if (!next && !(info.complete && offset < info.end)) break;
      if (next == offset) continue;
      if (!space.is_known_damage(index, offset))
        return Unexpected(damaged(*storage_, info.segment_offset + offset,
                                  "record in segment " + std::to_string(info.segment_id) + " is damaged",
                                  "a record whose checks hold", "a mismatch"));
      if (!next) break;
      offset = *next;
      record = reader.at(offset);
    }
    sequence = record->header.sequence + 1;
    ended = record->type() == RecordType::slice_end;
    const Location location{index, offset / 8};
    offset += record->header.padded_size_bytes;
    if (!visit(location, *record)) return false;
  }
  return true;
}

}  // namespace holdfast
