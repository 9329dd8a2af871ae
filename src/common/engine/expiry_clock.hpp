#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

#include "common/base/fork_guard.hpp"
#include "common/engine/catalog.hpp"
#include "common/format/record.hpp"

namespace holdfast {

/// What time it is for keys that expire: the clock of Options, but never earlier than it has been, nor than a mark in the
/// catalog. Before anybody is told that a key has expired, that mark is made at least as high as the key's time. So who has
/// been told so is never shown the key again, however far back the clock is set, before or behind the next open.
///
/// The mark goes in whole steps, so that it costs one catalog record a step and not one a key. It therefore runs ahead of
/// the clock by less than a step: when the store is opened again within it, keys expire that much early.
///
/// Crash order, as in docs/durability.md "expiry": (1) a key's time has come; (2) the mark is durable; (3) somebody is told,
/// or the key is erased for it.
///
/// Where the mark cannot be written (a store opened read-only, a forked child, a medium that is full or has failed), the
/// answer is the same and holds until the store is closed.
/// Threads: any.
class ExpiryClock {
 public:
  using Clock = std::function<std::uint64_t()>;
  static constexpr std::uint64_t kMarkStepUs = 1'000'000;

  /// `clock` empty: the system's.
  ExpiryClock(Catalog& catalog, Clock clock, bool read_only);
  ExpiryClock(const ExpiryClock&) = delete;
  ExpiryClock& operator=(const ExpiryClock&) = delete;

  /// Microseconds since 1970, never less than before.
  [[nodiscard]] std::uint64_t now_us();

  /// As the clock shows it, which may have been set back.
  [[nodiscard]] std::uint64_t read_us() const { return std::min(clock_(), kTimeUsMax); }

  /// To be called before somebody is told that a key with that time has expired. Requires: no lock is held, of a stripe
  /// above all; the time has come.
  void will_tell(std::uint64_t expires_us) {
    if (expires_us <= marked_us_.load(std::memory_order_acquire)) return;
    mark(expires_us);
  }

  /// How often the mark was written since the store was opened.
  [[nodiscard]] std::uint64_t marks_written() const noexcept { return marks_written_.load(std::memory_order_relaxed); }

 private:
  void mark(std::uint64_t expires_us);

  Catalog& catalog_;
  Clock clock_;
  bool read_only_;
  ForkGuard fork_guard_;
  std::atomic<std::uint64_t> latest_us_;
  std::mutex marking_;
  std::atomic<std::uint64_t> marked_us_;
  std::atomic<std::uint64_t> marks_written_{0};
};

}  // namespace holdfast
