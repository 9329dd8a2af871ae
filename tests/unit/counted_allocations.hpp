#pragma once

#include <cstdint>

namespace holdfast {

/// What indexes have taken of TBB's allocator, and not given back, while this lives: usable bytes of its blocks, whatever
/// the allocator has kept of what others gave back. It stands between every caller and the allocator.
/// Threads: one such object at a time; any may allocate.
class CountedAllocations {
 public:
  CountedAllocations();
  ~CountedAllocations();
  CountedAllocations(const CountedAllocations&) = delete;
  CountedAllocations& operator=(const CountedAllocations&) = delete;

  [[nodiscard]] std::uint64_t bytes() const noexcept;
};

}  // namespace holdfast
