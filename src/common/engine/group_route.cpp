#include "common/engine/group_route.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "common/base/check.hpp"
#include "common/base/mutant.hpp"
#include "common/base/out_of_memory.hpp"

namespace holdfast {
namespace {

using Clock = std::chrono::steady_clock;

// A leader waits for writers it expects at most this part of a commit's duration, and this long.
constexpr int kGatherPartOfCommit = 2;
constexpr std::chrono::nanoseconds kGatherMax = std::chrono::microseconds(500);

}  // namespace

GroupRoute::GroupRoute(Storage& storage, Segments& segments, Limits limits, std::function<void()> on_interval)
    : storage_(storage),
      segments_(segments),
      limits_(limits),
      interval_timer_(limits.interval, std::move(on_interval)),
      committer_({}, [this] { lead(nullptr); }) {}

GroupRoute::~GroupRoute() { stop(); }

void GroupRoute::stop() noexcept {
  interval_timer_.stop();  // first: its sync may wait for the committer to lead
  committer_.stop();
  if (fork_guard_.in_child()) return;
  for (Job* const job : queue_) {  // asynchronous ones: nobody else is inside any more
    job->result = Unexpected(Error{.code = ErrorCode::closed, .message = "store released"});
    finish_async(job);
  }
  queue_.clear();
}

Result<void> GroupRoute::write(std::span<WriteEntry> entries, Durability durability, BatchDecision* decision) {
  Job job{.entries = entries,
          .durability = decision != nullptr ? Durability::immediate : durability,
          .decision = decision};
  return run(job);
}

Result<void> GroupRoute::sync() {
  Job job{.entries = {}, .durability = Durability::immediate};
  return run(job);
}

// Every tail is the leader's.
Result<void> GroupRoute::stand_still(std::span<Space* const> /*spaces*/, const Call& call) {
  Job job{.entries = {}, .durability = Durability::immediate, .between = &call};
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
  if (leads) lead(&job);
  return std::move(job.result);
}

void GroupRoute::write_async(std::unique_ptr<AsyncWrite> write) {
  auto job = std::make_unique<Job>(Job{.entries = {&write->entry, 1}, .durability = write->durability});
  job->async = std::move(write);
  bool leads = false;
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(job.get());
    static_cast<void>(job.release());  // the queue's from here on
    queued_.store(queue_.size(), std::memory_order_relaxed);
    leads = !leading_;
    leading_ = true;
  }
  if (leads && !committer_.fire()) lead(nullptr);
}

void GroupRoute::lead(Job* own) noexcept {
  do {
    if (own == nullptr || own->durability == Durability::immediate) gather();
    {
      const std::lock_guard lock(mutex_);
      group_.swap(queue_);
      queued_.store(0, std::memory_order_relaxed);
    }
    commit_group();
  } while (!hand_over(std::exchange(own, nullptr)));
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

// One that is to be decided comes behind all others, and is told of behind them: none of theirs shall lie behind its
// records, and what they need of the catalog is theirs by then. Its own thread waits for it, so no later write of that
// thread is passed over. There is at most one.
bool GroupRoute::place_jobs(Deciding& deciding) {
  const auto decided = std::find_if(group_.begin(), group_.end(), [](const Job* job) { return job->decision != nullptr; });
  if (decided != group_.end()) std::rotate(decided, decided + 1, group_.end());
  bool needs_sync = false;
  for (Job* const job : group_) {
    if (job->entries.empty()) continue;
    HOLDFAST_CHECK(job->decision == nullptr || job == group_.back());
    if (place_job(*job, deciding)) needs_sync = needs_sync || job->durability == Durability::immediate;
  }
  undrained_.reserve(undrained_.size() + touched_.size());  // the tails may all come there
  return needs_sync;
}

bool GroupRoute::place_job(Job& job, Deciding& deciding) {
  const auto tail_of = [this](Space& space) -> Tail& {
    touch(space.one_tail());
    return space.one_tail();
  };
  WritePlan plan(job.entries, job.decision != nullptr);
  job.result = without_bad_alloc([&] {
    auto reserved = plan.reserve(tail_of);
    if (!reserved) return reserved;
    make_room_for(job.entries, tail_of);
    return deciding.prepare(job.decision);
  });
  if (!job.result) return false;
  plan.stage(stage_, tail_of);
  if (job.durability == Durability::interval)
    for (const WriteEntry& entry : job.entries) interval_bytes_.fetch_add(entry.size_bytes, std::memory_order_relaxed);
  return true;
}

void GroupRoute::forget_group() noexcept {
  for (Tail* const tail : touched_) tail->forget_unwritten();
  fail_group(out_of_memory());
}

void GroupRoute::fail_group(const Error& error) noexcept {
  for (Job* const job : group_)
    if (job->result) job->result = Unexpected(copy_of(error));
}

// There is no thread that could do it later.
void GroupRoute::end_interval() noexcept {
  stage_.clear();
  touched_.clear();
  Deciding nothing;
  static_cast<void>(without_bad_alloc([&] { return write_stage(true, true, nothing); }));  // a failed sync latches the storage
}

void GroupRoute::commit_group() noexcept {
  if (auto decided = check_decided(); !decided) return fail_group(decided.error());
  const auto begin = Clock::now();
  Deciding deciding;
  stage_.clear();
  touched_.clear();
  const bool asked = std::any_of(group_.begin(), group_.end(), [](const Job* job) { return job->entries.empty(); });
  bool needs_sync = false;
  try {
    needs_sync = place_jobs(deciding);
  } catch (const std::bad_alloc&) {
    return forget_group();
  }
  const std::uint64_t interval_bytes = interval_bytes_.load(std::memory_order_relaxed);
  const bool sync_all = asked || (interval_bytes > 0 && interval_bytes >= limits_.interval_bytes);
  needs_sync = needs_sync || sync_all;
  if (mutated(Mutant::id_shown_early)) tell_group();
  const bool is_open = deciding.is_pending();
  if (auto written = without_bad_alloc([&] { return write_stage(needs_sync, sync_all, deciding); }); !written) {
    if (is_open) written = Unexpected(end_writing(std::move(written.error())));
    fail_group(written.error());
  }
  if (!mutated(Mutant::id_shown_early)) tell_group();  // (3)
  call_between();
  if (needs_sync) {
    const std::chrono::nanoseconds took = Clock::now() - begin;
    commit_duration_ += (took - commit_duration_) / 8;
  } else if (interval_bytes > 0 && !interval_timer_.arm()) {
    end_interval();
  }
}

void GroupRoute::call_between() const noexcept {
  for (Job* const job : group_)
    if (job->between != nullptr && job->result) job->result = without_bad_alloc(*job->between);
}

void GroupRoute::tell_group() const {
  for (const Job* const job : group_)
    if (job->result) tell_observers(job->entries);
}

// The noting thread may hold locks that a sync would take, so enough bytes are the timer's business.
bool GroupRoute::note_interval(std::uint64_t bytes) noexcept {
  const std::uint64_t noted = interval_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  return noted >= limits_.interval_bytes ? interval_timer_.fire() : interval_timer_.arm();
}

Result<void> GroupRoute::write_stage(bool needs_sync, bool sync_all, Deciding& deciding) {
  if (stage_.empty() && !sync_all) return success();  // no job found room
  const bool behind_undrained =
      !mutated(Mutant::undrained_tail_committed) &&
      std::any_of(touched_.begin(), touched_.end(), [](const Tail* tail) { return tail->has_undrained(); });
  const bool drops_sync = mutated(Mutant::no_sync_in_group_commit);
  if (needs_sync && !sync_all && !behind_undrained && !drops_sync) {
    if (auto committed = storage_.commit(stage_.ranges()); !committed) return committed;  // (1) and (2)
    if (auto decided = deciding.decide(); !decided) return decided;
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
  const std::uint64_t interval_bytes = interval_bytes_.load(std::memory_order_relaxed);
  if (!drops_sync)
    if (auto drained = storage_.drain(); !drained) return drained;  // (2)
  segments_.sync_ended(ticket);
  interval_bytes_.fetch_sub(interval_bytes, std::memory_order_relaxed);  // those noted meanwhile stay
  if (auto decided = deciding.decide(); !decided) return decided;
  all_tails_durable();
  return success();
}

void GroupRoute::all_tails_durable() noexcept {
  for (Tail* const tail : touched_) tail->mark_durable();
  for (Tail* const tail : undrained_) tail->mark_durable();
  undrained_.clear();
}

// False if the caller has to go on leading: only asynchronous writes are queued, and there is no thread for them. Those to
// wake and to finish are listed in what they brought along, since nothing may fail here.
bool GroupRoute::hand_over(Job* own) noexcept {
  const auto waits = [](const Job* job) { return job->async == nullptr; };
  std::shared_ptr<Parking> next_leader;
  bool nobody_waits = false;
  std::shared_ptr<Parking> finished;
  Job* finished_async = nullptr;
  std::size_t waited = 0;
  for (auto job = group_.rbegin(); job != group_.rend(); ++job) {  // a list turns the order round
    if (!waits(*job)) {
      (*job)->next = std::exchange(finished_async, *job);
      continue;
    }
    ++waited;
    if (*job == own) continue;
    (*job)->parking->next = std::move(finished);
    finished = std::move((*job)->parking);
  }
  {
    const std::lock_guard lock(mutex_);
    writers_expected_ = waited + static_cast<std::size_t>(std::count_if(queue_.begin(), queue_.end(), waits));
    group_.clear();
    const auto next = std::find_if(queue_.begin(), queue_.end(), waits);
    if (queue_.empty()) {
      leading_ = false;
    } else if (next != queue_.end()) {
      next_leader = (*next)->parking;
    } else {
      nobody_waits = true;
    }
  }
  // From here on another thread may lead: nothing of the leader's own is touched any more.
  // Sequentially consistent: notify_one() looks whether anybody waits, and a store that may become visible behind that look
  // would leave asleep who begins to wait in between.
  const auto wake = [](Parking& parking, JobState state) {
    parking.state.store(state);
    parking.state.notify_one();
  };
  while (finished != nullptr) {
    const std::shared_ptr<Parking> woken = std::exchange(finished, std::move(finished->next));
    wake(*woken, JobState::done);
  }
  if (next_leader) wake(*next_leader, JobState::leads);
  const bool handed_over = !nobody_waits || committer_.fire();
  while (finished_async != nullptr) finish_async(std::exchange(finished_async, finished_async->next));
  return handed_over;
}

void GroupRoute::finish_async(Job* job) noexcept {
  const std::unique_ptr<Job> owned(job);
  job->async->done(*job->async, job->result);
}

}  // namespace holdfast
