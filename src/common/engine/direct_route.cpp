#include "common/engine/direct_route.hpp"

#include <algorithm>

#include "common/base/mutant.hpp"
#include "common/base/out_of_memory.hpp"

namespace holdfast {
namespace {

// The tails one write has leased: those of its spaces, most often of one.
class Leases {
 public:
  explicit Leases(std::span<const WriteEntry> entries) : space_(first_of(entries)), lease_(space_.lease()) {
    if (entries.size() == 1) return;
    std::vector<Space*> spaces;
    for (const WriteEntry& entry : entries)
      if (entry.space != &space_) spaces.push_back(entry.space);
    std::sort(spaces.begin(), spaces.end(), is_before);
    spaces.erase(std::unique(spaces.begin(), spaces.end()), spaces.end());
    for (Space* const space : spaces) others_.emplace_back(space, space->lease());
  }

  [[nodiscard]] Tail& tail_of(Space& space) {
    if (&space == &space_) return lease_.tail();
    const auto found =
        std::find_if(others_.begin(), others_.end(), [&](const auto& other) { return other.first == &space; });
    return found->second.tail();
  }

  void forget_unwritten() noexcept {
    lease_.tail().forget_unwritten();
    for (auto& [owner, lease] : others_) lease.tail().forget_unwritten();
  }

  void mark_durable() {
    lease_.tail().mark_durable();
    for (auto& [owner, lease] : others_) lease.tail().mark_durable();
  }

 private:
  // Who takes a log's tail may wait for it. All take them by rising ids, so that no two wait for each other.
  [[nodiscard]] static bool is_before(const Space* left, const Space* right) noexcept {
    return left->id() < right->id();
  }

  [[nodiscard]] static Space& first_of(std::span<const WriteEntry> entries) {
    const auto first = std::min_element(entries.begin(), entries.end(), [](const auto& left, const auto& right) {
      return is_before(left.space, right.space);
    });
    return *first->space;
  }

  Space& space_;
  Space::Lease lease_;
  std::vector<std::pair<Space*, Space::Lease>> others_;
};

}  // namespace

Result<void> DirectRoute::write(std::span<WriteEntry> entries, Durability /*all levels fence*/) {
  thread_local WriteStage stage;
  Leases leases(entries);
  const auto tail_of = [&leases](Space& space) -> Tail& { return leases.tail_of(space); };
  WritePlan plan(entries);
  if (auto reserved = plan.reserve(tail_of); !reserved) return reserved;
  stage.clear();
  try {
    make_room_for(entries, tail_of);
    plan.stage(stage, tail_of);
  } catch (const std::bad_alloc&) {
    leases.forget_unwritten();
    return Unexpected(out_of_memory());
  }
  for (const WriteRange& range : stage.ranges())  // (1)
    if (auto written = storage_.write(range.offset, range.bytes); !written) return written;
  if (mutated(Mutant::id_shown_early)) tell_observers(entries);
  if (!mutated(Mutant::no_fence_in_put))
    if (auto drained = storage_.drain(); !drained) return drained;  // (2)
  leases.mark_durable();
  if (!mutated(Mutant::id_shown_early)) tell_observers(entries);  // (3)
  return success();
}

void DirectRoute::write_async(std::unique_ptr<AsyncWrite> accepted) {
  const auto written = without_bad_alloc([&] { return write({&accepted->entry, 1}, accepted->durability); });
  accepted->done(*accepted, written);
}

}  // namespace holdfast
