#pragma once

#include <atomic>
#include <mutex>

#include <holdfast/error.hpp>

#include "common/base/out_of_memory.hpp"
#include "common/base/success.hpp"

namespace holdfast {

/// Keeps the first error of a medium. Once set it never changes: after a failed sync nobody may
/// trust a later success (ATC'20, "Can Applications Recover from fsync Failures?").
/// Threads: any.
class ErrorLatch {
 public:
  [[nodiscard]] bool set() const noexcept { return set_.load(std::memory_order_acquire); }

  /// Keeps `error` if it is the first; returns the one that is kept.
  Error latch(Error error) {
    const std::lock_guard lock(mutex_);
    if (!set_.load(std::memory_order_relaxed)) {
      error_ = std::move(error);
      set_.store(true, std::memory_order_release);
    }
    return copy_of(error_);
  }

  /// Success, or the kept error.
  [[nodiscard]] Result<void> check() const {
    if (!set()) [[likely]] return success();
    return Unexpected(copy_of(error_));
  }

 private:
  std::mutex mutex_;
  std::atomic<bool> set_{false};
  Error error_;  // written once, before set_
};

}  // namespace holdfast
