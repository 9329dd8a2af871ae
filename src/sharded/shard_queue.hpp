#pragma once

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include <holdfast/error.hpp>

#include "common/base/out_of_memory.hpp"
#include "common/base/rollback.hpp"
#include "common/engine/parallel.hpp"

namespace holdfast::sharded {

/// Indexes of shards, given out once each and in order, until one fails.
/// Threads: any number of callers.
class ShardQueue {
 public:
  explicit ShardQueue(std::uint64_t count) noexcept : count_(count) {}

  [[nodiscard]] std::optional<std::uint64_t> take() noexcept {
    if (stopped_.load(std::memory_order_relaxed)) return std::nullopt;
    const std::uint64_t index = next_.fetch_add(1, std::memory_order_relaxed);
    if (index >= count_) return std::nullopt;
    return index;
  }

  /// Nobody gets another one. Of several errors that of the first shard stays.
  void fail(std::uint64_t index, const Error& error) noexcept {
    stop();
    const std::lock_guard lock(mutex_);
    if (error_ && failed_index_ <= index) return;
    failed_index_ = index;
    error_.emplace(copy_of(error));
  }
  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }

  /// Requires: nobody works any more.
  [[nodiscard]] Result<void> result() const {
    if (error_) return Unexpected(*error_);
    return {};
  }

 private:
  const std::uint64_t count_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;  // guards the rest
  std::uint64_t failed_index_ = 0;
  std::optional<Error> error_;
};

/// Runs `work(queue)`, which takes indexes below `count` until there are none, in at most `threads` threads (0: as many as
/// TBB has, one per processor). What one of them throws comes out when all have ended.
template <class Work>
[[nodiscard]] Result<void> share_out(std::uint32_t threads, std::uint64_t count, const Work& work) {
  ShardQueue queue(count);
  const auto guarded = [&] {
    Rollback stopped([&] { queue.stop(); });
    work(queue);
    stopped.keep();
  };
  // Asked for more than it has, TBB prints a warning.
  const std::uint64_t limit = tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
  const auto workers = static_cast<unsigned>(std::min({threads != 0 ? threads : limit, limit, count}));
  // isolate: a caller's function that waits for tasks of its own must not begin another of ours in the same thread.
  if (workers < 2)
    guarded();
  else
    for_each_index(workers, workers, [&](std::size_t) { tbb::this_task_arena::isolate(guarded); });
  return queue.result();
}

}  // namespace holdfast::sharded
