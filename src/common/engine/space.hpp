#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/report.hpp>

#include "common/engine/segments.hpp"
#include "common/engine/slice_table.hpp"
#include "common/engine/space_segments.hpp"
#include "common/engine/tail.hpp"

namespace holdfast {

/// What every space of a store shares.
struct SpaceContext {
  Segments* segments;  ///< Null in a store opened read-only.
  SliceTable& slices;
  StoreIdentity identity;
  std::uint64_t record_alignment;
  bool shares_syncs;  ///< One tail a space; else a tail for each writer at work, and of a log still one.
};

/// When the one tail of a log goes to a new segment, besides where one is full. 0: never.
struct LogRotation {
  std::uint64_t segment_size_bytes = 0;  ///< Of new segments; 0: as the store's.
  std::uint64_t entries_max = 0;
  std::uint64_t age_us_max = 0;  ///< Of the first entry, against that of the one that comes.
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

  /// A run of at least `size_bytes_min` for a slice, from what is free or from a new segment; with `rotates` from a new one.
  /// Its segment is in use from then on. A log never comes back to a segment that it has left, so that its segments hold
  /// its ids in their order. Errors: no_space, io, locked.
  [[nodiscard]] Result<SliceRange> take_range(std::uint64_t size_bytes_min, Room room = Room::common,
                                              bool rotates = false);

  /// The segment in which a log goes on that has no slice open; nothing: in a new one.
  [[nodiscard]] std::optional<SegmentUse> use_of_next_range() const;

  void set_rotation(const LogRotation& rotation) noexcept;
  [[nodiscard]] LogRotation rotation() const noexcept;

  /// Size of the segments that it takes from now on.
  [[nodiscard]] std::uint64_t segment_size_bytes() const noexcept;

  /// Nothing is placed in its tails from now on: writes answer not_found.
  void refuse_writes(bool refuses) noexcept { refuses_writes_.store(refuses); }
  [[nodiscard]] bool refuses_writes() const noexcept { return refuses_writes_.load(std::memory_order_acquire); }

  /// Gives a run back that no slice was started in. Runs too small to be worth a slice are dropped.
  void add_range(const SliceRange& range);

  /// A whole new segment. Errors: as take_range.
  [[nodiscard]] Result<SliceRange> take_segment(std::uint64_t size_bytes_min, Room room);

  /// Nobody takes a run of that segment from now on. Its free runs, for who gives that up; nothing: it is in use.
  [[nodiscard]] std::optional<std::vector<SliceRange>> begin_cleaning(SegmentId segment);
  void give_up_cleaning(SegmentId segment, const std::vector<SliceRange>& ranges);
  /// The same for a segment that is not needed any more, whatever has become of what it holds.
  [[nodiscard]] std::optional<std::vector<SliceRange>> begin_dropping(SegmentId segment);
  /// Its free runs are taken again; those of a log's only while no other segment has come behind it.
  void give_up_dropping(SegmentId segment, const std::vector<SliceRange>& ranges);

  /// Whether all records of the space lie in one chain of slices: on media with shared syncs, and in every log.
  [[nodiscard]] bool has_one_tail() const noexcept { return one_tail_ != nullptr; }

  /// That tail, for who is its only user: the group-commit leader, or recovery.
  [[nodiscard]] Tail& one_tail() noexcept { return *one_tail_; }

  /// Exclusive use of a tail, given back by its destructor. A writer never waits for another one, but for
  /// the one tail of a log.
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

  /// Recovery: go on behind this slice, and with this number.
  void continue_behind(SliceLinkDisk previous, std::uint64_t next_number) noexcept {
    if (one_tail_ == nullptr) return;
    one_tail_->continue_chain(previous);
    if (kind_ == SpaceKind::log) one_tail_->continue_numbers(next_number);
  }

  [[nodiscard]] SpaceSegments& segments() noexcept { return segments_; }
  [[nodiscard]] const SpaceSegments& segments() const noexcept { return segments_; }

  /// Where copies go that cleaning makes, apart from all other records. Requires: one cleaner at a time.
  [[nodiscard]] Tail& cleaning_tail();

  /// Holes that recovery has reported: walking passes over them, new ones are errors.
  void add_known_damage(std::uint32_t table_index, std::uint32_t offset) { known_damage_.insert({table_index, offset}); }
  [[nodiscard]] bool is_known_damage(std::uint32_t table_index, std::uint32_t offset) const {
    return known_damage_.contains({table_index, offset});
  }
  /// Offset in the segment of the first such hole in that slice behind `offset`.
  [[nodiscard]] std::optional<std::uint32_t> known_damage_behind(std::uint32_t table_index, std::uint32_t offset) const {
    const auto hole = known_damage_.upper_bound({table_index, offset});
    if (hole == known_damage_.end() || hole->first != table_index) return std::nullopt;
    return hole->second;
  }

  /// Ends the slices of tails that no writer has in use, so that their segments can be cleaned. Errors: io, locked.
  [[nodiscard]] Result<void> end_idle_tails(Storage& storage);

  /// Every tail there is. Requires: no writer is at work.
  [[nodiscard]] std::vector<Tail*> tails();

 private:
  static constexpr std::size_t kLeaseSlotCount = 16;

  [[nodiscard]] Tail& new_tail(bool is_for_cleaning = false);
  void wait_for_the_one_tail() noexcept;
  void give_back(Tail& tail) noexcept;
  [[nodiscard]] std::vector<Lease> lease_idle();
  [[nodiscard]] std::vector<SliceRange> take_ranges_of(SegmentId segment);
  [[nodiscard]] std::uint64_t preferred_range_size(std::uint64_t size_bytes_min) const noexcept;

  SpaceContext context_;
  SpaceId id_;
  SpaceKind kind_;
  std::string name_;

  std::set<std::pair<std::uint32_t, std::uint32_t>> known_damage_;  // filled at open, then only read

  // Slices are added while the catalog is locked for a decision, and the mutex below is held while the catalog gives
  // room: so these have a mutex of their own.
  SpaceSegments segments_;

  mutable std::mutex mutex_;
  std::vector<SliceRange> ranges_;
  std::vector<std::unique_ptr<Tail>> tails_;
  std::vector<Tail*> idle_;  // those that found no lease slot free
  Tail* one_tail_ = nullptr;
  Tail* cleaning_tail_ = nullptr;
  std::atomic<std::uint64_t> rotation_size_bytes_{0};
  std::atomic<std::uint64_t> rotation_entries_max_{0};
  std::atomic<std::uint64_t> rotation_age_us_max_{0};
  std::atomic<bool> refuses_writes_{false};
  std::atomic<std::uint32_t> one_tail_leased_{0};
  std::array<std::atomic<Tail*>, kLeaseSlotCount> lease_slots_{};
};

}  // namespace holdfast
