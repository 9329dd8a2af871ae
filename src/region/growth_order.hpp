#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include <holdfast/error.hpp>

#include "common/base/out_of_memory.hpp"

namespace holdfast::region {

/// Order of the writes that make a region longer. Each claims the range behind the last claim, fills it outside every
/// lock, and is shown when it and all below it are filled: so that no reader sees bytes nobody wrote.
/// Threads: any number of callers.
class GrowthOrder {
 public:
  struct Claim {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t number = 0;
    bool filled = false;
  };

  explicit GrowthOrder(std::uint64_t size_bytes) : shown_(size_bytes), claimed_end_(size_bytes) {}

  /// Bytes shown.
  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return shown_.load(std::memory_order_acquire); }

  /// Claims from the last claim's end to `end_of(that end)`. Nothing, if that is not behind it; then it returns when
  /// what it asked for is shown. `make_room(end)` is called first, under the lock: growing a region waits for room
  /// once in many writes.
  /// Errors: make_room's; the error of a claim below that could not be filled.
  template <class EndOf, class MakeRoom>
  [[nodiscard]] Result<Claim*> claim(EndOf&& end_of, MakeRoom&& make_room) {
    std::unique_lock lock(mutex_);
    while (closed_) wait_for_change(lock);
    if (failed_) return Unexpected(*failed_);
    const auto end = end_of(claimed_end_);
    if (!end) return Unexpected(end.error());
    if (*end <= claimed_end_) {
      while (shown_.load(std::memory_order_relaxed) < *end && claimed_end_ >= *end && !failed_) wait_for_change(lock);
      return nullptr;
    }
    if (auto room = make_room(*end); !room) return Unexpected(room.error());
    claims_.push_back({.begin = claimed_end_, .end = *end, .number = claims_made_++});
    claimed_end_ = *end;
    return &claims_.back();
  }

  /// Claim, filling and showing in one, under the lock, for what takes no longer than the lock itself: `fill(begin)` says
  /// whether it has filled `size_bytes` bytes from there. Nothing, if it has not, or if others are growing it just now.
  template <class Fill>
  [[nodiscard]] std::optional<std::uint64_t> append_at_once(std::uint64_t size_bytes, Fill&& fill) {
    const std::lock_guard lock(mutex_);
    if (closed_ || failed_ || !claims_.empty()) return std::nullopt;
    const std::uint64_t begin = claimed_end_;
    if (!fill(begin)) return std::nullopt;
    claimed_end_ = begin + size_bytes;
    shown_.store(claimed_end_, std::memory_order_release);
    tell_change();
    return begin;
  }

  /// Calls `act` when claims can be made, under their lock.
  template <class Act>
  [[nodiscard]] Result<void> between_claims(Act&& act) {
    std::unique_lock lock(mutex_);
    while (closed_) wait_for_change(lock);
    if (failed_) return Unexpected(*failed_);
    return act();
  }

  /// The claim is filled, or could not be: then nothing from it on is ever shown. Returns when it is shown.
  /// Errors: `filled`'s, or that of a claim below.
  [[nodiscard]] Result<void> finish(Claim& claim, const Result<void>& filled) {
    std::unique_lock lock(mutex_);
    const std::uint64_t number = claim.number;
    if (filled) {
      claim.filled = true;
    } else if (!failed_) {
      failed_.emplace(copy_of(filled.error()));
    }
    while (!claims_.empty() && claims_.front().filled) {
      shown_.store(claims_.front().end, std::memory_order_release);
      claims_.pop_front();
      ++claims_shown_;
    }
    tell_change();
    // By number: once shown, it may be cut away again before this thread looks.
    while (claims_shown_ <= number && !failed_) wait_for_change(lock);
    if (claims_shown_ <= number) return Unexpected(*failed_);
    return {};
  }

  /// While it lives no claim is open and none can be made. Its making waits for those that are.
  class Alone {
   public:
    explicit Alone(GrowthOrder& order) : order_(order) {
      std::unique_lock lock(order_.mutex_);
      while (order_.closed_) order_.wait_for_change(lock);
      order_.closed_ = true;
      while (!order_.claims_.empty() && !order_.failed_) order_.wait_for_change(lock);
      size_bytes_ = order_.claimed_end_;
    }
    Alone(const Alone&) = delete;
    Alone& operator=(const Alone&) = delete;
    ~Alone() {
      const std::lock_guard lock(order_.mutex_);
      order_.closed_ = false;
      order_.tell_change();
    }

    /// Errors: that of a claim that could not be filled.
    [[nodiscard]] Result<void> check() const {
      if (order_.failed_) return Unexpected(*order_.failed_);
      return {};
    }

    [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_bytes_; }

    /// The size to go on from, shown at once.
    void set_size(std::uint64_t size_bytes) noexcept {
      const std::lock_guard lock(order_.mutex_);
      size_bytes_ = size_bytes;
      order_.claimed_end_ = size_bytes;
      order_.shown_.store(size_bytes, std::memory_order_release);
    }

   private:
    GrowthOrder& order_;
    std::uint64_t size_bytes_ = 0;
  };

 private:
  // An atomic instead of a condition variable, which a forked child could not destroy while the parent's threads wait.
  void wait_for_change(std::unique_lock<std::mutex>& lock) {
    ++waiting_;
    const std::uint32_t seen = changes_.load(std::memory_order_relaxed);
    lock.unlock();
    changes_.wait(seen, std::memory_order_acquire);
    lock.lock();
    --waiting_;
  }
  void tell_change() {
    if (waiting_ == 0) return;
    changes_.fetch_add(1);  // seq_cst: visible before notify_all() looks whether anybody waits
    changes_.notify_all();
  }

  std::atomic<std::uint64_t> shown_;
  std::mutex mutex_;  // guards the rest
  std::uint64_t claimed_end_;
  std::deque<Claim> claims_;  // in order, those not shown yet
  std::uint64_t claims_made_ = 0;
  std::uint64_t claims_shown_ = 0;
  bool closed_ = false;
  std::optional<Error> failed_;
  std::uint32_t waiting_ = 0;
  std::atomic<std::uint32_t> changes_{0};
};

}  // namespace holdfast::region
