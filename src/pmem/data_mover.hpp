#pragma once

#include <libpmem2.h>

#include <cstddef>
#include <span>

#include <holdfast/storage.hpp>

#include "pmem/line_copy.hpp"

namespace holdfast::pmem {

/// How bytes reach the medium: which copy, which flush, which fence.
///
/// A copy may stay in the processor's write-combining buffers, where other threads do not see it in order.
/// They are emptied by fence() and by every locked instruction, so whoever tells another thread about
/// bytes through a mutex or an atomic read-modify-write needs nothing more.
/// Threads: any.
class DataMover {
 public:
  DataMover() = default;

  /// libpmem2's functions for maps of `granularity` (byte or cache_line). Errors: io.
  [[nodiscard]] static Result<DataMover> of(Granularity granularity);

  /// Copies without a fence. After the next fence() of this thread the bytes are on the medium.
  void copy(std::byte* destination, std::span<const std::byte> source) const noexcept;

  /// Writes the lines of `bytes` back, without a fence.
  void flush(std::span<const std::byte> bytes) const noexcept { flush_(bytes.data(), bytes.size()); }

  /// Waits until all that this thread has copied or flushed is on the medium.
  void fence() const noexcept { drain_(); }

 private:
  DataMover(pmem2_map* map, Granularity granularity) noexcept;

  pmem2_memcpy_fn memcpy_ = nullptr;
  pmem2_flush_fn flush_ = nullptr;
  pmem2_drain_fn drain_ = nullptr;
  LineCopy line_copy_ = nullptr;
  Granularity granularity_ = Granularity::cache_line;
};

}  // namespace holdfast::pmem
