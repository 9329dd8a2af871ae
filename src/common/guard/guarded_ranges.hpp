#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "common/guard/map_fault.hpp"

namespace holdfast {

/// A run of addresses as the signal handler sees it. Its memory is never given back, only used again, so that
/// a handler may look at any time.
///
/// Who changes it moves `begin` out of the way first, and the handler looks at `begin` twice: so it never
/// takes the begin of one range and the end of another for a range.
struct GuardedRange {
  static constexpr std::uintptr_t kNowhere = std::numeric_limits<std::uintptr_t>::max();

  std::atomic<std::uintptr_t> begin{kNowhere};
  std::atomic<std::uintptr_t> end{0};
  std::atomic<MapFault*> fault{nullptr};
  GuardedRange* next = nullptr;  // fixed before the list shows it
};

/// All of them in the process. Changed by one thread at a time, read by signal handlers without a lock.
class GuardedRanges {
 public:
  /// One that no store uses, or a new one.
  [[nodiscard]] GuardedRange& take();

  static void set(GuardedRange& range, std::uintptr_t begin, std::uintptr_t end, MapFault& fault) noexcept;
  static void clear(GuardedRange& range) noexcept { range.begin.store(GuardedRange::kNowhere); }

  /// What of the range that holds `address` was found, all of one moment; a null fault: there is none.
  struct Hit {
    MapFault* fault = nullptr;
    std::uint64_t offset = 0;
  };
  [[nodiscard]] Hit find(std::uintptr_t address) const noexcept;

 private:
  std::atomic<GuardedRange*> first_{nullptr};
};

}  // namespace holdfast
