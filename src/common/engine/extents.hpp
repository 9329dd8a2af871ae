#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include <holdfast/storage.hpp>

#include "common/allocator/extent_allocator.hpp"

namespace holdfast {

/// Extents of a store that grows when it must: the allocator and the medium's size together.
/// Threads: any number of callers.
class Extents {
 public:
  explicit Extents(Storage& storage) : storage_(storage), allocator_(storage.size_bytes()) {}

  /// One extent of `size_bytes`, rounded up to blocks. Grows the store if nothing free is large enough.
  /// Errors: no_space (nothing changed), io, read_only, locked.
  [[nodiscard]] Result<ByteRange> allocate(std::uint64_t size_bytes);

  /// The same without growing. Errors: no_space.
  [[nodiscard]] Result<ByteRange> allocate_present(std::uint64_t size_bytes);

  /// As few extents as free space and growth allow that hold `size_bytes` together. Errors: as allocate.
  [[nodiscard]] Result<std::vector<ByteRange>> allocate_parts(std::uint64_t size_bytes);

  /// Marks what the catalog names. Errors: corruption (overlaps another extent, or behind the end).
  [[nodiscard]] Result<void> take(ByteRange extent);

  void release(ByteRange extent) { allocator_.release(extent); }
  void release(const std::vector<ByteRange>& extents) {
    for (const ByteRange& extent : extents) allocator_.release(extent);
  }

  [[nodiscard]] std::uint64_t free_bytes() const { return allocator_.free_bytes(); }

  /// Whether `size_bytes` can be had in one extent without growing.
  [[nodiscard]] bool has_run_of(std::uint64_t size_bytes) const { return allocator_.largest_free_bytes() >= size_bytes; }

 private:
  [[nodiscard]] Result<ByteRange> reserved(ByteRange extent);
  [[nodiscard]] Result<void> grow_for(std::uint64_t size_bytes);

  Storage& storage_;
  ExtentAllocator allocator_;
  std::mutex growing_;  // one growth at a time; held across the growth, which no reader waits for
};

}  // namespace holdfast
