#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "common/base/fork_guard.hpp"
#include "common/base/thread_index.hpp"
#include "common/format/layout.hpp"

namespace holdfast {

/// Counts who looks at the bytes of a segment for longer than one operation.
///
/// Who pins holds a read guard and has found the segment under it. So whoever has taken a segment out of every
/// reader's reach, and has waited until its phase is out of sight, sees every pin of it there will ever be, and gives
/// its extent out again when there is none any more. Each thread counts in a shard of its own, as many may look
/// at one segment. In a forked child, which gives nothing out, nobody counts: a shard may be locked there for ever.
/// Threads: any.
class SegmentPins {
 public:
  /// One count, or none. Lifetime: the pins'.
  class Pin {
   public:
    Pin() = default;
    Pin(Pin&& other) noexcept
        : pins_(std::exchange(other.pins_, nullptr)), segment_(other.segment_), shard_(other.shard_) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin() {
      if (pins_ != nullptr) pins_->unpin(segment_, shard_);
    }

   private:
    friend class SegmentPins;
    Pin(SegmentPins& pins, SegmentId segment, std::uint32_t shard) noexcept
        : pins_(&pins), segment_(segment), shard_(shard) {}

    SegmentPins* pins_ = nullptr;
    SegmentId segment_ = 0;
    std::uint32_t shard_ = 0;
  };

  /// Requires: the caller holds a read guard under which it has found the segment. Throws std::bad_alloc; then nothing is
  /// pinned.
  [[nodiscard]] Pin pin(SegmentId segment) {
    if (fork_guard_.in_child()) return {};
    const std::uint32_t index = thread_index() % kShardCount;
    Shard& shard = shards_[index];
    const std::lock_guard lock(shard.mutex);
    ++shard.counts[segment];
    return {*this, segment, index};
  }

  [[nodiscard]] bool is_pinned(SegmentId segment) const {
    for (const Shard& shard : shards_) {
      const std::lock_guard lock(shard.mutex);
      if (shard.counts.contains(segment)) return true;
    }
    return false;
  }

 private:
  static constexpr std::uint32_t kShardCount = 16;
  struct alignas(64) Shard {
    mutable std::mutex mutex;  // guards counts
    std::unordered_map<SegmentId, std::uint64_t> counts;
  };

  void unpin(SegmentId segment, std::uint32_t index) noexcept {
    if (fork_guard_.in_child()) return;
    Shard& shard = shards_[index];
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.counts.find(segment);
    if (--found->second == 0) shard.counts.erase(found);
  }

  ForkGuard fork_guard_;
  std::array<Shard, kShardCount> shards_;
};

}  // namespace holdfast
