#include "common/engine/direct_route.hpp"

#include <algorithm>

#include "common/base/mutant.hpp"
#include "common/base/out_of_memory.hpp"

namespace holdfast {
namespace {

// The tails one write has leased: those of its spaces, most often of one.
class Leases {
 public:
  /// Those of the thread, which keep the memory of their list; none is held.
  [[nodiscard]] static Leases& of_this_thread() {
    thread_local Leases leases;
    return leases;
  }

  void take(std::span<const WriteEntry> entries) {
    spaces_.clear();
    for (const WriteEntry& entry : entries)
      if (spaces_.empty() || entry.space != spaces_.back()) spaces_.push_back(entry.space);
    take_listed();
  }
  void take(std::span<Space* const> spaces) {
    spaces_.assign(spaces.begin(), spaces.end());
    take_listed();
  }

  void give_back() noexcept { held_.clear(); }

  [[nodiscard]] Tail& tail_of(const Space& space) const {
    return std::find_if(held_.begin(), held_.end(), [&](const auto& one) { return one.first == &space; })->second.tail();
  }

  void forget_unwritten() noexcept {
    for (auto& [space, lease] : held_) lease.tail().forget_unwritten();
  }

  void mark_durable() {
    for (auto& [space, lease] : held_) lease.tail().mark_durable();
  }

 private:
  // Who takes a log's tail may wait for it. All take them by rising ids, so that no two wait for each other.
  void take_listed() {
    if (spaces_.size() > 1) {
      std::sort(spaces_.begin(), spaces_.end(), [](const Space* left, const Space* right) { return left->id() < right->id(); });
      spaces_.erase(std::unique(spaces_.begin(), spaces_.end()), spaces_.end());
    }
    for (Space* const space : spaces_) held_.emplace_back(space, space->lease());
  }

  std::vector<Space*> spaces_;
  std::vector<std::pair<const Space*, Space::Lease>> held_;
};

// Gives the leases of one write back.
class Holding {
 public:
  Holding() : leases_(Leases::of_this_thread()) {}
  Holding(const Holding&) = delete;
  Holding& operator=(const Holding&) = delete;
  ~Holding() { leases_.give_back(); }
  Leases* operator->() const noexcept { return &leases_; }

 private:
  Leases& leases_;
};

}  // namespace

Result<void> DirectRoute::write(std::span<WriteEntry> entries, Durability /*all levels fence*/,
                                BatchDecision* decision) {
  thread_local WriteStage stage;
  const Holding leases;
  leases->take(entries);
  if (auto decided = check_decided(); !decided) return decided;  // the tail may be one that is not to be gone on with
  const auto tail_of = [&leases](Space& space) -> Tail& { return leases->tail_of(space); };
  WritePlan plan(entries, decision != nullptr);
  if (auto reserved = plan.reserve(tail_of); !reserved) return reserved;
  Deciding deciding;  // ends before the leases
  stage.clear();
  try {
    make_room_for(entries, tail_of);
    if (auto prepared = deciding.prepare(decision); !prepared) return prepared;
    plan.stage(stage, tail_of);
  } catch (const std::bad_alloc&) {
    leases->forget_unwritten();
    return Unexpected(out_of_memory());
  }
  auto written = write_stage(stage);  // (1)
  if (written && mutated(Mutant::id_shown_early)) tell_observers(entries);
  if (written && !mutated(Mutant::no_fence_in_put)) written = storage_.drain();  // (2)
  const bool is_open = deciding.is_pending();
  if (written) written = deciding.decide();
  if (!written && is_open) return Unexpected(end_writing(std::move(written.error())));
  if (!written) return written;
  if (!mutated(Mutant::id_shown_early)) tell_observers(entries);  // (3)
  leases->mark_durable();  // last: a segment that no tail has in use has nothing that was not told
  return success();
}

Result<void> DirectRoute::write_stage(WriteStage& stage) {
  for (const WriteRange& range : stage.ranges())
    if (auto written = storage_.write(range.offset, range.bytes); !written) return written;
  return success();
}

Result<void> DirectRoute::sync() {
  if (auto decided = check_decided(); !decided) return decided;
  return storage_.drain();
}

Result<void> DirectRoute::stand_still(std::span<Space* const> spaces, const Call& call) {
  const Holding leases;
  leases->take(spaces);
  if (auto synced = sync(); !synced) return synced;
  return call();
}

void DirectRoute::write_async(std::unique_ptr<AsyncWrite> accepted) {
  auto written = without_bad_alloc([&] { return write({&accepted->entry, 1}, accepted->durability); });
  accepted->done(*accepted, written);
}

}  // namespace holdfast
