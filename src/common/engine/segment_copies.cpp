#include "common/engine/segment_copies.hpp"

#include <algorithm>

#include "common/base/mutant.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/success.hpp"

namespace holdfast {
namespace {

// So much is held in memory before it is written.
constexpr std::uint64_t kStagedBytesMax = std::uint64_t{256} << 10;

// Of a slice of copies: its chain is its own, and so is not looked for by the log's tail.
constexpr std::uint64_t kCopiesCleanedAt = 1;

RecordDraft draft_of(const RecordView& record) noexcept {
  return {.type = record.type(),
          .flags = record.header.flags,
          .version = record.header.version,
          .key = record.key,
          .payload = record.payload};
}

}  // namespace

SegmentCopies::~SegmentCopies() {
  if (is_kept_) return;
  for (const Made& made : made_) {
    parts_.slices.remove({&made.table_index, 1});
    parts_.segments.give_up(made.place);
  }
}

// All that is expected, or as much of it as a segment of the log may take.
std::uint64_t SegmentCopies::size_for(std::uint64_t padded_size) const noexcept {
  const std::uint64_t size_max = parts_.space.segment_size_bytes();
  const std::uint64_t least = kFirstSliceStart + SliceWriter::range_size_for(padded_size);
  std::uint64_t footer = sizeof(FooterEntryDisk);
  if (padded_size >= SliceWriter::kFooterRecordBytesMin)
    footer = std::min(expected_records_ * sizeof(FooterEntryDisk), size_max / SliceWriter::kFooterPartOfSlice);
  const std::uint64_t expected = kFirstSliceStart + SliceWriter::range_size_for(expected_bytes_) + footer;
  return std::max(std::min(round_up(expected, kBlockSizeBytes), size_max), least);
}

Result<void> SegmentCopies::begin_segment(std::uint64_t padded_size) {
  made_.reserve(made_.size() + 1);
  auto place = parts_.segments.prepare_records(parts_.space.id(), size_for(padded_size));
  if (!place) return Unexpected(place.error());
  const SpaceContext& context = parts_.space.context();
  const SliceRange range{*place, kFirstSliceStart, static_cast<std::uint32_t>(place->size_bytes - kFirstSliceStart)};
  auto opened = without_bad_alloc([&] {
    writer_.emplace(context.identity, range, SliceLinkDisk{}, context.record_alignment, parts_.slices, kCopiesCleanedAt);
    return success();
  });
  if (!opened) {
    parts_.segments.give_up(*place);
    return opened;
  }
  made_.push_back({.place = *place, .table_index = writer_->table_index(), .start = range.start});
  return success();
}

Result<Location> SegmentCopies::add(const RecordView& record) {
  const RecordDraft draft = draft_of(record);
  const std::uint64_t padded =
      padded_record_size(draft.key.size(), draft.payload.size(), parts_.space.context().record_alignment);
  if (writer_ && writer_->room() < SliceWriter::room_for(padded))
    if (auto ended = end_segment(); !ended) return Unexpected(ended.error());
  if (!writer_)
    if (auto begun = begin_segment(padded); !begun) return Unexpected(begun.error());
  const Location location = writer_->append(draft, stage_);
  copied_bytes_ += padded;
  staged_bytes_ += padded;
  expected_bytes_ -= std::min(expected_bytes_, padded);
  expected_records_ -= std::min<std::uint64_t>(expected_records_, 1);
  if (staged_bytes_ >= kStagedBytesMax)
    if (auto written = write_staged(); !written) return Unexpected(written.error());
  return location;
}

Result<void> SegmentCopies::write_staged() {
  for (const WriteRange& range : stage_.ranges())
    if (auto written = parts_.storage.write(range.offset, range.bytes); !written) return written;
  stage_.clear();
  staged_bytes_ = 0;
  return success();
}

// The records are made durable before the end record and the footer, which speak of them.
Result<void> SegmentCopies::end_segment() {
  if (!writer_) return success();
  if (auto written = write_staged(); !written) return written;
  if (!mutated(Mutant::compacted_not_synced))
    if (auto drained = parts_.storage.drain(); !drained) return drained;
  writer_->mark_durable();
  writer_->end(stage_);
  made_.back().count = writer_->link().count;
  writer_.reset();
  return write_staged();
}

Result<void> SegmentCopies::finish() {
  if (made_.empty()) return success();
  if (auto ended = end_segment(); !ended) return ended;
  return mutated(Mutant::compacted_not_synced) ? success() : parts_.storage.drain();
}

std::vector<CatalogEntry> SegmentCopies::entries() const {
  std::vector<CatalogEntry> entries;
  for (const Made& made : made_) {
    entries.push_back({.type = CatalogEntryType::add_segment,
                       .content = SegmentContent::records,
                       .segment_id = made.place.segment_id,
                       .space_id = made.place.space_id,
                       .offset = made.place.offset,
                       .size_bytes = made.place.size_bytes});
    entries.push_back({.type = CatalogEntryType::slice_count,
                       .segment_id = made.place.segment_id,
                       .start = made.start,
                       .count = made.count});
  }
  return entries;
}

}  // namespace holdfast
