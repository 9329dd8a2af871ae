#include "common/engine/direct_route.hpp"

#include <algorithm>

#include "common/base/mutant.hpp"

namespace holdfast {
namespace {

// The tails one write has leased: the first entry's space has one, and rarely others.
class Leases {
 public:
  explicit Leases(Space& first) : space_(first), lease_(first.lease()) {}

  [[nodiscard]] Tail& tail_of(Space& space) {
    if (&space == &space_) return lease_.tail();
    for (auto& [owner, lease] : others_)
      if (owner == &space) return lease.tail();
    others_.emplace_back(&space, space.lease());
    return others_.back().second.tail();
  }

  void mark_durable() {
    lease_.tail().mark_durable();
    for (auto& [owner, lease] : others_) lease.tail().mark_durable();
  }

 private:
  Space& space_;
  Space::Lease lease_;
  std::vector<std::pair<Space*, Space::Lease>> others_;
};

}  // namespace

Result<void> DirectRoute::write(std::span<WriteEntry> entries, Durability /*all levels fence*/) {
  thread_local WriteStage stage;
  Leases leases(*entries.front().space);
  const auto tail_of = [&leases](Space& space) -> Tail& { return leases.tail_of(space); };
  WritePlan plan(entries);
  if (auto reserved = plan.reserve(tail_of); !reserved) return reserved;
  stage.clear();
  plan.stage(stage, tail_of);
  for (const WriteRange& range : stage.ranges())  // (1)
    if (auto written = storage_.write(range.offset, range.bytes); !written) return written;
  if (!mutated(Mutant::no_fence_in_put))
    if (auto drained = storage_.drain(); !drained) return drained;  // (2)
  leases.mark_durable();
  return success();
}

}  // namespace holdfast
