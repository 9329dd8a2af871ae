#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace holdfast {

/// A thread's claim on one of kOwned places, of every table of such places at once, until the thread ends: what lies
/// there no other thread changes meanwhile, so that it needs no locked instruction. Who owns a place next goes on from
/// what its last owner has left. Threads beyond kOwned share the place kShared.
///
/// Without a lock, which a forked child could find taken.
class ThreadSlot {
 public:
  static constexpr std::size_t kOwned = 128;
  static constexpr std::size_t kShared = kOwned;
  static constexpr std::size_t kCount = kOwned + 1;

  /// The calling thread's place.
  [[nodiscard]] static std::size_t current() noexcept {
    if (current_ == kNone) [[unlikely]]
      claim();
    return current_;
  }

  /// No place from here on, but kShared, was ever a thread's. Who looks through a table stops here; a thread that comes later
  /// has made this grow before it uses its place.
  [[nodiscard]] static std::size_t end() noexcept { return end_.load(); }

 private:
  class Lease;
  static constexpr std::size_t kNone = ~std::size_t{0};

  static void claim() noexcept;

  static inline constinit thread_local std::size_t current_ = kNone;
  static inline constinit std::atomic<std::size_t> end_{0};
};

}  // namespace holdfast
