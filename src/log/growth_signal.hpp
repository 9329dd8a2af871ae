#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace holdfast::log {

/// Wakes those who wait for a stream to grow. Who lets it grow pays a look at a number when nobody waits.
///
/// That look is not ordered behind the growth itself, which would cost each append a full fence: a wake-up may be missed by
/// who begins to wait at that moment. So waiters look for themselves every kLook, which bounds what that costs.
/// Threads: any.
class GrowthSignal {
 public:
  static constexpr std::chrono::milliseconds kLook{20};

  void grown() noexcept {
    if (waiters_.load(std::memory_order_relaxed) == 0) return;
    { const std::lock_guard lock(mutex_); }  // who is between its look and its sleep is asleep then
    woken_.notify_all();
  }

  /// Waits until `has_come()`, or the time is up; what it said last.
  template <class HasCome>
  bool wait_until(std::chrono::steady_clock::time_point deadline, HasCome&& has_come) {
    std::unique_lock lock(mutex_);
    waiters_.fetch_add(1);
    bool came = has_come();
    while (!came && std::chrono::steady_clock::now() < deadline) {
      woken_.wait_until(lock, std::min(deadline, std::chrono::steady_clock::now() + kLook));
      came = has_come();
    }
    waiters_.fetch_sub(1);
    return came;
  }

 private:
  std::atomic<std::uint32_t> waiters_{0};
  std::mutex mutex_;
  std::condition_variable woken_;
};

}  // namespace holdfast::log
