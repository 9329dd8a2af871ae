#include "log/lost_ids.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace holdfast::log {
namespace {

using Range = LostIds::Range;

/// Ids around a hole: those of the last record before it and the first one behind it, as far as there are any.
struct HoleBounds {
  std::optional<LogId> before;
  std::optional<LogId> behind;
};

HoleBounds bounds_of(const RecoveredSlice& slice, std::uint32_t hole) {
  HoleBounds bounds;
  for (const RecoveredRecord& record : slice.records) {
    if (record.type != RecordType::log_entry) continue;
    if (std::uint64_t{record.offset_8} * 8 < hole) {
      bounds.before = record.version;
    } else {
      bounds.behind = record.version;
      break;
    }
  }
  return bounds;
}

/// Missing ids that may have lain between those bounds: of one that is not there up to the next record of the stream.
Range between(const HoleBounds& bounds, const SequenceIndex& index, LogId first) {
  if (bounds.before && bounds.behind) return {*bounds.before + 1, *bounds.behind};
  if (bounds.before) return {*bounds.before + 1, index.next_present(*bounds.before + 1, index.next()).value_or(index.next())};
  if (!bounds.behind) return {first, index.next()};  // nobody can tell
  const auto before = *bounds.behind > first ? index.previous_present(*bounds.behind - 1, first) : std::nullopt;
  return {before ? *before + 1 : first, *bounds.behind};
}

/// By rising ids, and none twice.
void put_in_order(std::vector<Range>& ranges) {
  std::erase_if(ranges, [](const Range& range) { return range.begin >= range.end; });
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  std::size_t count = 0;
  for (const Range& range : ranges) {
    if (count > 0 && range.begin <= ranges[count - 1].end)
      ranges[count - 1].end = std::max(ranges[count - 1].end, range.end);
    else
      ranges[count++] = range;
  }
  ranges.resize(count);
}

}  // namespace

// In this order: who sees that an id may be left out sees which are lost.
template <class Visit>
void LostIds::for_each_in(LogId begin, LogId end, Visit&& visit) const {
  const LogId whole_from = whole_from_.load(std::memory_order_acquire);
  if (begin < whole_from && has_ranges_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(mutex_);
    for (const Range& range : ranges_) {
      const Range part{std::max(range.begin, begin), std::min({range.end, end, whole_from})};
      if (part.begin < part.end) visit(part);
    }
  }
  if (const Range part{std::max(begin, whole_from), end}; part.begin < part.end) visit(part);
}

std::optional<LogId> LostIds::first_in(LogId begin, LogId end) const {
  std::optional<LogId> first;
  for_each_in(begin, end, [&](const Range& part) { first = std::min(first.value_or(part.begin), part.begin); });
  return first;
}

std::optional<LogId> LostIds::last_in(LogId begin, LogId end) const {
  std::optional<LogId> last;
  for_each_in(begin, end, [&](const Range& part) { last = std::max(last.value_or(0), part.end - 1); });
  return last;
}

std::uint64_t LostIds::count_in(LogId begin, LogId end) const {
  std::uint64_t count = 0;
  for_each_in(begin, end, [&](const Range& part) { count += part.end - part.begin; });
  return count;
}

void LostIds::recover(const Engine& engine, const RecoveredSpace& recovered, const SequenceIndex& index, LogId first,
                      LogId thinned) {
  if (thinned <= first) return;
  const auto segment_of = [&](std::uint32_t slice) { return engine.segment_of({slice, 0}); };
  std::vector<Range> lost;
  std::map<SegmentId, Range> segments;                 // the lowest and the highest id of each
  std::map<SegmentId, std::set<std::uint32_t>> holed;  // slices with holes
  std::map<std::uint32_t, const RecoveredSlice*> by_index;
  for (const RecoveredSlice& slice : recovered.slices) {
    by_index.emplace(slice.index, &slice);
    if (slice.tally.entries == 0) continue;
    Range& ids = segments.try_emplace(segment_of(slice.index), Range{slice.tally.id_min, slice.tally.id_max}).first->second;
    ids.begin = std::min(ids.begin, slice.tally.id_min);
    ids.end = std::max(ids.end, slice.tally.id_max);
  }
  for (const auto& [slice, hole] : recovered.known_damage) {
    holed[segment_of(slice)].insert(slice);
    lost.push_back(between(bounds_of(*by_index.at(slice), hole), index, first));
  }
  // A segment is named once for each slice that has holes, and once for each that is lost whole.
  std::map<SegmentId, std::size_t> named;
  for (const SegmentId segment : recovered.damaged_segments) ++named[segment];
  for (const auto& [segment, times] : named) {
    const auto with_holes = holed.find(segment);
    if (times <= (with_holes == holed.end() ? 0 : with_holes->second.size())) continue;
    const auto ids = segments.find(segment);
    if (ids == segments.end()) {
      lost.push_back({first, thinned});
      continue;
    }
    lost.push_back(between({.before = {}, .behind = ids->second.begin}, index, first));
    lost.push_back(ids->second);
    lost.push_back(between({.before = ids->second.end, .behind = {}}, index, first));
  }
  put_in_order(lost);
  thin_to(thinned, std::move(lost));
}

std::vector<Range> LostIds::lost_below(LogId thinned, const SequenceIndex& index, LogId first) const {
  std::vector<Range> lost;
  {
    const std::lock_guard lock(mutex_);
    lost = ranges_;
  }
  for (LogId id = std::max(whole_from_.load(std::memory_order_relaxed), first); id < thinned;) {
    if (index.find(id)) {
      ++id;
      continue;
    }
    const LogId there = index.next_present(id, thinned).value_or(thinned);
    lost.push_back({id, there});
    id = there;
  }
  put_in_order(lost);
  return lost;
}

void LostIds::thin_to(LogId thinned, std::vector<Range> lost) noexcept {
  {
    const std::lock_guard lock(mutex_);
    ranges_.swap(lost);
    has_ranges_.store(!ranges_.empty(), std::memory_order_release);
  }
  if (thinned > whole_from_.load(std::memory_order_relaxed)) whole_from_.store(thinned, std::memory_order_release);
}

}  // namespace holdfast::log
