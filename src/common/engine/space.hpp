#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/report.hpp>

#include "common/engine/segments.hpp"
#include "common/engine/slice_table.hpp"
#include "common/engine/tail.hpp"

namespace holdfast {

/// What every space of a store shares.
struct SpaceContext {
  Segments* segments;  ///< Null in a store opened read-only.
  SliceTable& slices;
  StoreIdentity identity;
  std::uint64_t record_alignment;
  bool shares_syncs;  ///< One tail; else a tail for each writer at work.
};

/// A space of records: its segments, the runs in them that are still free, and the tails that writers
/// append to.
/// Threads: any number of callers.
class Space {
 public:
  Space(const SpaceContext& context, SpaceId id, SpaceKind kind, std::string name);

  [[nodiscard]] SpaceId id() const noexcept { return id_; }
  [[nodiscard]] SpaceKind kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const SpaceContext& context() const noexcept { return context_; }

  /// A run of at least `size_bytes_min` for a slice, from what is free or from a new segment.
  /// Errors: no_space, io, locked.
  [[nodiscard]] Result<SliceRange> take_range(std::uint64_t size_bytes_min);

  /// Gives a run back that no slice was started in. Runs too small to be worth a slice are dropped.
  void add_range(const SliceRange& range);

  /// The one tail of a space on media with shared syncs; used by the group-commit leader alone.
  [[nodiscard]] Tail& shared_tail() noexcept { return *shared_tail_; }

  /// Exclusive use of a tail, given back by its destructor: a writer never waits for another one.
  class Lease {
   public:
    Lease(Space& space, Tail& tail) noexcept : space_(&space), tail_(&tail) {}
    Lease(Lease&& other) noexcept : space_(other.space_), tail_(std::exchange(other.tail_, nullptr)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (tail_ != nullptr) space_->give_back(*tail_);
    }
    [[nodiscard]] Tail& tail() const noexcept { return *tail_; }

   private:
    Space* space_;
    Tail* tail_;
  };
  [[nodiscard]] Lease lease();

  /// Recovery: continue the chain behind this slice.
  void continue_chain(SliceLinkDisk previous) noexcept {
    if (shared_tail_ != nullptr) shared_tail_->continue_chain(previous);
  }

  /// All slices of the space in the order they were opened or found, for walking its records.
  void add_slice(std::uint32_t table_index);
  [[nodiscard]] std::vector<std::uint32_t> slice_indexes() const;

  /// Holes that recovery has reported: walking passes over them, new ones are errors.
  void add_known_damage(std::uint32_t table_index, std::uint32_t offset) { known_damage_.insert({table_index, offset}); }
  [[nodiscard]] bool is_known_damage(std::uint32_t table_index, std::uint32_t offset) const {
    return known_damage_.contains({table_index, offset});
  }

  /// Every tail there is. Requires: no writer is at work.
  [[nodiscard]] std::vector<Tail*> tails();

 private:
  static constexpr std::size_t kLeaseSlotCount = 16;

  [[nodiscard]] Tail& new_tail();
  void give_back(Tail& tail) noexcept;
  [[nodiscard]] std::uint64_t preferred_range_size(std::uint64_t size_bytes_min) const noexcept;

  SpaceContext context_;
  SpaceId id_;
  SpaceKind kind_;
  std::string name_;

  std::set<std::pair<std::uint32_t, std::uint32_t>> known_damage_;  // filled at open, then only read

  mutable std::mutex mutex_;
  std::vector<SliceRange> ranges_;
  std::vector<std::uint32_t> slice_indexes_;
  std::vector<std::unique_ptr<Tail>> tails_;
  std::vector<Tail*> idle_;  // those that found no lease slot free
  Tail* shared_tail_ = nullptr;
  std::array<std::atomic<Tail*>, kLeaseSlotCount> lease_slots_{};
};

}  // namespace holdfast
