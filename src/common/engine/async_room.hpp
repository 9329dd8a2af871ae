#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace holdfast {

/// Bounds the bytes of asynchronous writes that are in flight.
///
/// Who waits says so (1) before it looks whether there is room (2); who gives room back does that (3) before it looks
/// whether anybody waits (4). All four are sequentially consistent, so at least one sees the other.
/// Threads: any number of callers, except limit().
class AsyncRoom {
 public:
  /// Before anybody else uses it.
  void limit(std::uint64_t bytes_max, std::chrono::milliseconds wait) noexcept {
    bytes_max_ = bytes_max;
    wait_ = wait;
  }

  /// False: there was no room, for as long as a call may wait.
  [[nodiscard]] bool take(std::uint64_t size_bytes) {
    if (try_take(size_bytes)) return true;
    if (wait_ == std::chrono::milliseconds::zero()) return false;
    std::unique_lock lock(mutex_);
    waiting_.fetch_add(1);                                                                       // (1)
    const bool taken = changed_.wait_for(lock, wait_, [&] { return try_take(size_bytes); });  // (2)
    waiting_.fetch_sub(1);
    return taken;
  }

  void give_back(std::uint64_t size_bytes) noexcept {
    bytes_.fetch_sub(size_bytes);       // (3)
    if (waiting_.load() == 0) return;  // (4)
    {
      const std::lock_guard lock(mutex_);  // or who waits could look, miss it and fall asleep
    }
    changed_.notify_all();
  }

  [[nodiscard]] std::uint64_t in_flight_bytes() const noexcept { return bytes_.load(); }
  [[nodiscard]] std::uint64_t bytes_max() const noexcept { return bytes_max_; }

 private:
  // One that is larger than the bound is let in alone, or it could never be written.
  [[nodiscard]] bool try_take(std::uint64_t size_bytes) noexcept {
    std::uint64_t in_flight = bytes_.load();
    do {
      if (in_flight != 0 && (size_bytes > bytes_max_ || in_flight > bytes_max_ - size_bytes)) return false;
    } while (!bytes_.compare_exchange_weak(in_flight, in_flight + size_bytes));
    return true;
  }

  std::uint64_t bytes_max_ = 0;
  std::chrono::milliseconds wait_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint32_t> waiting_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace holdfast
