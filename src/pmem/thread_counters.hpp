#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <holdfast/storage.hpp>

#include "common/base/thread_slot.hpp"

namespace holdfast::pmem {

/// Counters for a path of a hundred nanoseconds: each thread has a line of its own and adds to it without
/// a locked instruction, which would itself wait for the copies that the coming fence is to wait for.
/// Threads beyond ThreadSlot::kOwned share one line, by locked additions.
/// Threads: any.
class ThreadCounters {
 public:
  void add_write(std::uint64_t size_bytes) noexcept;
  void add_flush() noexcept;
  void add_fence() noexcept;

  /// What all threads have counted; exact for those whose calls have returned before.
  [[nodiscard]] StorageCounters sum() const noexcept;

 private:
  struct alignas(64) Shard {
    std::atomic<std::uint64_t> writes{0};
    std::atomic<std::uint64_t> bytes_written{0};
    std::atomic<std::uint64_t> flushes{0};
    std::atomic<std::uint64_t> fences{0};
  };

  void add(std::atomic<std::uint64_t> Shard::*counter, std::size_t shard, std::uint64_t amount) noexcept;

  std::array<Shard, ThreadSlot::kCount> shards_;  // the last one is shared
};

}  // namespace holdfast::pmem
