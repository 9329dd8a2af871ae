// What of a log is taken away. What lies in it is the facade's matter.

#include <thread>
#include <utility>

#include "common/base/mutant.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/success.hpp"
#include "common/engine/cleaner.hpp"
#include "common/engine/engine.hpp"
#include "common/engine/value_parts.hpp"

namespace holdfast {

std::uint64_t Engine::log_begin(SpaceId log) const {
  return catalog_->with_state([log](const CatalogState& state) {
    const auto found = state.spaces().find(log);
    return found == state.spaces().end() ? std::uint64_t{0} : found->second.log_begin;
  });
}

// What cannot be read any more is recovery's matter.
void Engine::add_value_parts_in(const Space& log, SegmentId segment, const std::function<bool(std::uint64_t id)>& counts,
                                std::vector<SegmentId>& parts) const {
  for (const SliceRef slice : log.segments().slices_of(segment)) {
    if (slices_.usage(slice.table_index).entries_in_parts.load(std::memory_order_relaxed) == 0) continue;
    SlicePosition position;
    static_cast<void>(walk_slice(log, slice, position, [&](Location, const RecordView& record) {
      if (!counts(record.header.version)) return true;
      for (const ValuePartDisk& part :
           value_parts_of(record.header.flags, record.payload).value_or(std::vector<ValuePartDisk>{}))
        parts.push_back(part.segment_id);
      return true;
    }));
  }
}

/// Segments of a log that nobody appends to any more. Until keep(), ending it leaves them as they were.
class Engine::Dropping {
 public:
  explicit Dropping(Space& log) noexcept : log_(log) {}
  Dropping(const Dropping&) = delete;
  Dropping& operator=(const Dropping&) = delete;
  ~Dropping();

  /// What is to be told of batches with their end, as Cleaner::prove_batches.
  [[nodiscard]] Result<std::vector<CatalogEntry>> begin(Engine& engine, std::span<const SegmentId> segments,
                                                        const MayGo& may_go);
  [[nodiscard]] std::vector<SegmentPlace> places() const {
    std::vector<SegmentPlace> all;
    all.reserve(held_.size());
    for (const Held& held : held_) all.push_back(held.place);
    return all;
  }
  void keep() noexcept { held_.clear(); }

 private:
  struct Held {
    SegmentPlace place{};
    std::vector<SliceRange> ranges{};
  };

  Space& log_;
  std::vector<Held> held_;
};

// What nobody takes room in any more, and no tail has in use. Behind the sync of (1) what such a segment holds has been told
// as well; where that is more than it was chosen for, it stays.
Result<std::vector<CatalogEntry>> Engine::Dropping::begin(Engine& engine, std::span<const SegmentId> segments,
                                                          const MayGo& may_go) {
  held_.reserve(segments.size());
  for (const SegmentId segment : segments)
    if (auto taken = log_.begin_dropping(segment))
      held_.push_back({.place = {.segment_id = segment}, .ranges = std::move(*taken)});
  auto proved = engine.cleaner_->prove_batches();
  if (!proved) return proved;
  std::erase_if(held_, [&](Held& held) {
    const auto use = log_.segments().use_of(held.place.segment_id);
    const bool goes = use && may_go(*use);
    if (goes)
      held.place = use->place;
    else
      log_.give_up_dropping(held.place.segment_id, held.ranges);
    return !goes;
  });
  return proved;
}

Engine::Dropping::~Dropping() {
  for (const Held& held : held_) log_.give_up_dropping(held.place.segment_id, held.ranges);
}

// Crash order, as in docs/durability.md "truncation".
Result<Engine::Freed> Engine::truncate_log(Space& log, std::uint64_t begin, std::span<const SegmentId> segments,
                                           const MayGo& may_go, const Forget& forget) {
  if (auto writable = check_writable(); !writable) return Unexpected(writable.error());
  const auto no_pass = cleaner_->pause();
  Dropping dropping(log);
  auto proved = segments.empty() ? Result<std::vector<CatalogEntry>>() : dropping.begin(*this, segments, may_go);  // (1)
  if (!proved) return Unexpected(proved.error());
  std::vector<CatalogEntry> entries = std::move(*proved);
  const std::vector<SegmentPlace> dropped = dropping.places();
  if (dropped.empty() && begin == 0) return Freed{};
  Freed freed{.segments = dropped.size()};
  for (const SegmentPlace& place : dropped) freed.bytes += place.size_bytes;
  std::vector<SegmentId> parts;
  std::vector<Segments::LetGo> let_go;
  auto committed = without_bad_alloc([&] {
    // Those of records that were cut off went with the cut.
    const LogGaps gaps = log_gaps(log.id());
    const auto counts = [&gaps](std::uint64_t id) { return !gaps.around(id); };
    for (const SegmentPlace& place : dropped) add_value_parts_in(log, place.segment_id, counts, parts);
    add_counts_before(log, dropped, entries);
    for (const SegmentPlace& place : dropped) {
      entries.push_back({.type = CatalogEntryType::free_segment, .segment_id = place.segment_id});
      let_go.push_back({.space = &log, .place = place});
    }
    if (begin != 0 && !mutated(Mutant::log_begin_not_recorded))
      entries.push_back({.type = CatalogEntryType::log_begin, .space_id = log.id(), .number = begin});
    return catalog_->commit(entries);  // (2)
  });
  if (!committed) return Unexpected(committed.error());
  dropping.keep();
  if (dropped.empty()) return freed;
  cleaner_->batches_told();
  for (const SegmentPlace& place : dropped) log.segments().set_freed(place.segment_id);
  // From here on a lack of memory, or of room in the catalog, only leaves something for another time.
  static_cast<void>(without_bad_alloc([&] {
    if (forget) let_go.back().keeps = forget();  // (3)
    return success();
  }));
  static_cast<void>(without_bad_alloc([&] {
    segments_->let_go(std::move(let_go));
    if (!parts.empty()) segments_->retire(parts, false);
    return segments_->reclaim();  // (4)
  }));
  return freed;
}

// (1) Nothing is placed any more; (2) what was placed, or was given extents, has had its outcome; (3) the catalog forgets it.
Result<void> Engine::drop_log(Space& log) {
  if (auto writable = check_writable(); !writable) return writable;
  log.refuse_writes(true);                                                       // (1)
  const std::uint64_t phase = value_guards_.phase();
  for (value_guards_.advance(); !value_guards_.out_of_sight(phase); value_guards_.advance()) std::this_thread::yield();
  auto dropped = wait_for_writes(log);  // (2)
  if (dropped) dropped = drop_space(log);  // (3)
  if (!dropped) log.refuse_writes(false);
  return dropped;
}

// Where one thread places for all, a sync goes through that thread; elsewhere a writer holds the log's tail.
Result<void> Engine::wait_for_writes(Space& log) {
  if (storage_->capabilities().shares_syncs) return route_->sync();
  const auto lease = log.lease();
  return success();
}

}  // namespace holdfast
