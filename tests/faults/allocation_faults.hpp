#pragma once

#include <cstdint>

namespace holdfast {

/// Lets memory run out for the library (StoreLife's calls): the n-th allocation fails, by operator new or by
/// TBB's allocator, in whichever thread; or it and all behind it. Belongs into an executable of its own,
/// whose operator new this is.
class AllocationFaults {
 public:
  /// Counting starts anew. `number` 0: nothing fails.
  AllocationFaults(std::uint64_t number, bool from_then_on);
  ~AllocationFaults();
  AllocationFaults(const AllocationFaults&) = delete;
  AllocationFaults& operator=(const AllocationFaults&) = delete;

  /// Allocations of the library so far.
  [[nodiscard]] static std::uint64_t made() noexcept;
};

}  // namespace holdfast
