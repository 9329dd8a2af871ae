#include "common/engine/group_route.hpp"

#include <algorithm>

#include "common/base/mutant.hpp"

namespace holdfast {
namespace {

using Clock = std::chrono::steady_clock;

// A leader waits for writers it expects at most this part of a commit's duration, and this long.
constexpr int kGatherPartOfCommit = 2;
constexpr std::chrono::nanoseconds kGatherMax = std::chrono::microseconds(500);

}  // namespace

GroupRoute::GroupRoute(Storage& storage, Segments& segments, Limits limits)
    : storage_(storage), segments_(segments), limits_(limits) {}

GroupRoute::~GroupRoute() { stop(); }

void GroupRoute::stop() noexcept {
  if (fork_guard_.in_child()) {  // the timer runs in the parent, and may hold the mutex there
    if (interval_thread_.joinable()) interval_thread_.detach();
    return;
  }
  {
    const std::lock_guard lock(interval_mutex_);
    stopping_ = true;
  }
  interval_changed_.notify_all();
  if (interval_thread_.joinable()) interval_thread_.join();
}

Result<void> GroupRoute::write(std::span<WriteEntry> entries, Durability durability) {
  Job job{.entries = entries, .durability = durability};
  return run(job);
}

Result<void> GroupRoute::sync() {
  Job job{.entries = {}, .durability = Durability::immediate};
  return run(job);
}

Result<void> GroupRoute::run(Job& job) {
  thread_local const auto parking = std::make_shared<Parking>();
  job.parking = parking;
  parking->state.store(JobState::queued, std::memory_order_relaxed);
  bool leads = false;
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(&job);
    queued_.store(queue_.size(), std::memory_order_relaxed);
    leads = !leading_;
    leading_ = true;
  }
  if (!leads) {
    parking->state.wait(JobState::queued, std::memory_order_acquire);
    leads = parking->state.load(std::memory_order_acquire) == JobState::leads;
  }
  if (leads) lead(job);
  return std::move(job.result);
}

void GroupRoute::lead(Job& own) {
  if (own.durability == Durability::immediate) gather();
  {
    const std::lock_guard lock(mutex_);
    group_.swap(queue_);
    queued_.store(0, std::memory_order_relaxed);
  }
  commit_group();
  hand_over(own);
}

void GroupRoute::gather() {
  // Writers of the last group come back about now; a sync shared with them is worth a short wait.
  if (writers_expected_ <= 1) return;
  const auto limit = Clock::now() + std::min(commit_duration_ / kGatherPartOfCommit, kGatherMax);
  while (queued_.load(std::memory_order_relaxed) < writers_expected_ && Clock::now() < limit) std::this_thread::yield();
}

void GroupRoute::touch(Tail& tail) {
  if (std::find(touched_.begin(), touched_.end(), &tail) == touched_.end()) touched_.push_back(&tail);
}

bool GroupRoute::place_jobs() {
  bool needs_sync = false;
  const auto tail_of = [this](Space& space) -> Tail& {
    touch(space.shared_tail());
    return space.shared_tail();
  };
  for (Job* const job : group_) {
    if (job->entries.empty()) continue;
    WritePlan plan(job->entries);
    job->result = plan.reserve(tail_of);
    if (!job->result) continue;
    plan.stage(stage_, tail_of);
    if (job->durability == Durability::interval)
      for (const WriteEntry& entry : job->entries)
        interval_bytes_ += entry.size_bytes;
    needs_sync = needs_sync || job->durability == Durability::immediate;
  }
  return needs_sync;
}

void GroupRoute::commit_group() {
  const auto begin = Clock::now();
  stage_.clear();
  touched_.clear();
  const bool asked = std::any_of(group_.begin(), group_.end(), [](const Job* job) { return job->entries.empty(); });
  bool needs_sync = place_jobs();
  const bool sync_all = asked || (interval_bytes_ > 0 && interval_bytes_ >= limits_.interval_bytes);
  needs_sync = needs_sync || sync_all;
  if (auto written = write_stage(needs_sync, sync_all); !written)
    for (Job* const job : group_)
      if (job->result) job->result = written;
  if (needs_sync) {
    const std::chrono::nanoseconds took = Clock::now() - begin;
    commit_duration_ += (took - commit_duration_) / 8;
  } else if (interval_bytes_ > 0) {
    arm_interval();
  }
}

Result<void> GroupRoute::write_stage(bool needs_sync, bool sync_all) {
  if (stage_.empty() && !sync_all) return success();  // no job found room
  const bool behind_undrained =
      std::any_of(touched_.begin(), touched_.end(), [](const Tail* tail) { return tail->has_undrained(); });
  const bool drops_sync = mutated(Mutant::no_sync_in_group_commit);
  if (needs_sync && !sync_all && !behind_undrained && !drops_sync) {
    if (auto committed = storage_.commit(stage_.ranges()); !committed) return committed;  // (1) and (2)
    for (Tail* const tail : touched_) tail->mark_durable();
    return success();
  }
  for (const WriteRange& range : stage_.ranges())  // (1)
    if (auto written = storage_.write(range.offset, range.bytes); !written) return written;
  if (!needs_sync) {
    for (Tail* const tail : touched_) {
      if (!tail->has_undrained()) undrained_.push_back(tail);
      tail->mark_undrained();
    }
    return success();
  }
  const std::uint64_t ticket = segments_.sync_begins();
  if (!drops_sync)
    if (auto drained = storage_.drain(); !drained) return drained;  // (2)
  segments_.sync_ended(ticket);
  all_tails_durable();
  return success();
}

void GroupRoute::all_tails_durable() noexcept {
  for (Tail* const tail : touched_) tail->mark_durable();
  for (Tail* const tail : undrained_) tail->mark_durable();
  undrained_.clear();
  interval_bytes_ = 0;
}

void GroupRoute::hand_over(Job& own) {
  std::shared_ptr<Parking> next_leader;
  std::vector<std::shared_ptr<Parking>> finished;
  for (Job* const job : group_)
    if (job != &own) finished.push_back(std::move(job->parking));
  {
    const std::lock_guard lock(mutex_);
    writers_expected_ = group_.size() + queue_.size();
    group_.clear();
    if (queue_.empty()) {
      leading_ = false;
    } else {
      next_leader = queue_.front()->parking;
    }
  }
  // From here on another thread may lead: nothing of the leader's own is touched any more.
  const auto wake = [](Parking& parking, JobState state) {
    parking.state.store(state, std::memory_order_release);
    parking.state.notify_one();
  };
  for (const auto& parking : finished) wake(*parking, JobState::done);
  if (next_leader) wake(*next_leader, JobState::leads);
}

void GroupRoute::arm_interval() {
  {
    const std::lock_guard lock(interval_mutex_);
    if (interval_armed_ || stopping_) return;
    interval_armed_ = true;
    if (!interval_thread_.joinable()) interval_thread_ = std::thread([this] { run_interval(); });
  }
  interval_changed_.notify_one();
}

void GroupRoute::run_interval() {
  std::unique_lock lock(interval_mutex_);
  for (;;) {
    interval_changed_.wait(lock, [this] { return interval_armed_ || stopping_; });
    if (interval_changed_.wait_for(lock, limits_.interval, [this] { return stopping_; })) return;
    interval_armed_ = false;
    lock.unlock();
    // A failure latches the storage: the next write reports it.
    static_cast<void>(sync());
    lock.lock();
  }
}

}  // namespace holdfast
