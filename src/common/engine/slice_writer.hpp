#pragma once

#include <cstdint>
#include <vector>

#include "common/base/location.hpp"
#include "common/engine/slice_table.hpp"
#include "common/engine/write_stage.hpp"
#include "common/format/footer.hpp"
#include "common/format/record.hpp"
#include "common/format/segment.hpp"

namespace holdfast {

/// What a store's checksums are seeded by while it is open.
struct StoreIdentity {
  std::uint64_t secret = 0;
  std::uint32_t epoch = 0;
};

/// Where a segment lies.
struct SegmentPlace {
  SegmentId segment_id = 0;
  SpaceId space_id = 0;
  std::uint64_t offset = 0;  ///< In the store.
  std::uint64_t size_bytes = 0;
};

/// A run of a segment in which a slice may be opened.
struct SliceRange {
  SegmentPlace segment{};
  std::uint32_t start = 0;  ///< Offset in the segment.
  std::uint32_t size_bytes = 0;
};

/// Places records one behind the other in one slice. It only stages bytes; whoever owns the stage
/// writes them and then says mark_durable().
///
/// Invariants: sequences have no gap; the last kEndRecordSizeBytes of the range are kept for the end
/// record, and of a slice of larger records as much as its footer takes; the watermark moves only to positions whose bytes are durable and whose batches are whole,
/// because recovery lets records below it stand alone.
/// Threads: one at a time.
class SliceWriter {
 public:
  /// A footer is worth its room where records are large enough: 40 bytes instead of reading this many. The first one says.
  static constexpr std::uint64_t kFooterRecordBytesMin = 1024;
  /// It is given up when it would take more than this part of the slice.
  static constexpr std::uint64_t kFooterPartOfSlice = 16;

  /// Opens a slice over `range`; `cleaned_at` as in its header. That is staged with the first record.
  SliceWriter(const StoreIdentity& identity, const SliceRange& range, SliceLinkDisk previous,
              std::uint64_t record_alignment, SliceTable& slices, std::uint64_t cleaned_at = 0);

  /// Bytes a range must have to take one record of `padded_size_bytes`.
  [[nodiscard]] static constexpr std::uint64_t range_size_for(std::uint64_t padded_size_bytes) noexcept {
    return sizeof(SliceHeaderDisk) + padded_size_bytes + kEndRecordSizeBytes + footer_size_bytes(1);
  }

  /// What a record takes of room() at most.
  [[nodiscard]] static constexpr std::uint64_t room_for(std::uint64_t padded_size_bytes) noexcept {
    return padded_size_bytes + sizeof(FooterEntryDisk);
  }

  [[nodiscard]] std::uint64_t padded_size(const RecordDraft& draft) const noexcept {
    return padded_record_size(draft.key.size(), draft.payload.size(), record_alignment_);
  }

  /// Bytes left for records and their entries in the footer.
  [[nodiscard]] std::uint64_t room() const noexcept {
    const std::uint64_t kept = kEndRecordSizeBytes + footer_size_bytes(entries_.size());
    const std::uint64_t left = range_.start + range_.size_bytes - position_;
    return left > kept ? left - kept : 0;
  }

  /// Stages `draft`. Requires: room_for(padded_size(draft)) <= room().
  Location append(const RecordDraft& draft, WriteStage& stage, std::uint64_t* content_check = nullptr);

  /// Stages the end record, and the footer where the slice keeps one: nothing follows in this slice. The end record
  /// says `next_number`, which of a log is the id that comes next.
  void end(WriteStage& stage, std::uint64_t next_number = 0);

  /// Everything appended so far is durable and every batch in it whole.
  void mark_durable() noexcept { watermark_ = position_; }

  [[nodiscard]] bool started() const noexcept { return header_staged_; }
  [[nodiscard]] SliceLinkDisk link() const noexcept {
    return {range_.segment.segment_id, range_.start, sequence_, identity_.epoch, 0};
  }
  [[nodiscard]] std::uint32_t table_index() const noexcept { return table_index_; }

  /// What of the range lies behind the last record, before the footer, and may hold another slice.
  [[nodiscard]] SliceRange leftover() const noexcept {
    const auto start = static_cast<std::uint32_t>(round_up(position_, kSliceAlignment));
    const auto footer = static_cast<std::uint32_t>(entries_.empty() ? 0 : footer_size_bytes(entries_.size()));
    const std::uint32_t end = range_.start + range_.size_bytes - footer;
    return {range_.segment, start, start < end ? end - start : 0};
  }

 private:
  static constexpr std::uint32_t kEndRecordSizeBytes = 64;

  void stage_header(WriteStage& stage);
  void note_entry(const RecordDraft& draft, std::uint32_t padded_size_bytes);
  void note_usage(const RecordDraft& draft, std::uint64_t padded_size_bytes) noexcept;
  void stage_footer(WriteStage& stage);
  [[nodiscard]] std::uint64_t store_offset() const noexcept { return range_.segment.offset + position_; }

  SliceRange range_;
  SliceLinkDisk previous_;
  std::uint64_t record_alignment_;
  StoreIdentity identity_;
  std::uint64_t seed_;
  std::uint32_t table_index_;
  SliceUsage* usage_;
  std::uint64_t cleaned_at_;
  std::uint64_t floor_;      // as in the table
  std::uint32_t position_;   // offset in the segment of the next record
  std::uint32_t sequence_ = 0;
  std::uint32_t watermark_;
  bool header_staged_ = false;
  bool keeps_footer_ = false;
  std::vector<FooterEntryDisk> entries_;  // of all records, if the slice keeps a footer
};

}  // namespace holdfast
