#pragma once

#include <tbb/spin_mutex.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "kv/expiry_queue.hpp"

namespace holdfast::kv {

/// A write of a key that has its version and is not in the index yet.
struct PendingWrite {
  std::uint64_t hash = 0;
  std::uint64_t version = 0;
  std::string_view key{};  ///< The writer's; valid while the write is pending.
  std::uint64_t taken_bytes = 0;  ///< Of the IndexBudget, until the write is over.
};

/// What is present in all stripes together, for who must know it without a look at each.
struct LiveTotals {
  std::atomic<std::int64_t> keys{0};
  std::atomic<std::int64_t> bytes{0};
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
    std::int64_t live = 0;                   ///< Keys of this stripe that the index has as present.
    ExpiryQueue expiries;                    ///< Of those that expire.
    std::int64_t live_bytes = 0;             ///< Of their records, and of the extents of large values.
    LiveTotals* totals = nullptr;            ///< Where changes of these two are added up as well; null: nowhere.
    std::uint64_t written_bytes = 0;         ///< On the medium, of writes that were published.
    std::atomic<std::uint32_t> changes{0};   ///< Rises when a pending write ends, if anybody waits.

    [[nodiscard]] const PendingWrite* find(std::uint64_t hash, std::string_view key) const noexcept {
      for (const PendingWrite& write : pending)
        if (write.hash == hash && write.key == key) return &write;
      return nullptr;
    }

    [[nodiscard]] bool is_pending(std::uint64_t version) const noexcept {
      for (const PendingWrite& write : pending)
        if (write.version == version) return true;
      return false;
    }

    [[nodiscard]] bool any_below(std::uint64_t hash, std::uint64_t version) const noexcept {
      for (const PendingWrite& write : pending)
        if (write.hash == hash && write.version < version) return true;
      return false;
    }

    /// So much more, or less, is present. Requires: the lock.
    void count_live(std::int64_t keys, std::int64_t bytes) noexcept {
      live += keys;
      live_bytes += bytes;
      if (totals == nullptr) return;
      totals->keys.fetch_add(keys, std::memory_order_relaxed);  // relaxed: a sum that nothing else hangs on
      totals->bytes.fetch_add(bytes, std::memory_order_relaxed);
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
      changes.fetch_add(1);  // seq_cst: visible before notify_all() looks whether anybody waits
      changes.notify_all();
    }
  };

  using Lock = tbb::spin_mutex::scoped_lock;

  static constexpr std::size_t kStripeCount = 256;

  [[nodiscard]] static std::size_t stripe_of(std::uint64_t hash) noexcept { return (hash >> 48) % kStripeCount; }
  [[nodiscard]] Stripe& stripe(std::uint64_t hash) noexcept { return stripes_[stripe_of(hash)]; }

  /// By how much what is present differs, in keys of each stripe. Of bytes none but the sum is ever asked for.
  struct LiveChange {
    std::array<std::int32_t, kStripeCount> keys{};
    std::int64_t bytes = 0;

    void add_key(std::uint64_t hash, std::int32_t count) noexcept { keys[stripe_of(hash)] += count; }
  };
  void count_live(const LiveChange& change) noexcept {
    for (std::size_t i = 0; i < kStripeCount; ++i) {
      const std::int64_t bytes = i == 0 ? change.bytes : 0;
      if (change.keys[i] == 0 && bytes == 0) continue;
      const Lock lock(stripes_[i].mutex);
      stripes_[i].count_live(change.keys[i], bytes);
    }
  }

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

  /// Whether every write below `version` has ended.
  [[nodiscard]] bool have_ended_below(std::uint64_t version) {
    for (Stripe& stripe : stripes_) {
      const Lock lock(stripe.mutex);
      for (const PendingWrite& write : stripe.pending)
        if (write.version < version) return false;
    }
    return true;
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

  /// The lowest version of a write that is pending, or `next`, if that is lower. `next` was never given out.
  [[nodiscard]] std::uint64_t lowest_pending(std::uint64_t next) {
    for (Stripe& stripe : stripes_) {
      const Lock lock(stripe.mutex);
      for (const PendingWrite& write : stripe.pending) next = std::min(next, write.version);
    }
    return next;
  }

  [[nodiscard]] std::uint64_t written_bytes() { return sum_of(&Stripe::written_bytes); }
  [[nodiscard]] std::int64_t live() { return sum_of(&Stripe::live); }
  [[nodiscard]] std::int64_t live_bytes() { return sum_of(&Stripe::live_bytes); }

  /// From now on `totals` is what is present. Nothing changes where it is so already. Lifetime: this one's.
  void add_up(LiveTotals& totals) noexcept {
    for (Stripe& stripe : stripes_) {
      const Lock lock(stripe.mutex);
      if (stripe.totals != nullptr) continue;
      stripe.totals = &totals;
      totals.keys.fetch_add(stripe.live, std::memory_order_relaxed);
      totals.bytes.fetch_add(stripe.live_bytes, std::memory_order_relaxed);
    }
  }

  /// The number of live keys without those that have expired by `now_us`, and the latest time of one that has; 0: none has.
  struct Living {
    std::int64_t count = 0;
    std::uint64_t expired_us = 0;
  };
  [[nodiscard]] Living living(std::uint64_t now_us) {
    Living living;
    for (Stripe& stripe : stripes_) {
      const Lock lock(stripe.mutex);
      const std::set<Expiry>& expired = stripe.expiries.expired(now_us);
      living.count += stripe.live - static_cast<std::int64_t>(expired.size());
      if (!expired.empty()) living.expired_us = std::max(living.expired_us, expired.rbegin()->expires_us);
    }
    return living;
  }

  /// `count_max` of the keys that have expired by `now_us`. Throws std::bad_alloc.
  [[nodiscard]] std::vector<Expiry> expired(std::uint64_t now_us, std::size_t count_max) {
    std::vector<Expiry> found;
    found.reserve(count_max);
    for (Stripe& stripe : stripes_) {
      const Lock lock(stripe.mutex);
      for (const Expiry& expiry : stripe.expiries.expired(now_us)) {
        if (found.size() == count_max) return found;
        found.push_back(expiry);
      }
    }
    return found;
  }

 private:
  template <class Number>
  [[nodiscard]] Number sum_of(Number Stripe::*member) {
    Number sum = 0;
    for (Stripe& stripe : stripes_) {
      const Lock lock(stripe.mutex);
      sum += stripe.*member;
    }
    return sum;
  }

  std::array<Stripe, kStripeCount> stripes_;
};

}  // namespace holdfast::kv
