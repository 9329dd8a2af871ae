#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "common/base/fork_guard.hpp"
#include "common/engine/interval_timer.hpp"
#include "common/engine/write_route.hpp"

namespace holdfast {

/// Group commit, for media where one sync serves everybody.
///
/// Writers queue their jobs. The first one that finds no leader leads: it takes the whole queue, packs
/// the records space by space into contiguous ranges, makes them durable by one commit, wakes the
/// others and hands the lead to the next in the queue. While a leader syncs, the next group gathers.
/// Leading is a role, not a lock: tails belong to the leader; nobody holds a mutex across I/O.
///
/// Asynchronous writes queue like the others. A leader takes them along; where nobody waits who could lead, a
/// thread of the route's own does.
///
/// Crash order, as in docs/durability.md "put, group": (1) records written; (2) one sync, or one
/// synchronous write; (3) observers are told, in the order of the queue, and each writer updates its index.
/// Buffered groups skip (2): their slices stay chained, so that a crash keeps a prefix.
/// A batch with a decision comes last in its group: it is decided behind (2), before the tails' watermarks move and the
/// next group begins.
/// Where memory runs out before (1), the group's tails forget what was placed, and all its jobs answer no_memory; from
/// (1) on, and for waking the others, nothing needs any.
/// Threads: any number of callers.
class GroupRoute final : public WriteRoute {
 public:
  struct Limits {
    std::chrono::milliseconds interval{100};
    std::uint64_t interval_bytes = 0;
  };

  /// `on_interval` is called by a thread of the route's own when an interval is over that something was written in.
  /// It is expected to sync().
  GroupRoute(Storage& storage, Segments& segments, Limits limits, std::function<void()> on_interval);
  ~GroupRoute() override;

  using WriteRoute::write;
  [[nodiscard]] Result<void> write(std::span<WriteEntry> entries, Durability durability,
                                   BatchDecision* decision) override;
  [[nodiscard]] Result<void> sync() override;
  [[nodiscard]] Result<void> stand_still(std::span<Space* const> spaces, const Call& call) override;
  void write_async(std::unique_ptr<AsyncWrite> write) override;
  [[nodiscard]] bool note_interval(std::uint64_t bytes) noexcept override;
  void stop() noexcept override;

 private:
  enum class JobState : std::uint32_t { queued, leads, done };

  // Where a waiting writer sleeps. Shared, so that waking it never touches memory it has left.
  struct Parking {
    std::atomic<JobState> state{JobState::queued};
    std::shared_ptr<Parking> next{};  // in the leader's list of those to wake
  };

  struct Job {
    std::span<WriteEntry> entries;  // empty: a sync
    Durability durability{};
    BatchDecision* decision = nullptr;
    const Call* between = nullptr;  // of a sync: what the leader calls behind it, before the next group
    Result<void> result{};
    std::shared_ptr<Parking> parking{};    // null: nobody waits
    std::unique_ptr<AsyncWrite> async{};   // set: the job is on the heap, and whoever finishes it deletes it
    Job* next = nullptr;                   // of those: in the leader's list of jobs to finish
  };

  [[nodiscard]] Result<void> run(Job& job);
  void lead(Job* own) noexcept;
  void gather();
  void commit_group() noexcept;
  [[nodiscard]] bool place_jobs(Deciding& deciding);
  [[nodiscard]] bool place_job(Job& job, Deciding& deciding);
  void call_between() const noexcept;
  void forget_group() noexcept;
  void fail_group(const Error& error) noexcept;
  void end_interval() noexcept;
  [[nodiscard]] Result<void> write_stage(bool needs_sync, bool sync_all, Deciding& deciding);
  void all_tails_durable() noexcept;
  void tell_group() const;
  [[nodiscard]] bool hand_over(Job* own) noexcept;
  static void finish_async(Job* job) noexcept;
  void touch(Tail& tail);

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

  std::atomic<std::uint64_t> interval_bytes_{0};  // written with Durability::interval since the last drain
  IntervalTimer interval_timer_;
  IntervalTimer committer_;  // leads for asynchronous writes that nobody takes along; only ever fired
};

}  // namespace holdfast
