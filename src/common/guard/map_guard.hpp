#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "common/guard/map_fault.hpp"

namespace holdfast {

struct GuardedRange;

/// While it lives, a SIGBUS at an address of its range becomes a page of zeros there and a note in `fault`,
/// and the instruction goes on. The first one alive in a process installs the handler, the last one takes it
/// away. Threads: construction and destruction any; nobody may look at the range any more when it ends.
class MapGuard {
 public:
  /// Offsets are noted from the range's begin. Errors: io (the kernel takes no handler).
  [[nodiscard]] static Result<MapGuard> over(std::span<const std::byte> range,
                                             std::shared_ptr<MapFault> fault);

  MapGuard() = default;
  MapGuard(MapGuard&& other) noexcept
      : range_(std::exchange(other.range_, nullptr)), fault_(std::move(other.fault_)) {}
  MapGuard& operator=(MapGuard&& other) noexcept {
    std::swap(range_, other.range_);
    fault_.swap(other.fault_);
    return *this;
  }
  ~MapGuard();

 private:
  MapGuard(GuardedRange* range, std::shared_ptr<MapFault> fault) noexcept
      : range_(range), fault_(std::move(fault)) {}

  GuardedRange* range_ = nullptr;
  std::shared_ptr<MapFault> fault_;  // the handler may write to it as long as the range is known
};

}  // namespace holdfast
