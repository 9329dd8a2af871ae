// Records of a log that are left out, by copying the others. Which those are is the facade's matter.

#include <algorithm>
#include <utility>

#include "common/base/mutant.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/rollback.hpp"
#include "common/base/success.hpp"
#include "common/engine/cleaner.hpp"
#include "common/engine/engine.hpp"
#include "common/engine/segment_copies.hpp"
#include "common/engine/slice_walk.hpp"
#include "common/engine/value_parts.hpp"

namespace holdfast {
namespace {

/// Segments that are being rewritten: until they are let go, giving up leaves them as they were.
class Rewritten {
 public:
  explicit Rewritten(Space& log) noexcept : log_(log) {}
  Rewritten(const Rewritten&) = delete;
  Rewritten& operator=(const Rewritten&) = delete;
  ~Rewritten() {
    for (const SegmentUse& use : uses_) log_.segments().give_up_cleaning(use.place.segment_id);
    for (const SliceRange& range : ranges_) log_.add_range(range);
  }

  /// False: one of them must stay as it is. Those that are gone already are passed over.
  [[nodiscard]] bool begin(std::span<const SegmentUse> segments) {
    uses_.reserve(segments.size());
    for (const SegmentUse& segment : segments) {
      const auto use = log_.segments().use_of(segment.place.segment_id);
      if (!use) continue;
      const auto ranges = log_.begin_cleaning(use->place.segment_id);
      if (!ranges) return false;
      uses_.push_back(*use);
      ranges_.insert(ranges_.end(), ranges->begin(), ranges->end());
    }
    return !uses_.empty();
  }
  [[nodiscard]] const std::vector<SegmentUse>& uses() const noexcept { return uses_; }

  void set_freed() noexcept {
    for (const SegmentUse& use : uses_) log_.segments().set_freed(use.place.segment_id);
    uses_.clear();
    ranges_.clear();
  }

 private:
  Space& log_;
  std::vector<SegmentUse> uses_;
  std::vector<SliceRange> ranges_;
};

/// What walking through the old segments has found.
struct Sorted {
  std::vector<Engine::MovedEntry> moved;
  std::vector<SegmentId> gone_parts;  // extents of large payloads of records that are not kept
  std::uint64_t gone_records = 0;
};

void add_parts(const RecordView& record, std::vector<SegmentId>& parts) {
  if ((record.header.flags & kRecordFlagValueParts) == 0) return;
  for (const ValuePartDisk& part :
       value_parts_of(record.header.flags, record.payload).value_or(std::vector<ValuePartDisk>{}))
    parts.push_back(part.segment_id);
}

struct Copying {
  const Storage& storage;
  const SliceTable& slices;
  const Space& log;
  const LogGaps& gaps;
  const std::function<bool(Location, const RecordView&)>& keeps;
  SegmentCopies& copies;
  Sorted& sorted;
};

// False: the segment does not hold all that it should.
Result<bool> copy_kept(const Copying& parts, const SegmentUse& use) {
  Result<void> copied;
  std::uint64_t visited = 0;
  const auto visit = [&](Location location, const RecordView& record) {
    if (record.type() != RecordType::log_entry) return true;
    ++visited;
    if (!parts.keeps(location, record)) {
      ++parts.sorted.gone_records;
      // Those of records that were cut off went with the cut.
      if (!parts.gaps.around(record.header.version)) add_parts(record, parts.sorted.gone_parts);
      return true;
    }
    const auto to = parts.copies.add(record);
    if (!to) copied = Unexpected(to.error());
    if (to) parts.sorted.moved.push_back({record.header.version, location, *to});
    return to.has_value();
  };
  for (const SliceRef slice : parts.log.segments().slices_of(use.place.segment_id)) {
    const bool is_whole = walk_whole_slice(parts.storage, parts.slices[slice.table_index], slice.table_index, visit);
    if (!copied) return Unexpected(copied.error());
    if (!is_whole) return false;
  }
  return visited == use.entries;
}

}  // namespace

std::uint64_t Engine::log_thinned(SpaceId log) const {
  return catalog_->with_state([log](const CatalogState& state) {
    const auto found = state.spaces().find(log);
    return found == state.spaces().end() ? std::uint64_t{0} : found->second.log_thinned;
  });
}

Result<void> Engine::sync_records() {
  if (auto writable = check_writable(); !writable) return writable;
  return storage_->capabilities().shares_syncs ? route_->sync() : success();
}

void Engine::keep_room_for_cleaning() {
  if (cleaner_ != nullptr) extents_->keep_reserve(superblock_.segment_size_bytes);
}

// Crash order, as in docs/durability.md "compaction of a log".
Result<Engine::Thinned> Engine::thin_log(Space& log, const Thinning& thinning) {
  if (auto writable = check_writable(); !writable) return Unexpected(writable.error());
  const auto no_pass = cleaner_->pause();
  Rewritten old(log);
  if (!old.begin(thinning.segments)) return Thinned{};
  auto proved = cleaner_->prove_batches();  // (1)
  if (!proved) return Unexpected(proved.error());
  std::vector<CatalogEntry> entries = std::move(*proved);

  Thinned thinned;
  std::uint64_t records = 0;
  std::uint64_t record_bytes = 0;
  for (const SegmentUse& use : old.uses()) {
    ++thinned.segments;
    thinned.bytes += use.place.size_bytes;
    records += use.entries;
    record_bytes += use.written_bytes;
  }
  SegmentCopies copies({.storage = *storage_, .segments = *segments_, .slices = slices_, .space = log});
  copies.expect(records - std::min(records, thinning.gone_records),
                record_bytes - std::min(record_bytes, thinning.gone_bytes));
  Sorted sorted;
  const LogGaps gaps = log_gaps(log.id());
  for (const SegmentUse& use : old.uses()) {
    const auto is_whole = copy_kept({*storage_, slices_, log, gaps, thinning.keeps, copies, sorted}, use);  // (2)
    if (!is_whole) return Unexpected(is_whole.error());
    if (*is_whole) continue;
    if (auto whole = check_map(); !whole) return Unexpected(whole.error());
    log.segments().set_damaged(use.place.segment_id);
    return Thinned{};
  }
  if (auto durable = copies.finish(); !durable) return Unexpected(durable.error());
  if (auto whole = check_map(); !whole) return Unexpected(whole.error());  // what was copied may be the zeros of a missing page
  std::sort(sorted.moved.begin(), sorted.moved.end(), [](const auto& a, const auto& b) { return a.id < b.id; });

  // Behind the commit nothing may fail.
  std::vector<Segments::LetGo> let_go;
  Rollback unknown([&] {
    for (const SegmentCopies::Made& made : copies.made()) log.segments().forget_unseen(made.place.segment_id);
  });
  for (const SegmentCopies::Made& made : copies.made()) log.segments().add_unseen(made.place, {made.table_index});
  for (const CatalogEntry& entry : copies.entries()) entries.push_back(entry);
  std::vector<SegmentPlace> freed;
  for (const SegmentUse& use : old.uses()) freed.push_back(use.place);
  add_counts_before(log, freed, entries);
  for (const SegmentUse& use : old.uses()) {
    entries.push_back({.type = CatalogEntryType::free_segment, .segment_id = use.place.segment_id});
    let_go.push_back({.space = &log, .place = use.place});
  }
  const std::uint64_t below = std::max(thinning.below, log_thinned(log.id()));
  if (!mutated(Mutant::log_thinned_not_recorded))
    entries.push_back({.type = CatalogEntryType::log_thinned, .space_id = log.id(), .number = below});
  if (auto committed = catalog_->commit(entries); !committed) {  // (3)
    if (committed.error().code == ErrorCode::io) copies.keep();  // the medium may know of them
    return Unexpected(committed.error());
  }
  copies.keep();
  unknown.keep();
  cleaner_->batches_told();
  for (const SegmentCopies::Made& made : copies.made()) {
    log.segments().show(made.place.segment_id);
    ++thinned.made_segments;
    thinned.made_bytes += made.place.size_bytes;
  }
  old.set_freed();
  thinned.copied_bytes = copies.copied_bytes();
  thinned.gone_records = sorted.gone_records;
  thinning.moved(sorted.moved);  // (4)
  static_cast<void>(without_bad_alloc([&] {
    segments_->let_go(std::move(let_go));
    if (!sorted.gone_parts.empty()) segments_->retire(sorted.gone_parts, false);
    return segments_->reclaim();  // (5)
  }));
  return thinned;
}

}  // namespace holdfast
