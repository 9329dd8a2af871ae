#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "common/base/success.hpp"
#include "common/engine/room.hpp"
#include "common/engine/slice_writer.hpp"

namespace holdfast {

class Space;

/// Where records are appended: a slice, and the ones that will follow it. Room is made sure of before
/// the first record of a write is staged, so that a write never stops half-way for lack of space.
///
/// The slices of a tail form a chain: each names the one before and its count, so that after a crash
/// nothing is admitted behind a lost record, and a slice that is damaged whole is missed.
/// Threads: one at a time.
class Tail {
 public:
  /// One that is for cleaning fills whole segments of its own, with what is kept aside for that.
  explicit Tail(Space& space, bool is_for_cleaning = false);

  /// Before the reserving of each write, of which `draft` is a record: nothing of it is counted yet.
  void begin_reserving(const RecordDraft& draft = {}) noexcept {
    takes_new_segment_ = is_rotation_due(draft);
    rolls_ = takes_new_segment_ && current_.has_value();
    plan_ = {.room = current_ && !rolls_ && !space_refuses_writes() ? current_->room() : 0, .ranges_used = 0};
  }

  /// Makes sure that one more record, of this size, can be appended. Errors: no_space, io, locked, not_found (the space was
  /// dropped).
  [[nodiscard]] Result<void> reserve(std::uint64_t padded_size, Room room = Room::common) {
    const std::uint64_t needed = SliceWriter::room_for(padded_size);
    if (plan_.room < needed) return reserve_ranges(padded_size, room);
    plan_.room -= needed;
    return success();
  }

  /// Length on media of `draft`.
  [[nodiscard]] std::uint64_t padded_size(const RecordDraft& draft) const noexcept;

  /// Stages `draft`. Requires: reserve() has counted it; the version of a log entry is next_number().
  Location append(const RecordDraft& draft, WriteStage& stage, std::uint64_t* content_check = nullptr);

  /// Stages the end record of the slice in use, if there is one. Before closing the store.
  void end(WriteStage& stage);

  /// Everything appended is durable, and every batch in it whole.
  void mark_durable();

  /// Something was written, by an earlier commit, that no drain has covered.
  [[nodiscard]] bool has_undrained() const noexcept { return undrained_; }
  void mark_undrained() noexcept {
    undrained_ = true;
    mark_written();
  }

  /// Takes back what was appended since the last mark, and of which the medium has seen nothing: memory ran out on the
  /// way. The chain goes on behind the last record that was written, in a slice of its own.
  void forget_unwritten() noexcept;

  /// Of one for cleaning: slices opened from now on say that all writes of lower versions are over.
  void set_cleaned_at(std::uint64_t version) noexcept { cleaned_at_ = version; }

  void continue_chain(SliceLinkDisk previous) noexcept { previous_ = written_ = previous; }

  /// Of a log: the id that the next entry gets; 0 in a tail that numbers nothing.
  [[nodiscard]] std::uint64_t next_number() const noexcept { return next_number_; }
  void continue_numbers(std::uint64_t next_number) noexcept { next_number_ = written_number_ = next_number; }

  /// The last slice that the tail has behind it: ended here, or found by recovery; nothing if there is none.
  [[nodiscard]] std::optional<SliceLinkDisk> last_slice() const noexcept {
    if (previous_.segment_id == 0) return std::nullopt;
    return previous_;
  }

 private:
  [[nodiscard]] Result<SliceRange> take_range(std::uint64_t padded_size, Room room);
  [[nodiscard]] Result<void> reserve_ranges(std::uint64_t padded_size, Room room);
  void roll(WriteStage& stage);
  [[nodiscard]] bool is_rotation_due(const RecordDraft& draft) const noexcept;
  [[nodiscard]] bool space_refuses_writes() const noexcept;
  void note_log_entry(const RecordDraft& draft) noexcept;

  /// How far the records of a write get that are counted and not appended yet.
  struct Plan {
    std::uint64_t room = 0;       // left in the last slice they use
    std::size_t ranges_used = 0;  // of reserved_
  };

  /// The link that a slice opened now would have to what is behind the last record appended.
  [[nodiscard]] SliceLinkDisk present_link() const noexcept {
    return current_ && current_->started() ? current_->link() : previous_;
  }
  void mark_written() noexcept {
    written_ = present_link();
    written_number_ = next_number_;
  }

  Space& space_;
  const bool is_for_cleaning_;
  std::uint64_t cleaned_at_ = 0;
  std::optional<SliceWriter> current_;
  Plan plan_;
  std::deque<SliceRange> reserved_;
  SliceLinkDisk previous_{};
  std::vector<SliceRange> leftovers_;  // of ended slices; free once the end records are durable
  std::vector<SegmentId> ended_;       // segments of ended slices, which are in use until then
  std::uint64_t next_number_ = 0;
  std::uint64_t segment_entries_ = 0;        // of a log: in the segment of current_
  std::uint64_t segment_first_time_us_ = 0;  // the lowest of their timestamps
  bool takes_new_segment_ = false;           // the next range that is taken is one of a new segment
  bool rolls_ = false;                       // the next record does not go to current_, whatever room there is
  SliceLinkDisk written_{};           // present_link() when the medium was last told everything
  std::uint64_t written_number_ = 0;  // next_number() then
  bool undrained_ = false;
};

}  // namespace holdfast
