#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include <holdfast/log.hpp>

#include "common/engine/log_gaps.hpp"

namespace holdfast::log {

/// The gaps of a stream. Asked only where a record is missing.
/// Threads: any; changed by one at a time.
class StreamGaps {
 public:
  void set(LogGaps gaps) {
    const std::lock_guard lock(mutex_);
    gaps_ = std::move(gaps);
  }

  /// Behind it add() needs no memory.
  void make_room() {
    const std::lock_guard lock(mutex_);
    gaps_.make_room();
  }
  void add(LogId from, LogId to) noexcept {
    const std::lock_guard lock(mutex_);
    static_cast<void>(gaps_.add(from, to));
  }
  void forget_below(LogId begin) noexcept {
    const std::lock_guard lock(mutex_);
    gaps_.forget_below(begin);
  }

  [[nodiscard]] std::optional<LogGap> around(LogId id) const {
    const std::lock_guard lock(mutex_);
    return gaps_.around(id);
  }
  [[nodiscard]] bool has(LogId id) const { return around(id).has_value(); }

  /// The lowest id from `id` on that lies in none.
  [[nodiscard]] LogId passed_forward(LogId id) const {
    const auto gap = around(id);
    return gap ? gap->to : id;
  }

  /// Of ids from `from` on that lie in none, the one behind the last before a gap, or `border`.
  [[nodiscard]] LogId end_of_run(LogId from, LogId border) const {
    const std::lock_guard lock(mutex_);
    return std::min(border, gaps_.next_begin(from, border));
  }
  /// Of such ids down from `from`, the last one behind a gap, or `border`.
  [[nodiscard]] LogId begin_of_run(LogId from, LogId border) const {
    const std::lock_guard lock(mutex_);
    return std::max(border, gaps_.last_end(from, border));
  }

  [[nodiscard]] std::uint64_t count(LogId begin, LogId end) const {
    const std::lock_guard lock(mutex_);
    return gaps_.count(begin, end);
  }
  [[nodiscard]] LogId back_by(std::uint64_t count, LogId begin, LogId end) const {
    const std::lock_guard lock(mutex_);
    return gaps_.back_by(count, begin, end);
  }

 private:
  mutable std::mutex mutex_;
  LogGaps gaps_;
};

}  // namespace holdfast::log
