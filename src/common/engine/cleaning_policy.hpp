#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/engine/space_segments.hpp"

namespace holdfast {

/// Which segments of a space are worth cleaning, and when.
///
/// What a segment costs is what of it must be copied, what it gives is its room. Chosen are those of the highest benefit
/// for their cost, (1 - u) * age / (1 + u), where u is the part of the segment that is copied (Rosenblum and Ousterhout,
/// "The Design and Implementation of a Log-Structured File System", 1992): of two alike the older one, whose records are
/// the less likely to be replaced soon. Age is counted in versions.
///
/// What lies unused in a segment is given back by cleaning as well, but of one that cleaning itself has filled it is not: the
/// copies would leave as much again. So each segment that is chosen brings the end nearer, whatever the sizes of records.
///
/// Tombstones count as needed, but for those of the segment with the lowest floor: nothing lies below them.
/// Threads: any; it has no state.
class CleaningPolicy {
 public:
  struct Load {
    std::uint64_t size_bytes = 0;       ///< Of all segments.
    std::uint64_t live_bytes = 0;
    std::uint64_t tombstone_bytes = 0;
    std::uint64_t garbage_bytes = 0;    ///< Of segments that can be cleaned: what is neither.
    std::uint64_t held_bytes = 0;       ///< Of those that cannot be, maybe as they wait for a sync.
  };
  [[nodiscard]] static Load load_of(const std::vector<SegmentUse>& uses) noexcept;

  /// Whether a space of that load shall be cleaned without being asked.
  [[nodiscard]] static bool is_due(const Load& load, double garbage_ratio_max, std::uint64_t segment_size_bytes) noexcept;

  /// Of those a few whose copies fill about one segment, the best one first; none: nothing is worth it. `now` is the next
  /// version. A segment that would give back less than one part in `gain_part_min` is left alone.
  [[nodiscard]] static std::vector<SegmentUse> choose(std::vector<SegmentUse> uses, std::uint64_t now,
                                                      std::uint64_t segment_size_bytes,
                                                      std::uint64_t gain_part_min = kGainPartMin);

  /// The segment of the lowest floor, where tombstones take so much that it must go, whatever it holds.
  [[nodiscard]] static std::optional<SegmentUse> floor_to_raise(const std::vector<SegmentUse>& uses,
                                                                std::uint64_t segment_size_bytes) noexcept;

  /// Whether many tombstones wait for a segment that is still written to, though maybe by nobody any more.
  [[nodiscard]] static bool is_held_up(const std::vector<SegmentUse>& uses, std::uint64_t segment_size_bytes) noexcept;

  static constexpr std::uint64_t kGainPartMin = 16;

 private:
  static constexpr std::uint64_t kVictimCountMax = 16;
  static constexpr std::uint64_t kGarbageSegmentsMin = 4;
};

}  // namespace holdfast
