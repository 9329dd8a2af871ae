#include "common/engine/tail.hpp"

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

Tail::Tail(Space& space) : space_(space) {}

std::uint64_t Tail::padded_size(const RecordDraft& draft) const noexcept {
  return padded_record_size(draft.key.size(), draft.payload.size(), space_.context().record_alignment);
}

Result<void> Tail::reserve_ranges(std::uint64_t padded_size) {
  const std::uint64_t needed = SliceWriter::room_for(padded_size);
  while (plan_.room < needed) {
    if (plan_.ranges_used == reserved_.size()) {
      auto range = space_.take_range(SliceWriter::range_size_for(padded_size));
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
  while (!current_ || current_->room() < SliceWriter::room_for(size)) roll(stage);
  if (draft.type == RecordType::log_entry) next_number_ = draft.version + 1;
  return current_->append(draft, stage, content_check);
}

void Tail::roll(WriteStage& stage) {
  HOLDFAST_CHECK(!reserved_.empty());
  if (current_ && current_->started()) {
    current_->end(stage, next_number_);
    previous_ = current_->link();
    SliceRange leftover = current_->leftover();
    if (leftover.size_bytes >= kLeftoverBytesMin) leftovers_.push_back(leftover);
  }
  const SpaceContext& context = space_.context();
  current_.emplace(context.identity, reserved_.front(), previous_, context.record_alignment, context.slices);
  reserved_.pop_front();
  space_.add_slice(current_->table_index());
}

void Tail::end(WriteStage& stage) {
  if (!current_ || !current_->started()) return;
  current_->end(stage, next_number_);
  previous_ = current_->link();
  current_.reset();
}

// The rest of the slices that are given up stays out of use until the store is opened again.
void Tail::forget_unwritten() noexcept {
  const SliceLinkDisk link = present_link();
  next_number_ = written_number_;
  if (link.segment_id == written_.segment_id && link.start == written_.start && link.count == written_.count) return;
  previous_ = written_;
  current_.reset();
  leftovers_.clear();
}

void Tail::mark_durable() {
  // Only now: a slice opened there before the end record is durable would pass for lost records of this one.
  for (const SliceRange& leftover : leftovers_) space_.add_range(leftover);
  leftovers_.clear();
  if (current_) current_->mark_durable();
  undrained_ = false;
  mark_written();
}

}  // namespace holdfast
