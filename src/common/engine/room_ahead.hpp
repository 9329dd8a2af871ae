#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include <holdfast/storage.hpp>

#include "common/engine/extents.hpp"
#include "common/engine/interval_timer.hpp"

namespace holdfast {

/// Room that is there before a writer comes for it, made in a thread of its own: where little of a large store is free the
/// store grows, and where the next extents will lie pages are brought into memory. A writer that finds no room still makes
/// it by itself; what it would wait for is a sync of the whole file, or a new pool: a hundred milliseconds and more.
///
/// Small stores grow by little, and have no such thread. What fails here is not tried again at this size of the store, and
/// tells nobody: who needs the room meets the error.
/// Threads: any, except stop().
class RoomAhead {
 public:
  static constexpr std::uint64_t kStoreBytesMin = std::uint64_t{128} << 20;  ///< Smaller ones do without.
  static constexpr std::uint64_t kFreePart = 8;                              ///< So much of the store is kept free,
  static constexpr std::uint64_t kFreeBytesMax = std::uint64_t{256} << 20;   ///< and no more than this.
  static constexpr std::uint64_t kExtentsAhead = 4;  ///< So many are brought into memory,
  static constexpr std::uint64_t kExtentBytesMax = std::uint64_t{8} << 20;  ///< if what was taken last is no larger.

  struct Parts {
    Storage& storage;
    Extents& extents;
    std::function<Result<void>()> reclaim;  ///< Gives out again what is free and nobody looks at any more.
  };
  explicit RoomAhead(Parts parts);

  /// An extent of that size was taken, and another of its kind may follow.
  void note_taken(std::uint64_t size_bytes) noexcept;

  /// How often the store has grown before anybody had to wait for it.
  [[nodiscard]] std::uint64_t growths() const noexcept { return growths_.load(); }

  /// Ends the thread.
  void stop() noexcept { timer_.stop(); }

 private:
  void work() noexcept;
  [[nodiscard]] Result<void> grow_if_short(std::uint64_t extent_bytes);
  void bring_into_memory(std::uint64_t extent_bytes) noexcept;

  Parts parts_;
  const bool is_paged_;
  std::atomic<std::uint64_t> extent_bytes_{0};
  std::atomic<std::uint64_t> growths_{0};
  std::uint64_t refused_at_bytes_ = 0;  // of the thread alone, like what follows
  ByteRange in_memory_{};
  IntervalTimer timer_;  // last: its thread ends first
};

}  // namespace holdfast
