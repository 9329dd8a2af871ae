#pragma once

#include <tbb/spin_mutex.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

namespace holdfast::kv {

/// A write of a key that has its version and is not in the index yet.
struct PendingWrite {
  std::uint64_t hash = 0;
  std::uint64_t version = 0;
  std::string_view key{};  ///< The writer's; valid while the write is pending.
};

/// The order of writes to each key. A stripe's lock fixes a write's version and registers it as pending,
/// and later publishes it; it is never held across I/O. All keys of one hash share a stripe.
///
/// Whoever holds a stripe's lock sees, for each of its keys, what is published and every write that may
/// still be published: the higher version wins, whichever finishes first.
class KeyOrder {
 public:
  struct alignas(64) Stripe {
    tbb::spin_mutex mutex;
    std::vector<PendingWrite> pending;
    std::uint32_t waiting = 0;               ///< Threads in wait_for_change().
    std::int64_t live = 0;                   ///< Keys of this stripe that are present.
    std::atomic<std::uint32_t> changes{0};   ///< Rises when a pending write ends, if anybody waits.

    [[nodiscard]] const PendingWrite* find(std::uint64_t hash, std::string_view key) const noexcept {
      for (const PendingWrite& write : pending)
        if (write.hash == hash && write.key == key) return &write;
      return nullptr;
    }

    [[nodiscard]] bool any_below(std::uint64_t hash, std::uint64_t version) const noexcept {
      for (const PendingWrite& write : pending)
        if (write.hash == hash && write.version < version) return true;
      return false;
    }

    /// A pending write has ended. Requires: the lock.
    void end(std::uint64_t version) noexcept {
      for (PendingWrite& write : pending) {
        if (write.version != version) continue;
        write = pending.back();
        pending.pop_back();
        break;
      }
      if (waiting == 0) return;
      changes.fetch_add(1, std::memory_order_release);
      changes.notify_all();
    }
  };

  using Lock = tbb::spin_mutex::scoped_lock;

  [[nodiscard]] Stripe& stripe(std::uint64_t hash) noexcept { return stripes_[(hash >> 48) % kStripeCount]; }

  /// Sleeps until some pending write of the stripe ends. Requires: `lock` holds it; it is given up
  /// meanwhile, and held again on return.
  static void wait_for_change(Stripe& stripe, Lock& lock) {
    ++stripe.waiting;
    const std::uint32_t seen = stripe.changes.load(std::memory_order_relaxed);
    lock.release();
    stripe.changes.wait(seen, std::memory_order_acquire);
    lock.acquire(stripe.mutex);
    --stripe.waiting;
  }

  /// Waits until every write below `version` has ended.
  void wait_for_all_below(std::uint64_t version) {
    for (Stripe& stripe : stripes_) {
      Lock lock(stripe.mutex);
      const auto below = [&] {
        for (const PendingWrite& write : stripe.pending)
          if (write.version < version) return true;
        return false;
      };
      while (below()) wait_for_change(stripe, lock);
    }
  }

  [[nodiscard]] std::int64_t live() {
    std::int64_t sum = 0;
    for (Stripe& stripe : stripes_) {
      const Lock lock(stripe.mutex);
      sum += stripe.live;
    }
    return sum;
  }

 private:
  static constexpr std::size_t kStripeCount = 256;
  std::array<Stripe, kStripeCount> stripes_;
};

}  // namespace holdfast::kv
