#include "pmem/thread_counters.hpp"

#include "common/base/thread_slot.hpp"

namespace holdfast::pmem {

void ThreadCounters::add(std::atomic<std::uint64_t> Shard::*counter, std::size_t shard,
                         std::uint64_t amount) noexcept {
  std::atomic<std::uint64_t>& value = shards_[shard].*counter;
  if (shard == ThreadSlot::kShared) {
    value.fetch_add(amount, std::memory_order_relaxed);
  } else {
    // relaxed load and store: only this thread writes here until it ends
    value.store(value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
}

void ThreadCounters::add_write(std::uint64_t size_bytes) noexcept {
  const std::size_t shard = ThreadSlot::current();
  add(&Shard::writes, shard, 1);
  add(&Shard::bytes_written, shard, size_bytes);
}

void ThreadCounters::add_flush() noexcept { add(&Shard::flushes, ThreadSlot::current(), 1); }

void ThreadCounters::add_fence() noexcept { add(&Shard::fences, ThreadSlot::current(), 1); }

StorageCounters ThreadCounters::sum() const noexcept {
  StorageCounters sum;
  for (const Shard& shard : shards_) {
    sum.writes += shard.writes.load(std::memory_order_relaxed);
    sum.bytes_written += shard.bytes_written.load(std::memory_order_relaxed);
    sum.flushes += shard.flushes.load(std::memory_order_relaxed);
    sum.fences += shard.fences.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace holdfast::pmem
