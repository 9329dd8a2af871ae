#pragma once

#include <atomic>

#include <holdfast/storage.hpp>

#include "common/base/mutant.hpp"
#include "common/engine/extents.hpp"
#include "common/format/layout.hpp"

namespace holdfast {

/// An extent of raw bytes, shared by everybody who may look at them. Once it is out of the catalog, whoever lets go of
/// it last gives its room back.
/// Threads: any.
class HeldExtent {
 public:
  HeldExtent(Extents& extents, SegmentId segment, ByteRange range) noexcept
      : extents_(extents), segment_(segment), range_(range) {}
  HeldExtent(const HeldExtent&) = delete;
  HeldExtent& operator=(const HeldExtent&) = delete;
  ~HeldExtent() {
    if (freed_.load(std::memory_order_acquire)) extents_.release(range_);
  }

  /// The catalog does not name it any more. Requires: the caller holds it.
  void free_when_let_go() {
    if (mutated(Mutant::extent_freed_under_view))
      extents_.release(range_);
    else
      freed_.store(true, std::memory_order_release);
  }

  [[nodiscard]] SegmentId segment() const noexcept { return segment_; }
  [[nodiscard]] ByteRange range() const noexcept { return range_; }

 private:
  Extents& extents_;
  SegmentId segment_;
  ByteRange range_;
  std::atomic<bool> freed_{false};
};

}  // namespace holdfast
