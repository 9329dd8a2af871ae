#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

namespace holdfast {

/// Notes that the room left fell below a bound, and tells of it once, later, where no lock is held; once more when there
/// was as much in between.
/// Threads: any.
class LowSpace {
 public:
  using Callback = std::function<void(std::uint64_t available_bytes)>;
  LowSpace(std::uint64_t low_bytes, Callback callback) : low_bytes_(low_bytes), callback_(std::move(callback)) {}

  void note(std::uint64_t available_bytes) noexcept {
    const bool is_low = available_bytes < low_bytes_;
    if (was_low_.exchange(is_low) || !is_low) return;
    available_bytes_.store(available_bytes);
    is_untold_.store(true);
  }

  void tell() {
    if (!is_untold_.load(std::memory_order_relaxed) || !is_untold_.exchange(false)) return;
    callback_(available_bytes_.load());
  }

 private:
  const std::uint64_t low_bytes_;
  const Callback callback_;
  std::atomic<bool> was_low_{false};
  std::atomic<bool> is_untold_{false};
  std::atomic<std::uint64_t> available_bytes_{0};
};

}  // namespace holdfast
