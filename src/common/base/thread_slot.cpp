#include "common/base/thread_slot.hpp"

#include <bit>

namespace holdfast {

class ThreadSlot::Lease {
 public:
  Lease() noexcept : slot_(take()) { current_ = slot_; }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  ~Lease() {
    current_ = kShared;  // for calls of later thread-local destructors
    if (slot_ == kShared) return;
    // release: the next owner goes on from what this thread has left
    taken_[slot_ / kWordBits].fetch_and(~bit(slot_), std::memory_order_release);
  }

 private:
  static constexpr std::size_t kWordBits = 64;

  static constexpr std::uint64_t bit(std::size_t slot) noexcept { return std::uint64_t{1} << (slot % kWordBits); }

  /// The first one that is free, or the shared one.
  static std::size_t take() noexcept {
    for (std::size_t word = 0; word < taken_.size(); ++word) {
      std::uint64_t taken = taken_[word].load(std::memory_order_relaxed);
      while (~taken != 0) {
        const std::size_t slot = word * kWordBits + static_cast<std::size_t>(std::countr_one(taken));
        if (taken_[word].compare_exchange_weak(taken, taken | bit(slot), std::memory_order_acquire,
                                               std::memory_order_relaxed)) {
          raise_end(slot + 1);
          return slot;
        }
      }
    }
    return kShared;
  }

  static void raise_end(std::size_t end) noexcept {
    std::size_t before = end_.load();
    while (before < end && !end_.compare_exchange_weak(before, end)) {
    }
  }

  static inline constinit std::array<std::atomic<std::uint64_t>, kOwned / kWordBits> taken_{};

  std::size_t slot_;
};

void ThreadSlot::claim() noexcept {
  static thread_local const Lease lease;
  static_cast<void>(lease);
}

}  // namespace holdfast
