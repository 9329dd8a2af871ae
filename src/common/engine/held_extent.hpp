#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <holdfast/storage.hpp>

#include "common/base/mutant.hpp"
#include "common/engine/extents.hpp"
#include "common/format/catalog_entry.hpp"

namespace holdfast {

/// An extent of raw bytes, shared by everybody who may look at them. Once it is out of the catalog, whoever lets go of
/// it last gives its room back. A hole is one that takes no room: its bytes are zeros.
/// Threads: any; changes of what the catalog says of it, one at a time.
class HeldExtent {
 public:
  /// What the catalog says of it, or shall say.
  struct Terms {
    SegmentContent content = SegmentContent::region;
    std::optional<std::uint64_t> check{};  ///< Of all its bytes: then they never change.
    bool is_named = true;                  ///< Else it is given back when let go, until named().
  };

  HeldExtent(Extents& extents, SegmentId segment, ByteRange range, const Terms& terms) noexcept
      : extents_(extents),
        segment_(segment),
        range_(range),
        content_(terms.content),
        check_(terms.check),
        freed_(!terms.is_named) {}
  HeldExtent(const HeldExtent&) = delete;
  HeldExtent& operator=(const HeldExtent&) = delete;
  ~HeldExtent() {
    if (!freed_.load(std::memory_order_acquire) || is_hole()) return;
    if (is_open()) extents_.protect(range_);
    extents_.release(range_);
  }

  /// The catalog does not name it any more. Requires: the caller holds it.
  void free_when_let_go() {
    if (mutated(Mutant::extent_freed_under_view) && !is_hole())
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
  [[nodiscard]] SegmentContent content() const noexcept { return content_; }
  [[nodiscard]] bool is_hole() const noexcept { return content_ == SegmentContent::region_hole; }

  [[nodiscard]] const std::optional<std::uint64_t>& check() const noexcept { return check_; }
  /// Requires: nobody else knows of it yet.
  void set_check(std::uint64_t check) noexcept { check_ = check; }

  /// Whether it was made writable for stores in place.
  [[nodiscard]] bool is_open() const noexcept { return open_.load(std::memory_order_acquire); }
  void set_open() noexcept { open_.store(true, std::memory_order_release); }

  /// Whether its bytes were found to be those that the check was made of.
  [[nodiscard]] bool is_proved() const noexcept { return proved_.load(std::memory_order_acquire); }
  void set_proved(bool proved) noexcept { proved_.store(proved, std::memory_order_release); }

  /// Bytes were written in place that no sync has covered. Behind the writing.
  void mark_dirty() noexcept { dirt_.fetch_or(kDirty, std::memory_order_acq_rel); }
  /// The same of bytes that the processor has stored: they must be handed on to the medium first.
  void mark_stored() noexcept { dirt_.fetch_or(kDirty | kStored, std::memory_order_acq_rel); }
  [[nodiscard]] bool is_dirty() const noexcept { return dirt_.load(std::memory_order_relaxed) != 0; }

  [[nodiscard]] bool has_stores() const noexcept { return (dirt_.load(std::memory_order_relaxed) & kStored) != 0; }

  /// A sync of it begins, one at a time; whether anything is to be synced. What is marked from now on is another's.
  [[nodiscard]] bool begin_sync() noexcept {
    if (!is_dirty()) return false;
    const std::uint8_t found = dirt_.exchange(kSyncing, std::memory_order_acq_rel);
    synced_ = found & (kDirty | kStored);
    return synced_ != 0;
  }
  [[nodiscard]] bool is_syncing() const noexcept { return (dirt_.load(std::memory_order_relaxed) & kSyncing) != 0; }
  [[nodiscard]] bool is_syncing_stores() const noexcept { return is_syncing() && (synced_ & kStored) != 0; }
  void end_sync(bool succeeded) noexcept {
    if (!is_syncing()) return;
    if (!succeeded) dirt_.fetch_or(synced_, std::memory_order_acq_rel);
    dirt_.fetch_and(static_cast<std::uint8_t>(~kSyncing), std::memory_order_relaxed);
  }

 private:
  static constexpr std::uint8_t kDirty = 1;
  static constexpr std::uint8_t kStored = 2;
  static constexpr std::uint8_t kSyncing = 4;

  Extents& extents_;
  SegmentId segment_;
  ByteRange range_;
  SegmentContent content_;
  std::optional<std::uint64_t> check_;
  std::atomic<bool> freed_;
  std::atomic<bool> proved_{false};
  std::atomic<bool> open_{false};
  std::atomic<std::uint8_t> dirt_{0};
  std::uint8_t synced_ = 0;  // what was marked when the sync began: that one's
  std::vector<std::shared_ptr<HeldExtent>> parts_;
};

}  // namespace holdfast
