#pragma once

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include <holdfast/storage.hpp>

#include "common/base/mutant.hpp"
#include "common/engine/extents.hpp"
#include "common/format/layout.hpp"

namespace holdfast {

/// An extent of raw bytes, shared by everybody who may look at them. Once it is out of the catalog, whoever lets go of
/// it last gives its room back.
/// Threads: any; changes of what the catalog says of it, one at a time.
class HeldExtent {
 public:
  /// `is_named`: the catalog names it; else it is given back when let go, until named().
  HeldExtent(Extents& extents, SegmentId segment, ByteRange range, bool is_named = true) noexcept
      : extents_(extents), segment_(segment), range_(range), freed_(!is_named) {}
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

  /// The catalog names it from now on.
  void named() noexcept { freed_.store(false, std::memory_order_release); }

  /// The catalog names these instead, or those of them that are not freed. Whoever looks at the whole goes on, and
  /// each part is held as long. Requires: they are all of its range, and the caller holds it.
  void split_into(std::vector<std::shared_ptr<HeldExtent>> parts) noexcept { parts_ = std::move(parts); }

  [[nodiscard]] SegmentId segment() const noexcept { return segment_; }
  [[nodiscard]] ByteRange range() const noexcept { return range_; }

 private:
  Extents& extents_;
  SegmentId segment_;
  ByteRange range_;
  std::atomic<bool> freed_;
  std::vector<std::shared_ptr<HeldExtent>> parts_;
};

}  // namespace holdfast
