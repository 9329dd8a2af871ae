#include "pmem/thread_counters.hpp"

#include <bit>

namespace holdfast::pmem {

/// A thread's claim on one shard, of every storage at once, until the thread ends. Without a lock, which a
/// forked child could find taken.
class ShardLease {
 public:
  static constexpr std::size_t kShared = ThreadCounters::kOwnedShards;

  ShardLease() noexcept : shard_(take()) { current_ = shard_; }

  ~ShardLease() {
    current_ = kShared;  // for calls of later thread-local destructors
    if (shard_ == kShared) return;
    // release: the next owner goes on from what this thread has counted
    taken_[shard_ / kWordBits].fetch_and(~bit(shard_), std::memory_order_release);
  }

  /// The calling thread's shard.
  static std::size_t current() noexcept {
    if (current_ == kNone) [[unlikely]]
      claim();
    return current_;
  }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};
  static constexpr std::size_t kWordBits = 64;

  static constexpr std::uint64_t bit(std::size_t shard) noexcept {
    return std::uint64_t{1} << (shard % kWordBits);
  }

  static void claim() noexcept {
    static thread_local const ShardLease lease;
    static_cast<void>(lease);
  }

  /// The first shard that is free, or the shared one.
  static std::size_t take() noexcept {
    for (std::size_t word = 0; word < taken_.size(); ++word) {
      std::uint64_t taken = taken_[word].load(std::memory_order_relaxed);
      while (~taken != 0) {
        const std::size_t shard = word * kWordBits + static_cast<std::size_t>(std::countr_one(taken));
        if (taken_[word].compare_exchange_weak(taken, taken | bit(shard), std::memory_order_acquire,
                                               std::memory_order_relaxed)) {
          return shard;
        }
      }
    }
    return kShared;
  }

  static inline constinit std::array<std::atomic<std::uint64_t>, kShared / kWordBits> taken_{};
  static inline constinit thread_local std::size_t current_ = kNone;

  std::size_t shard_;
};

void ThreadCounters::add(std::atomic<std::uint64_t> Shard::*counter, std::size_t shard,
                         std::uint64_t amount) noexcept {
  std::atomic<std::uint64_t>& value = shards_[shard].*counter;
  if (shard == kOwnedShards) {
    value.fetch_add(amount, std::memory_order_relaxed);
  } else {
    // relaxed load and store: only this thread writes here until it ends
    value.store(value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
}

void ThreadCounters::add_write(std::uint64_t size_bytes) noexcept {
  const std::size_t shard = ShardLease::current();
  add(&Shard::writes, shard, 1);
  add(&Shard::bytes_written, shard, size_bytes);
}

void ThreadCounters::add_flush() noexcept { add(&Shard::flushes, ShardLease::current(), 1); }

void ThreadCounters::add_fence() noexcept { add(&Shard::fences, ShardLease::current(), 1); }

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
