#include "common/engine/cleaning_policy.hpp"

#include <algorithm>

namespace holdfast {
namespace {

struct Candidate {
  SegmentUse use{};
  std::uint64_t copied_bytes = 0;
  double score = 0;
};

// What cleaning it would give back; `tombstone_bytes` of it must be copied.
std::uint64_t gain_of(const SegmentUse& use, std::uint64_t tombstone_bytes) noexcept {
  const std::uint64_t whole = use.is_of_copies ? use.written_bytes : use.place.size_bytes;
  return whole - std::min(whole, use.live_bytes + tombstone_bytes);
}

std::uint64_t lowest_floor(const std::vector<SegmentUse>& uses) noexcept {
  std::uint64_t lowest = SliceUsage::kNoFloor;
  for (const SegmentUse& use : uses) lowest = std::min(lowest, use.floor);
  return lowest;
}

// An eighth of a space.
bool has_many_tombstones(const CleaningPolicy::Load& load, std::uint64_t segment_size_bytes) noexcept {
  constexpr std::uint64_t kPart = 8;
  return load.tombstone_bytes >= segment_size_bytes && load.tombstone_bytes * kPart >= load.size_bytes;
}

}  // namespace

CleaningPolicy::Load CleaningPolicy::load_of(const std::vector<SegmentUse>& uses) noexcept {
  Load load;
  for (const SegmentUse& use : uses) {
    load.size_bytes += use.place.size_bytes;
    load.live_bytes += use.live_bytes;
    load.tombstone_bytes += use.tombstone_bytes;
    (use.is_cleanable ? load.garbage_bytes : load.held_bytes) += gain_of(use, use.tombstone_bytes);
  }
  return load;
}

bool CleaningPolicy::is_due(const Load& load, double garbage_ratio_max, std::uint64_t segment_size_bytes) noexcept {
  return load.garbage_bytes >= kGarbageSegmentsMin * segment_size_bytes &&
         static_cast<double>(load.garbage_bytes) > garbage_ratio_max * static_cast<double>(load.size_bytes);
}

std::vector<SegmentUse> CleaningPolicy::choose(std::vector<SegmentUse> uses, std::uint64_t now,
                                               std::uint64_t segment_size_bytes, std::uint64_t gain_part_min) {
  const std::uint64_t lowest = lowest_floor(uses);
  std::vector<Candidate> candidates;
  for (const SegmentUse& use : uses) {
    if (!use.is_cleanable) continue;
    const std::uint64_t size = use.place.size_bytes;
    const std::uint64_t copied = size - gain_of(use, use.floor == lowest ? 0 : use.tombstone_bytes);
    if ((size - copied) * gain_part_min < size) continue;
    const double part = static_cast<double>(copied) / static_cast<double>(size);
    const std::uint64_t floor = use.floor == SliceUsage::kNoFloor ? 0 : use.floor;  // an empty one comes first
    const std::uint64_t age = now > floor ? now - floor : 0;
    candidates.push_back({use, copied, (1 - part) * static_cast<double>(age + 1) / (1 + part)});
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  std::vector<SegmentUse> chosen;
  std::uint64_t copied = 0;
  for (const Candidate& candidate : candidates) {
    if (chosen.size() == kVictimCountMax) break;
    if (!chosen.empty() && copied + candidate.copied_bytes > segment_size_bytes) break;
    copied += candidate.copied_bytes;
    chosen.push_back(candidate.use);
  }
  return chosen;
}

std::optional<SegmentUse> CleaningPolicy::floor_to_raise(const std::vector<SegmentUse>& uses,
                                                         std::uint64_t segment_size_bytes) noexcept {
  if (!has_many_tombstones(load_of(uses), segment_size_bytes)) return std::nullopt;
  const std::uint64_t lowest = lowest_floor(uses);
  for (const SegmentUse& use : uses)
    if (use.is_cleanable && use.floor == lowest) return use;
  return std::nullopt;
}

bool CleaningPolicy::is_held_up(const std::vector<SegmentUse>& uses, std::uint64_t segment_size_bytes) noexcept {
  return has_many_tombstones(load_of(uses), segment_size_bytes) && !floor_to_raise(uses, segment_size_bytes);
}

}  // namespace holdfast
