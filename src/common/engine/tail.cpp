#include "common/engine/tail.hpp"

#include <algorithm>
#include <utility>

#include "common/base/check.hpp"
#include "common/engine/space.hpp"

namespace holdfast {
namespace {

// What is left of a slice's range goes back to the space from this size on.
constexpr std::uint64_t kLeftoverBytesMin = 16 << 10;

std::uint64_t room_of(const SliceRange& range) noexcept { 
  return range.size_bytes - SliceWriter::range_size_for(0) + sizeof(FooterEntryDisk);
}

}  // namespace

Tail::Tail(Space& space, bool is_for_cleaning) : space_(space), is_for_cleaning_(is_for_cleaning) {}

std::uint64_t Tail::padded_size(const RecordDraft& draft) const noexcept {
  return padded_record_size(draft.key.size(), draft.payload.size(), space_.context().record_alignment);
}

bool Tail::space_refuses_writes() const noexcept { return space_.refuses_writes(); }

bool Tail::is_rotation_due(const RecordDraft& draft) const noexcept {
  if (draft.type != RecordType::log_entry) return false;
  const LogRotation rotation = space_.rotation();
  if (rotation.entries_max == 0 && rotation.age_us_max == 0) return false;
  std::uint64_t entries = segment_entries_;
  std::uint64_t first_time_us = segment_first_time_us_;
  if (!current_) {  // the store was opened, or a write given up: what is there already of the segment that comes next
    const auto use = space_.use_of_next_range();
    entries = use ? use->entries : 0;
    first_time_us = use ? use->time_min_us : 0;
  }
  if (entries == 0) return false;
  if (rotation.entries_max != 0 && entries >= rotation.entries_max) return true;
  return rotation.age_us_max != 0 && log_timestamp_us(draft.key) > first_time_us + rotation.age_us_max;
}

Result<SliceRange> Tail::take_range(std::uint64_t padded_size, Room room) {
  const std::uint64_t size = SliceWriter::range_size_for(padded_size);
  if (is_for_cleaning_) return space_.take_segment(size, Room::cleaning);
  return space_.take_range(size, room, takes_new_segment_ && plan_.ranges_used == 0);
}

Result<void> Tail::reserve_ranges(std::uint64_t padded_size, Room room) {
  if (space_.refuses_writes())
    return Unexpected(Error{.code = ErrorCode::not_found, .message = "the space was dropped"});
  const std::uint64_t needed = SliceWriter::room_for(padded_size);
  while (plan_.room < needed) {
    if (plan_.ranges_used == reserved_.size()) {
      auto range = take_range(padded_size, room);
      if (!range) return Unexpected(range.error());
      reserved_.push_back(*range);
    }
    plan_.room = room_of(reserved_[plan_.ranges_used++]);
  }
  plan_.room -= needed;
  return success();
}

Location Tail::append(const RecordDraft& draft, WriteStage& stage, std::uint64_t* content_check) {
  const std::uint64_t size = padded_size(draft);
  while (!current_ || std::exchange(rolls_, false) || current_->room() < SliceWriter::room_for(size)) roll(stage);
  const Location location = current_->append(draft, stage, content_check);
  if (draft.type == RecordType::log_entry) note_log_entry(draft);
  return location;
}

void Tail::note_log_entry(const RecordDraft& draft) noexcept {
  const std::uint64_t time_us = log_timestamp_us(draft.key);
  segment_first_time_us_ = segment_entries_ == 0 ? time_us : std::min(segment_first_time_us_, time_us);
  ++segment_entries_;
  if (!is_for_cleaning_) next_number_ = draft.version + 1;
}

void Tail::roll(WriteStage& stage) {
  HOLDFAST_CHECK(!reserved_.empty());
  ended_.reserve(ended_.size() + 1);
  if (current_ && !current_->started()) ended_.push_back(current_->link().segment_id);
  if (current_ && current_->started()) {
    current_->end(stage, next_number_);
    ended_.push_back(current_->link().segment_id);
    previous_ = current_->link();
    SliceRange leftover = current_->leftover();
    const bool comes_back = space_.kind() != SpaceKind::log;
    if (comes_back && leftover.size_bytes >= kLeftoverBytesMin) leftovers_.push_back(leftover);
  }
  const SpaceContext& context = space_.context();
  current_.emplace(context.identity, reserved_.front(), previous_, context.record_alignment, context.slices,
                   cleaned_at_);
  reserved_.pop_front();
  const SegmentId segment = current_->link().segment_id;
  if (space_.kind() == SpaceKind::log) {  // there may be some already: of before the store was opened
    const auto use = space_.segments().use_of(segment);
    segment_entries_ = use ? use->entries : 0;
    segment_first_time_us_ = use ? use->time_min_us : 0;
  }
  space_.segments().add_slice({segment, current_->table_index()});
}

void Tail::end(WriteStage& stage) {
  if (!current_ || !current_->started()) return;
  ended_.reserve(ended_.size() + 1);
  current_->end(stage, next_number_);
  ended_.push_back(current_->link().segment_id);
  previous_ = current_->link();
  current_.reset();
}

// The rest of the slices that are given up stays out of use, and their segments uncleaned, until the store is opened again.
void Tail::forget_unwritten() noexcept {
  const SliceLinkDisk link = present_link();
  next_number_ = written_number_;
  if (link.segment_id == written_.segment_id && link.start == written_.start && link.count == written_.count) return;
  previous_ = written_;
  current_.reset();
  leftovers_.clear();
  ended_.clear();
}

void Tail::mark_durable() {
  // Only now: a slice opened there before the end record is durable would pass for lost records of this one.
  for (const SliceRange& leftover : leftovers_) space_.add_range(leftover);
  leftovers_.clear();
  for (const SegmentId segment : ended_) space_.segments().end_use(segment);
  ended_.clear();
  if (current_) current_->mark_durable();
  undrained_ = false;
  mark_written();
}

}  // namespace holdfast
