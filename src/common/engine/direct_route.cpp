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

  // Who takes a log's tail may wait for it. All take them by rising ids, so that no two wait for each other.
  void take(std::span<const WriteEntry> entries) {
    spaces_.clear();
    for (const WriteEntry& entry : entries)
      if (spaces_.empty() || entry.space != spaces_.back()) spaces_.push_back(entry.space);
    if (spaces_.size() > 1) {
      std::sort(spaces_.begin(), spaces_.end(), [](const Space* left, const Space* right) { return left->id() < right->id(); });
      spaces_.erase(std::unique(spaces_.begin(), spaces_.end()), spaces_.end());
    }
    for (Space* const space : spaces_) held_.emplace_back(space, space->lease());
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

Result<void> DirectRoute::write(std::span<WriteEntry> entries, Durability /*all levels fence*/) {
  thread_local WriteStage stage;
  const Holding leases;
  leases->take(entries);
  const auto tail_of = [&leases](Space& space) -> Tail& { return leases->tail_of(space); };
  WritePlan plan(entries);
  if (auto reserved = plan.reserve(tail_of); !reserved) return reserved;
  stage.clear();
  try {
    make_room_for(entries, tail_of);
    plan.stage(stage, tail_of);
  } catch (const std::bad_alloc&) {
    leases->forget_unwritten();
    return Unexpected(out_of_memory());
  }
  for (const WriteRange& range : stage.ranges())  // (1)
    if (auto written = storage_.write(range.offset, range.bytes); !written) return written;
  if (mutated(Mutant::id_shown_early)) tell_observers(entries);
  if (!mutated(Mutant::no_fence_in_put))
    if (auto drained = storage_.drain(); !drained) return drained;  // (2)
  leases->mark_durable();
  if (!mutated(Mutant::id_shown_early)) tell_observers(entries);  // (3)
  return success();
}

void DirectRoute::write_async(std::unique_ptr<AsyncWrite> accepted) {
  const auto written = without_bad_alloc([&] { return write({&accepted->entry, 1}, accepted->durability); });
  accepted->done(*accepted, written);
}

}  // namespace holdfast
