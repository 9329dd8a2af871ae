#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <string>

#include <holdfast/error.hpp>

namespace holdfast {

/// What the indexes in memory of all spaces may take together (Options::index_bytes_max), by estimates that err upwards.
///
/// A write of a key that seems to be new takes its room before anything else happens, and is refused where there is none.
/// When it is over, what it has really changed is counted in the place of that: so the sum is exact when no write is in
/// flight, and above the limit by no more than changes that are never refused. Those are a key that was erased between the
/// look and the write, and a value that gets a time to live in the place of one without.
/// Threads: any.
class IndexBudget {
 public:
  /// 0: no limit. Before anybody uses it.
  void limit(std::uint64_t bytes_max) noexcept { bytes_max_ = bytes_max; }
  [[nodiscard]] bool is_limited() const noexcept { return bytes_max_ != 0; }

  /// Errors: too_large; then nothing was taken.
  [[nodiscard]] Result<void> take(std::uint64_t bytes) {
    const auto added = static_cast<std::int64_t>(bytes);
    const std::int64_t before = used_.fetch_add(added, std::memory_order_relaxed);  // relaxed: a sum, nothing else
    if (before + added <= max()) return {};
    used_.fetch_sub(added, std::memory_order_relaxed);
    return Unexpected(exceeded(before + added));
  }

  /// Of what is counted, refused or not.
  void add(std::int64_t bytes) noexcept { used_.fetch_add(bytes, std::memory_order_relaxed); }

  /// Whether what is there fits. Errors: too_large.
  [[nodiscard]] Result<void> check() const {
    const std::int64_t used = used_.load(std::memory_order_relaxed);
    if (!is_limited() || used <= max()) return {};
    return Unexpected(exceeded(used));
  }

  [[nodiscard]] std::int64_t used_bytes() const noexcept { return used_.load(std::memory_order_relaxed); }

 private:
  [[nodiscard]] std::int64_t max() const noexcept {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    return bytes_max_ > static_cast<std::uint64_t>(kMax) ? kMax : static_cast<std::int64_t>(bytes_max_);
  }
  [[nodiscard]] Error exceeded(std::int64_t bytes) const {
    Error error{.code = ErrorCode::too_large,
                .message = "the indexes of key-value spaces would take more memory than Options::index_bytes_max"};
    error.expected = "at most " + std::to_string(bytes_max_) + " bytes";
    error.found = std::to_string(bytes);
    return error;
  }

  std::uint64_t bytes_max_ = 0;
  std::atomic<std::int64_t> used_{0};
};

}  // namespace holdfast
