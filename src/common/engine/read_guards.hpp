#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include "common/base/thread_index.hpp"

namespace holdfast {

/// Tells when no reader can still look at an extent that has been taken out of the index.
///
/// A reader counts itself in under the phase it sees, reads, and counts itself out. A phase is left
/// only when the counter of the other one is zero. An extent taken out of the index in phase p is out
/// of every reader's sight from phase p + 2 on: the first change waits for readers that had come in
/// late under the other counter, the second for those of p. (Two counters and two changes as in SRCU,
/// McKenney 2006.) Everything is sequentially consistent: a reader that counts in behind the check
/// also looks into the index behind it, and finds the extent gone.
/// Threads: any. A guard lasts one operation and is never held across a wait.
class ReadGuards {
 public:
  class Guard {
   public:
    explicit Guard(std::atomic<std::uint64_t>& readers) noexcept : readers_(&readers) { readers_->fetch_add(1); }
    Guard(Guard&& other) noexcept : readers_(std::exchange(other.readers_, nullptr)) {}
    Guard& operator=(Guard&&) = delete;
    ~Guard() {
      if (readers_ != nullptr) readers_->fetch_sub(1);
    }

   private:
    std::atomic<std::uint64_t>* readers_;
  };

  [[nodiscard]] Guard enter() noexcept {
    Shard& shard = shards_[thread_index() % kShardCount];
    return Guard(shard.readers[phase_.load() & 1]);
  }

  [[nodiscard]] std::uint64_t phase() const noexcept { return phase_.load(); }

  /// Leaves the phase if it may be left, up to twice. Requires: one caller at a time.
  void advance() noexcept {
    for (int step = 0; step < 2; ++step) {
      const std::uint64_t phase = phase_.load();
      if (readers((phase + 1) & 1) != 0) return;
      phase_.store(phase + 1);
    }
  }

  /// Whether what was taken out of the index in `retired_in` is out of sight now.
  [[nodiscard]] bool out_of_sight(std::uint64_t retired_in) const noexcept { return phase_.load() >= retired_in + 2; }

 private:
  static constexpr std::uint32_t kShardCount = 32;
  struct alignas(64) Shard {
    std::array<std::atomic<std::uint64_t>, 2> readers{};
  };

  [[nodiscard]] std::uint64_t readers(std::uint64_t parity) const noexcept {
    std::uint64_t sum = 0;
    for (const Shard& shard : shards_) sum += shard.readers[parity].load();
    return sum;
  }

  std::atomic<std::uint64_t> phase_{0};
  std::array<Shard, kShardCount> shards_{};
};

}  // namespace holdfast
