#include "common/engine/slice_writer.hpp"

#include <array>

#include "common/base/check.hpp"
#include "common/base/checksum.hpp"
#include "common/base/key_hash.hpp"
#include "common/base/mutant.hpp"

namespace holdfast {
namespace {

// From here on a payload is written from the caller's memory instead of being copied first.
constexpr std::size_t kBorrowSizeBytesMin = std::size_t{16} << 10;

constexpr std::array<std::byte, kCacheLineSizeBytes> kZeros{};

}  // namespace

SliceWriter::SliceWriter(const StoreIdentity& identity, const SliceRange& range, SliceLinkDisk previous,
                         std::uint64_t record_alignment, SliceTable& slices, std::uint64_t cleaned_at)
    : range_(range),
      previous_(previous),
      record_alignment_(record_alignment),
      identity_(identity),
      seed_(slice_seed(identity.secret, range.segment.segment_id, identity.epoch)),
      table_index_(slices.add({.segment_offset = range.segment.offset,
                               .seed = seed_,
                               .segment_id = range.segment.segment_id,
                               .space_id = range.segment.space_id,
                               .start = range.start,
                               .end = range.start + range.size_bytes,
                               .epoch = identity.epoch})),
      usage_(&slices.usage(table_index_)),
      cleaned_at_(cleaned_at),
      floor_(cleaned_at != 0 ? cleaned_at : SliceUsage::kNoFloor),
      position_(range.start + static_cast<std::uint32_t>(sizeof(SliceHeaderDisk))),
      watermark_(range.start) {
  HOLDFAST_CHECK(range.size_bytes >= range_size_for(0));
  usage_->floor.store(floor_, std::memory_order_relaxed);
  usage_->is_of_copies.store(cleaned_at_ != 0, std::memory_order_relaxed);
}

void SliceWriter::stage_header(WriteStage& stage) {
  const SliceHeaderDisk header = make_slice_header(identity_.secret, identity_.epoch, range_.segment.segment_id,
                                                   range_.start, range_.size_bytes, previous_, cleaned_at_);
  stage.copy(range_.segment.offset + range_.start, bytes_of(header));
}

// Relaxed: who asks for floors has first waited for the writes that matter to it, which orders memory.
void SliceWriter::note_usage(const RecordDraft& draft, std::uint64_t padded_size_bytes) noexcept {
  if (draft.type == RecordType::log_entry) {
    usage_->note({.id = draft.version,
                  .time_us = log_timestamp_us(draft.key),
                  .size_bytes = padded_size_bytes,
                  .is_in_parts = (draft.flags & kRecordFlagValueParts) != 0});
    if (cleaned_at_ == 0 && draft.version < floor_) usage_->floor.store(floor_ = draft.version, std::memory_order_relaxed);
  }
  if (draft.type != RecordType::put && draft.type != RecordType::erase) return;
  // This writer alone counts here, and no slower for it than by a plain number.
  usage_->written_bytes.store(usage_->written_bytes.load(std::memory_order_relaxed) + padded_size_bytes,
                              std::memory_order_relaxed);
  if (draft.type == RecordType::erase) usage_->tombstone_bytes.fetch_add(padded_size_bytes, std::memory_order_relaxed);
  if (cleaned_at_ != 0 || draft.version >= floor_) return;
  floor_ = draft.version;
  usage_->floor.store(floor_, std::memory_order_relaxed);
}

void SliceWriter::note_entry(const RecordDraft& draft, std::uint32_t padded_size_bytes) {
  if (sequence_ == 0) keeps_footer_ = padded_size_bytes >= kFooterRecordBytesMin && draft.type != RecordType::catalog;
  if (!keeps_footer_) return;
  if (footer_size_bytes(entries_.size() + 1) > range_.size_bytes / kFooterPartOfSlice) {
    keeps_footer_ = false;
    entries_ = {};
    return;
  }
  const bool is_of_log = draft.type == RecordType::log_entry;
  entries_.push_back({.key_hash = is_of_log ? log_timestamp_us(draft.key) : key_hash(draft.key),
                      .version = draft.version,
                      .batch = draft.batch,
                      .offset = position_,
                      .padded_size_bytes = padded_size_bytes,
                      .type = static_cast<std::uint8_t>(draft.type),
                      .flags = draft.flags,
                      .reserved_16 = 0,
                      .reserved_32 = 0});
}

Location SliceWriter::append(const RecordDraft& draft, WriteStage& stage, std::uint64_t* content_check) {
  const std::uint64_t padded = padded_size(draft);
  HOLDFAST_CHECK(padded <= range_.start + range_.size_bytes - position_);  // room() keeps the rest
  if (!header_staged_) stage_header(stage);
  const RecordPlace place{.seed = place_seed(seed_, position_),
                          .sequence = sequence_,
                          .watermark = mutated(Mutant::watermark_early) ? position_ : watermark_,
                          .padded_size_bytes = static_cast<std::uint32_t>(padded)};
  RecordHeaderDisk header;
  if (draft.payload.size() < kBorrowSizeBytesMin) {
    header = encode_record(draft, place, stage.space(store_offset(), padded));
  } else {
    header = make_record_header(draft, place);
    std::uint64_t offset = store_offset();
    const auto add = [&](std::span<const std::byte> bytes, bool copied) {
      copied ? stage.copy(offset, bytes) : stage.borrow(offset, bytes);
      offset += bytes.size();
    };
    add(bytes_of(header), true);
    add(std::as_bytes(std::span(draft.key)), true);
    add(std::as_bytes(std::span(draft.payload)), false);
    add(std::span(kZeros).first(store_offset() + padded - offset), true);
  }
  if (content_check != nullptr) *content_check = header.content_check;
  note_entry(draft, place.padded_size_bytes);
  note_usage(draft, padded);
  header_staged_ = true;  // from here on nothing fails
  const Location location{table_index_, position_ / 8};
  position_ += static_cast<std::uint32_t>(padded);
  ++sequence_;
  return location;
}

void SliceWriter::end(WriteStage& stage, std::uint64_t next_number) {
  static_assert(sizeof(RecordHeaderDisk) <= kEndRecordSizeBytes);
  append({.type = RecordType::slice_end, .version = next_number}, stage);
  if (keeps_footer_) stage_footer(stage);
}

// Only what lies below the watermark: those records are durable and their batches whole, so that
// recovery may take the footer's word for them.
void SliceWriter::stage_footer(WriteStage& stage) {
  while (!entries_.empty() && entries_.back().offset >= watermark_) entries_.pop_back();
  if (entries_.empty()) return;
  const std::uint32_t end = range_.start + range_.size_bytes;
  const SliceFooterDisk footer =
      make_footer(seed_, range_.segment.segment_id, range_.start, watermark_, entries_);
  stage.copy(range_.segment.offset + end - footer_size_bytes(entries_.size()), std::as_bytes(std::span(entries_)));
  stage.copy(range_.segment.offset + end - sizeof footer, bytes_of(footer));
}

}  // namespace holdfast
