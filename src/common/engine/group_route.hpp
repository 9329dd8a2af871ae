#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "common/base/fork_guard.hpp"
#include "common/engine/write_route.hpp"

namespace holdfast {

/// Group commit, for media where one sync serves everybody.
///
/// Writers queue their jobs. The first one that finds no leader leads: it takes the whole queue, packs
/// the records space by space into contiguous ranges, makes them durable by one commit, wakes the
/// others and hands the lead to the next in the queue. While a leader syncs, the next group gathers.
/// Leading is a role, not a lock: tails belong to the leader; nobody holds a mutex across I/O.
///
/// Crash order, as in docs/durability.md "put, group": (1) records written; (2) one sync, or one
/// synchronous write; (3) each writer updates the index. Buffered groups skip (2): their slices stay
/// chained, so that a crash keeps a prefix.
/// Threads: any number of callers.
class GroupRoute final : public WriteRoute {
 public:
  struct Limits {
    std::chrono::milliseconds interval{100};
    std::uint64_t interval_bytes = 0;
  };

  GroupRoute(Storage& storage, Segments& segments, Limits limits);
  ~GroupRoute() override;

  [[nodiscard]] Result<void> write(std::span<WriteEntry> entries, Durability durability) override;
  [[nodiscard]] Result<void> sync() override;
  void stop() noexcept override;

 private:
  enum class JobState : std::uint32_t { queued, leads, done };

  // Where a waiting writer sleeps. Shared, so that waking it never touches memory it has left.
  struct Parking {
    std::atomic<JobState> state{JobState::queued};
  };

  struct Job {
    std::span<WriteEntry> entries;  // empty: a sync
    Durability durability{};
    Result<void> result{};
    std::shared_ptr<Parking> parking{};
  };

  [[nodiscard]] Result<void> run(Job& job);
  void lead(Job& own);
  void gather();
  void commit_group();
  [[nodiscard]] bool place_jobs();
  [[nodiscard]] Result<void> write_stage(bool needs_sync, bool sync_all);
  void all_tails_durable() noexcept;
  void hand_over(Job& own);
  void touch(Tail& tail);
  void arm_interval();
  void run_interval();

  Storage& storage_;
  Segments& segments_;
  Limits limits_;

  ForkGuard fork_guard_;
  std::mutex mutex_;  // guards queue_, leading_
  std::vector<Job*> queue_;
  bool leading_ = false;
  std::atomic<std::size_t> queued_{0};  // queue_.size(), for the gathering leader to watch

  // The leader's own.
  std::vector<Job*> group_;
  WriteStage stage_;
  std::vector<Tail*> touched_;    // by this group
  std::vector<Tail*> undrained_;  // written by earlier groups and not drained
  std::size_t writers_expected_ = 0;
  std::chrono::nanoseconds commit_duration_{0};  // recent average
  std::uint64_t interval_bytes_ = 0;             // written with Durability::interval since the last drain

  std::mutex interval_mutex_;  // guards the three below
  std::condition_variable interval_changed_;
  bool interval_armed_ = false;
  bool stopping_ = false;
  std::thread interval_thread_;
};

}  // namespace holdfast
