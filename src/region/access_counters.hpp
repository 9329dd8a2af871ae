#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>

#include <holdfast/region.hpp>

namespace holdfast::region {

/// Counts reads and writes; threads that count at once do so in lines of their own.
/// Threads: any.
class AccessCounters {
 public:
  void count_read(std::uint64_t size_bytes) noexcept { count(&Shard::reads, &Shard::bytes_read, size_bytes); }
  void count_write(std::uint64_t size_bytes) noexcept { count(&Shard::writes, &Shard::bytes_written, size_bytes); }

  /// The same by whoever holds a lock that all who call this hold: no slower than plain numbers.
  void count_write_alone(std::uint64_t size_bytes) noexcept {
    const auto add = [](std::atomic<std::uint64_t>& counter, std::uint64_t more) {
      counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    };
    add(alone_.writes, 1);
    add(alone_.bytes_written, size_bytes);
    alone_.last_ns.store(coarse_now_ns(), std::memory_order_relaxed);
  }

  [[nodiscard]] RegionStatistics statistics() const noexcept {
    RegionStatistics sum;
    std::uint64_t last_ns = alone_.last_ns.load(std::memory_order_relaxed);
    sum.writes = alone_.writes.load(std::memory_order_relaxed);
    sum.bytes_written = alone_.bytes_written.load(std::memory_order_relaxed);
    for (const Shard& shard : shards_) {
      sum.reads += shard.reads.load(std::memory_order_relaxed);
      sum.writes += shard.writes.load(std::memory_order_relaxed);
      sum.bytes_read += shard.bytes_read.load(std::memory_order_relaxed);
      sum.bytes_written += shard.bytes_written.load(std::memory_order_relaxed);
      last_ns = std::max(last_ns, shard.last_ns.load(std::memory_order_relaxed));
    }
    sum.last_access = std::chrono::steady_clock::time_point(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::nanoseconds(last_ns)));
    return sum;
  }

 private:
  // relaxed throughout: statistics order nothing
  struct alignas(64) Shard {
    std::atomic<std::uint64_t> reads{0};
    std::atomic<std::uint64_t> writes{0};
    std::atomic<std::uint64_t> bytes_read{0};
    std::atomic<std::uint64_t> bytes_written{0};
    std::atomic<std::uint64_t> last_ns{0};  // of the steady clock
  };
  static constexpr std::size_t kShards = 8;

  void count(std::atomic<std::uint64_t> Shard::*calls, std::atomic<std::uint64_t> Shard::*bytes,
             std::uint64_t size_bytes) noexcept {
    static std::atomic<std::size_t> threads{0};
    thread_local const std::size_t number = threads.fetch_add(1, std::memory_order_relaxed);
    Shard& shard = shards_[number % kShards];
    (shard.*calls).fetch_add(1, std::memory_order_relaxed);
    (shard.*bytes).fetch_add(size_bytes, std::memory_order_relaxed);
    shard.last_ns.store(coarse_now_ns(), std::memory_order_relaxed);
  }

  // The tick's time: a few nanoseconds instead of twenty.
  static std::uint64_t coarse_now_ns() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
  }

  std::array<Shard, kShards> shards_;
  Shard alone_;
};

}  // namespace holdfast::region
