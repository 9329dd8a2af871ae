#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include <holdfast/error.hpp>

namespace holdfast {

/// Remembers that a page of a store's map could not be had and zeros stand in its place. Set before the zeros
/// can be seen, and never cleared: so whoever copies bytes and then finds it clear has copied the store's.
/// Threads: any.
class MapFault {
 public:
  /// Why a page is missing, as the kernel tells.
  enum class Cause : std::uint8_t { none, no_such_page, medium };

  explicit MapFault(std::string path) : path_(std::move(path)) {}
  MapFault(const MapFault&) = delete;
  MapFault& operator=(const MapFault&) = delete;

  /// Asked behind the copying of bytes: one load.
  [[nodiscard]] bool is_set() const noexcept {
    // The looks at the bytes come before the look at the flag.
#ifdef __SANITIZE_THREAD__  // knows no fences
    std::atomic_signal_fence(std::memory_order_acquire);
#else
    std::atomic_thread_fence(std::memory_order_acquire);
#endif
    return cause_.load(std::memory_order_relaxed) != Cause::none;
  }

  /// Success, or the error of the first fault: io, with path and offset.
  [[nodiscard]] Result<void> check() const;

  /// Notes a fault; the first one counts. Safe in a signal handler.
  void note(std::uint64_t offset, Cause cause) noexcept;

 private:
  const std::string path_;
  std::atomic<std::uint64_t> offset_{0};
  std::atomic<bool> taken_{false};         // by the thread whose fault is the first
  std::atomic<Cause> cause_{Cause::none};  // release: the offset comes with it
};

}  // namespace holdfast
