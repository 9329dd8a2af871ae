#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "common/base/success.hpp"
#include "common/engine/index_budget.hpp"
#include "kv/index_cost.hpp"
#include "kv/key_order.hpp"

namespace holdfast::kv {

/// What the index of a space takes in memory, by the estimates of index_cost.hpp, and what of that the IndexBudget knows.
/// Threads: any.
class IndexAccount {
 public:
  /// Before anybody uses it. `budget` is the store's; where it has no limit nothing is counted there.
  void open(IndexBudget& budget, bool is_ordered) noexcept {
    if (budget.is_limited()) budget_ = &budget;
    is_ordered_ = is_ordered;
  }

  [[nodiscard]] bool is_limited() const noexcept { return budget_ != nullptr; }

  /// How many keys expire.
  [[nodiscard]] std::uint64_t expiring() const noexcept { return expiring_.load(); }

  /// With so many keys present.
  [[nodiscard]] std::int64_t bytes(std::int64_t keys) const noexcept {
    return keys * cost(0, false) + static_cast<std::int64_t>(expiring()) * kExpiryEntryBytes +
           ordered_key_bytes_.load(std::memory_order_relaxed);
  }

  /// The write adds a key, as it seems: its room is taken first. Requires: is_limited(). Errors: too_large.
  [[nodiscard]] Result<void> take(PendingWrite& pending, bool expires) {
    const auto bytes = static_cast<std::uint64_t>(cost(pending.key.size(), expires));
    if (auto taken = budget_->take(bytes); !taken) return taken;
    pending.taken_bytes = bytes;
    return success();
  }

  /// The write has come to nothing.
  void give_back(const PendingWrite& pending) noexcept {
    if (pending.taken_bytes != 0) budget_->add(-static_cast<std::int64_t>(pending.taken_bytes));
  }

  /// The write is over: what it has changed is counted in the place of what was taken before it.
  void count(const PendingWrite& pending, std::int64_t keys, std::int64_t expiring) noexcept {
    count_recovered(is_ordered_ ? keys * static_cast<std::int64_t>(pending.key.size()) : 0, expiring);
    if (budget_ == nullptr) return;
    const std::int64_t change = keys * cost(pending.key.size(), false) + expiring * kExpiryEntryBytes -
                                static_cast<std::int64_t>(pending.taken_bytes);
    if (change != 0) budget_->add(change);
  }

  /// Recovery, which tells the budget of everything at its end: what keys take beyond their number.
  void count_recovered(std::int64_t ordered_key_bytes, std::int64_t expiring) noexcept {
    // relaxed: sums
    if (ordered_key_bytes != 0) ordered_key_bytes_.fetch_add(ordered_key_bytes, std::memory_order_relaxed);
    if (expiring != 0) expiring_.fetch_add(static_cast<std::uint64_t>(expiring), std::memory_order_relaxed);
  }

  /// The space is gone, with so many keys.
  void close(std::int64_t keys) noexcept {
    if (budget_ != nullptr) budget_->add(-bytes(keys));
  }

 private:
  [[nodiscard]] std::int64_t cost(std::size_t key_size_bytes, bool expires) const noexcept {
    std::int64_t cost = kHashEntryBytes + (expires ? kExpiryEntryBytes : 0);
    if (is_ordered_) cost += kOrderedEntryBytes + static_cast<std::int64_t>(key_size_bytes);
    return cost;
  }

  IndexBudget* budget_ = nullptr;  // null: there is no limit
  bool is_ordered_ = false;
  std::atomic<std::uint64_t> expiring_{0};          // in the queues of KeyOrder's stripes
  std::atomic<std::int64_t> ordered_key_bytes_{0};  // of the keys that are present, if the space is ordered
};

}  // namespace holdfast::kv
