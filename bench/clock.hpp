#pragma once

#include <cstdint>

namespace holdfast::bench {

/// Time stamps cheap enough to stand around one operation of 100 ns: the processor's invariant time
/// stamp counter, calibrated once against steady_clock, or steady_clock where there is none.
/// Threads: any.
class Clock {
 public:
  /// The process's clock; the first call calibrates it (about 20 ms).
  [[nodiscard]] static const Clock& instance() noexcept;

  /// Waits for earlier instructions, so that the operation before it is counted in full.
  [[nodiscard]] std::uint64_t ticks() const noexcept;

  [[nodiscard]] double nanoseconds(std::uint64_t ticks) const noexcept {
    return static_cast<double>(ticks) * ns_per_tick_;
  }
  [[nodiscard]] double seconds(std::uint64_t ticks) const noexcept { return nanoseconds(ticks) * 1e-9; }

  /// What an empty timed operation shows: the part of every latency that is the clock's own.
  [[nodiscard]] double cost_ns() const noexcept { return cost_ns_; }

 private:
  Clock() noexcept;

  bool counter_ = false;
  double ns_per_tick_ = 1.0;
  double cost_ns_ = 0.0;
};

}  // namespace holdfast::bench
