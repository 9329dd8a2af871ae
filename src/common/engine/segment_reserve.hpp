#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include <holdfast/storage.hpp>

namespace holdfast {

/// Free runs of the size of a segment that are kept aside for cleaning: with two of them a store that is full can always be
/// cleaned, one segment at a time, whichever way the rest of its free space is scattered.
///
/// On media they are free space like any other: a crash leaves nothing to mend.
/// Threads: any.
class SegmentReserve {
 public:
  static constexpr std::size_t kCount = 2;

  /// From now on runs of that size are kept; 0: none.
  void keep(std::uint64_t run_size_bytes) {
    const std::lock_guard lock(mutex_);
    run_size_bytes_ = run_size_bytes;
    runs_.reserve(kCount);
  }

  [[nodiscard]] std::uint64_t run_size_bytes() const {
    const std::lock_guard lock(mutex_);
    return run_size_bytes_;
  }

  /// How many runs are missing.
  [[nodiscard]] std::size_t missing() const {
    const std::lock_guard lock(mutex_);
    return run_size_bytes_ == 0 ? 0 : kCount - runs_.size();
  }
  [[nodiscard]] std::uint64_t held_bytes() const {
    const std::lock_guard lock(mutex_);
    return runs_.size() * run_size_bytes_;
  }

  /// False: none is missing.
  [[nodiscard]] bool add(ByteRange run) {
    const std::lock_guard lock(mutex_);
    if (run_size_bytes_ == 0 || runs_.size() == kCount) return false;
    runs_.push_back(run);
    return true;
  }

  /// A run, if it is of that size and `left` others stay.
  [[nodiscard]] std::optional<ByteRange> take(std::uint64_t size_bytes, std::size_t left) {
    const std::lock_guard lock(mutex_);
    if (size_bytes != run_size_bytes_ || runs_.size() <= left) return std::nullopt;
    const ByteRange run = runs_.back();
    runs_.pop_back();
    return run;
  }

 private:
  mutable std::mutex mutex_;
  std::uint64_t run_size_bytes_ = 0;
  std::vector<ByteRange> runs_;
};

}  // namespace holdfast
