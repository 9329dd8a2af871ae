#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <holdfast/log.hpp>

#include "common/engine/engine.hpp"
#include "common/index/sequence_index.hpp"

namespace holdfast::log {

/// Which of a stream's ids that no record has are lost to damage, and which compaction has left out.
///
/// A stream that was never compacted has a record for each id, so what is missing is lost. Below the id up to which it was
/// compacted an id is lost if it may have had its place in a hole that recovery has reported; where nobody can tell, it counts
/// as lost.
/// Threads: any; compaction and recovery one at a time.
class LostIds {
 public:
  struct Range {
    LogId begin = 0;
    LogId end = 0;
  };

  /// Of an id that is missing: whether it is lost. In these three, of missing ids from `begin` to before `end`: the lowest, the
  /// highest, and how many are.
  [[nodiscard]] bool contains(LogId id) const { return first_in(id, id + 1).has_value(); }
  [[nodiscard]] std::optional<LogId> first_in(LogId begin, LogId end) const;
  [[nodiscard]] std::optional<LogId> last_in(LogId begin, LogId end) const;
  [[nodiscard]] std::uint64_t count_in(LogId begin, LogId end) const;

  /// What recovery has found of a stream that begins with `first` and was compacted below `thinned`. Before anybody else
  /// looks.
  void recover(const Engine& engine, const RecoveredSpace& recovered, const SequenceIndex& index, LogId first,
               LogId thinned);

  /// What ids below `thinned` that are missing by now are lost, for thin_to(). Requires: the index shows all of them.
  [[nodiscard]] std::vector<Range> lost_below(LogId thinned, const SequenceIndex& index, LogId first) const;
  /// From now on those of `lost` are, and others below `thinned` may be left out; before any is.
  void thin_to(LogId thinned, std::vector<Range> lost) noexcept;

 private:
  template <class Visit>
  void for_each_in(LogId begin, LogId end, Visit&& visit) const;

  std::atomic<LogId> whole_from_{0};  // from here on all that are missing are lost
  std::atomic<bool> has_ranges_{false};
  mutable std::mutex mutex_;
  std::vector<Range> ranges_;  // below, by rising ids
};

}  // namespace holdfast::log
