#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <holdfast/storage.hpp>

#include "common/allocator/extent_allocator.hpp"
#include "common/engine/low_space.hpp"
#include "common/engine/room.hpp"
#include "common/engine/segment_reserve.hpp"

namespace holdfast {

/// Extents of a store that grows when it must: the allocator and the medium's size together.
/// Threads: any number of callers.
class Extents {
 public:
  explicit Extents(Storage& storage) : storage_(storage), allocator_(storage.size_bytes()) {}

  /// One extent of `size_bytes`, rounded up to blocks. Grows the store if nothing free is large enough.
  /// Errors: no_space (nothing changed), io, read_only, locked.
  [[nodiscard]] Result<ByteRange> allocate(std::uint64_t size_bytes, Room room = Room::common);

  /// The same without growing. Errors: no_space.
  [[nodiscard]] Result<ByteRange> allocate_present(std::uint64_t size_bytes);

  /// As few extents as free space and growth allow that hold `size_bytes` together. Errors: as allocate.
  [[nodiscard]] Result<std::vector<ByteRange>> allocate_parts(std::uint64_t size_bytes);

  /// Marks what the catalog names. Errors: corruption (overlaps another extent, or behind the end).
  [[nodiscard]] Result<void> take(ByteRange extent);

  /// Grows the store by that much, whether anybody needs it or not. Errors: no_space (nothing changed), io, read_only, locked.
  [[nodiscard]] Result<void> grow_by(std::uint64_t size_bytes);

  /// Nobody stores to it in place any more.
  void protect(ByteRange extent) noexcept { storage_.protect(extent); }

  void release(ByteRange extent) {
    allocator_.release(extent);
    fill_reserve();
  }
  void release(const std::vector<ByteRange>& extents) {
    for (const ByteRange& extent : extents) allocator_.release(extent);
    fill_reserve();
  }

  /// From now on runs of that size are kept aside for cleaning, as soon as there are any.
  void keep_reserve(std::uint64_t run_size_bytes) {
    reserve_.keep(run_size_bytes);
    fill_reserve();
  }

  [[nodiscard]] std::uint64_t free_bytes() const { return allocator_.free_bytes() + reserve_.held_bytes(); }

  /// Free, and what the store may still grow by; without what is, or should be, kept aside.
  [[nodiscard]] std::uint64_t available_bytes() const;

  /// Is told how much is left whenever room was taken. Before anybody else uses the extents; may be null.
  void set_low_space(std::shared_ptr<LowSpace> low_space) noexcept { low_space_ = std::move(low_space); }

  /// Is told of the size of every extent that was taken. Before anybody else uses the extents; may be null.
  void set_taken(std::function<void(std::uint64_t size_bytes)> taken) { taken_ = std::move(taken); }

  /// ExtentAllocator::next_run().
  [[nodiscard]] std::optional<ByteRange> next_run(std::uint64_t size_bytes, std::uint64_t size_bytes_max) const {
    return allocator_.next_run(size_bytes, size_bytes_max);
  }

  /// Whether `size_bytes` can be had in one extent without growing.
  [[nodiscard]] bool has_run_of(std::uint64_t size_bytes) const { return allocator_.largest_free_bytes() >= size_bytes; }

 private:
  [[nodiscard]] Result<ByteRange> reserved(ByteRange extent);
  [[nodiscard]] Result<ByteRange> allocate_for(std::uint64_t size_bytes, Room room);
  void fill_reserve();
  [[nodiscard]] Result<void> require_reserve();
  [[nodiscard]] Result<void> grow_for(std::uint64_t size_bytes);
  [[nodiscard]] Result<ByteRange> allocate_or_grow(std::uint64_t size_bytes);
  [[nodiscard]] Result<std::vector<ByteRange>> allocate_in_parts(std::uint64_t size_bytes);
  void note_taken(std::uint64_t size_bytes) const;

  Storage& storage_;
  ExtentAllocator allocator_;
  SegmentReserve reserve_;
  std::shared_ptr<LowSpace> low_space_;
  std::function<void(std::uint64_t)> taken_;
  std::mutex growing_;  // one growth at a time; held across the growth, which no reader waits for
};

}  // namespace holdfast
