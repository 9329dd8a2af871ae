#include "common/engine/segment_mover.hpp"

#include <optional>

#include "common/base/mutant.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/success.hpp"
#include "common/engine/slice_walk.hpp"

namespace holdfast {
namespace {

// So much is copied by one commit: large enough to be worth a sync, small enough to be short.
constexpr std::uint64_t kCopiedAtOnceBytes = std::uint64_t{256} << 10;

}  // namespace

Result<SegmentMover::Outcome> SegmentMover::empty(SegmentId segment, std::uint64_t floor) {
  Result<void> copied;
  bool is_postponed = false;
  const auto visit = [&](Location location, const RecordView& record) {
    if (record.type() != RecordType::put && record.type() != RecordType::erase) return true;
    auto need = RecordOwner::Need::none;
    {
      const auto guard = guards_.enter();
      need = owner_.need_of(location, record);
    }
    is_postponed = need == RecordOwner::Need::pending;
    if (is_postponed) return false;
    if (need == RecordOwner::Need::none) return true;
    const bool is_tombstone = need == RecordOwner::Need::tombstone;
    if (is_tombstone && (record.header.version < floor || mutated(Mutant::tombstones_dropped))) {
      const auto guard = guards_.enter();
      owner_.forget_tombstone(location, record);  // whose writer may not have come to that
      return true;
    }
    copies_.push_back({.record = record, .from = location});
    copies_bytes_ += record.header.padded_size_bytes;
    if (copies_bytes_ >= kCopiedAtOnceBytes) copied = copy_all();
    return copied.has_value();
  };
  copies_.clear();
  copies_bytes_ = 0;
  for (const SliceRef slice : space_.segments().slices_of(segment)) {
    const bool is_whole = walk_whole_slice(storage_, slices_[slice.table_index], slice.table_index, visit);
    if (!copied) return Unexpected(copied.error());
    if (!is_whole) return Outcome::damaged;
    if (is_postponed) break;
  }
  if (copied = copy_all(); !copied) return Unexpected(copied.error());
  return is_postponed ? Outcome::postponed : Outcome::emptied;
}

Result<void> SegmentMover::copy_all() {
  if (copies_.empty()) return success();
  Tail& tail = space_.cleaning_tail();
  const auto draft_of = [](const Copy& copy) -> RecordDraft {
    return {.type = copy.record.type(),
            .flags = copy.record.header.flags,
            .version = copy.record.header.version,
            .key = copy.record.key,
            .payload = copy.record.payload};
  };
  tail.begin_reserving();
  for (const Copy& copy : copies_)
    if (auto reserved = tail.reserve(tail.padded_size(draft_of(copy))); !reserved) return reserved;
  stage_.clear();
  auto staged = without_bad_alloc([&] {
    for (Copy& copy : copies_) copy.to = tail.append(draft_of(copy), stage_);
    static_cast<void>(stage_.ranges());
    return success();
  });
  if (!staged) {
    tail.forget_unwritten();
    return staged;
  }
  if (mutated(Mutant::cleaned_not_synced)) {
    for (const WriteRange& range : stage_.ranges())
      if (auto written = storage_.write(range.offset, range.bytes); !written) return written;
  } else if (auto committed = storage_.commit(stage_.ranges()); !committed) {  // (2)
    return committed;
  }
  tail.mark_durable();
  for (const Copy& copy : copies_) {
    const auto guard = guards_.enter();
    static_cast<void>(owner_.move(copy.from, copy.to, copy.record));  // (3)
  }
  moved_bytes_ += copies_bytes_;
  copies_.clear();
  copies_bytes_ = 0;
  return success();
}

}  // namespace holdfast
