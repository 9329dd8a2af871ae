#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include <holdfast/storage.hpp>

namespace holdfast {

/// Divides a store's address space into extents of whole 4 KiB blocks.
///
/// It keeps nothing on the medium: what the catalog does not name is free, so nothing can leak and no
/// allocator state can tear. Best fit keeps large runs whole; neighbours merge when freed.
/// Threads: any number of callers.
class ExtentAllocator {
 public:
  /// Everything in [0, size_bytes) is free; take() then marks what is in use.
  explicit ExtentAllocator(std::uint64_t size_bytes);

  /// Marks an extent as used. False, and nothing changed, if any part of it is used or outside.
  [[nodiscard]] bool take(ByteRange extent);

  /// The smallest free run that holds `size_bytes` (rounded up to blocks); nothing if there is none.
  [[nodiscard]] std::optional<ByteRange> allocate(std::uint64_t size_bytes);

  /// Where allocate(size_bytes) would begin, as much as is free there, cut to `size_bytes_max`; nothing if there is no such
  /// run. It may be gone the next moment.
  [[nodiscard]] std::optional<ByteRange> next_run(std::uint64_t size_bytes, std::uint64_t size_bytes_max) const;

  /// The largest free run, cut to `size_bytes_max`; nothing if no block is free.
  [[nodiscard]] std::optional<ByteRange> allocate_largest(std::uint64_t size_bytes_max);

  /// Gives an extent back. Requires: it came from allocate or take.
  void release(ByteRange extent) noexcept;

  /// The address space has grown to `size_bytes`; the new blocks are free.
  void grow(std::uint64_t size_bytes);

  [[nodiscard]] std::uint64_t free_bytes() const;
  [[nodiscard]] std::uint64_t largest_free_bytes() const;
  [[nodiscard]] std::uint64_t size_bytes() const;

 private:
  void add_free(ByteRange extent);
  void insert_free(ByteRange extent);
  void change_free(std::map<std::uint64_t, std::uint64_t>::iterator run, ByteRange extent) noexcept;
  void remove_free(std::map<std::uint64_t, std::uint64_t>::iterator run);
  [[nodiscard]] ByteRange cut(std::map<std::uint64_t, std::uint64_t>::iterator run, std::uint64_t size_bytes);

  mutable std::mutex mutex_;
  std::uint64_t size_bytes_ = 0;
  std::uint64_t free_bytes_ = 0;
  std::map<std::uint64_t, std::uint64_t> by_offset_;               // offset -> size of each free run
  std::set<std::pair<std::uint64_t, std::uint64_t>> by_size_;  // (size, offset): the same runs
};

}  // namespace holdfast
