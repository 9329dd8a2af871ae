#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace holdfast::kill {

inline constexpr std::uint32_t kKeyThreads = 4;  ///< Of the process that writes keys.
inline constexpr std::uint32_t kThreadsMax = 8;

/// Shared between the writing process and the one that kills it; it survives the kill. An operation's
/// number is written to `begun` before its call and to `acknowledged` after its success, so that at
/// any instant at most one operation a thread is in flight: begun == acknowledged + 1.
struct Acknowledgements {
  struct alignas(64) Thread {
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> acknowledged{0};
  };
  std::array<Thread, kThreadsMax> threads;

  /// What the writer's store says of itself, now and then: KvStatistics.
  std::atomic<std::uint64_t> written_bytes{0};
  std::atomic<std::uint64_t> moved_bytes{0};
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "a lock would not survive the kill");

}  // namespace holdfast::kill
