#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "common/engine/slice_table.hpp"
#include "common/engine/slice_writer.hpp"

namespace holdfast {

/// What cleaning looks at when it chooses.
struct SegmentUse {
  SegmentPlace place{};
  std::uint64_t live_bytes = 0;
  std::uint64_t tombstone_bytes = 0;
  std::uint64_t written_bytes = 0;             ///< Of all records that count, needed or not.
  std::uint64_t floor = SliceUsage::kNoFloor;  ///< The lowest of its slices'.
  bool is_of_copies = false;  ///< Filled by cleaning alone.
  bool is_damaged = false;    ///< Something in it is lost, or fails its checks.
  bool is_in_use = false;     ///< A tail writes there, or what it wrote is not known to be durable.
  std::uint64_t entries = 0;  ///< Of a log: its entries, their ids and timestamps.
  std::uint64_t id_min = SliceUsage::kNoFloor;
  std::uint64_t id_max = 0;
  std::uint64_t time_min_us = SliceUsage::kNoFloor;
  std::uint64_t time_max_us = 0;
  bool is_cleanable = false;  ///< All its records are known to be durable, none follows, and none is damaged.
};

/// Names a slice of a space.
struct SliceRef {
  SegmentId segment = 0;
  std::uint32_t table_index = 0;
};

/// The record segments of a space, and their slices. A segment is in use from when a tail takes a run of it until its slice
/// there has ended and is durable; one that is in use, or has lost records to damage, is not cleaned: what may still be
/// salvaged there would be gone for good.
/// Threads: any.
class SpaceSegments {
 public:
  explicit SpaceSegments(SliceTable& table) : table_(table) {}

  /// Nothing changes where it is known already.
  void add(const SegmentPlace& place);
  /// From now on walks over the space's records meet it. Requires: add() of its segment.
  void add_slice(SliceRef slice);
  void set_damaged(SegmentId segment);

  /// One that was filled before anybody knew of it, with its slices. Nobody meets it until show().
  void add_unseen(const SegmentPlace& place, const std::vector<std::uint32_t>& slices);
  void show(SegmentId segment) noexcept;
  void forget_unseen(SegmentId segment) noexcept;

  void begin_use(SegmentId segment);
  void end_use(SegmentId segment) noexcept;

  /// All slices in the order in which they were opened, or found.
  [[nodiscard]] std::vector<SliceRef> slices() const;
  [[nodiscard]] std::vector<SliceRef> slices_of(SegmentId segment) const;
  [[nodiscard]] bool has(SliceRef slice) const;

  [[nodiscard]] std::vector<SegmentUse> uses() const;
  /// Of one; nothing: it is not there.
  [[nodiscard]] std::optional<SegmentUse> use_of(SegmentId segment) const;

  /// Nobody takes a run of it from now on. False: it cannot be cleaned.
  [[nodiscard]] bool begin_cleaning(SegmentId segment);
  /// The same, whatever has become of what it holds. False: a tail writes there, or it is being cleaned.
  [[nodiscard]] bool begin_dropping(SegmentId segment);
  void give_up_cleaning(SegmentId segment) noexcept;

  /// Whether a segment came later than that one.
  [[nodiscard]] bool has_behind(SegmentId segment) const;
  /// The catalog has freed it: it counts no more, though walks that began before may still meet it.
  void set_freed(SegmentId segment) noexcept;

  /// Walks do not meet its slices any more. Those are returned for the table to forget, when nobody looks at them.
  [[nodiscard]] std::vector<std::uint32_t> remove(SegmentId segment);

 private:
  struct Slice {
    std::uint64_t number = 0;  // in the order of all
    std::uint32_t table_index = 0;
  };
  struct Segment {
    SegmentPlace place{};
    std::uint32_t users = 0;
    bool is_damaged = false;
    bool is_being_cleaned = false;
    bool is_freed = false;
    bool is_unseen = false;
    std::vector<Slice> slices{};
  };

  [[nodiscard]] SegmentUse use_of(const Segment& segment) const;

  SliceTable& table_;
  mutable std::mutex mutex_;
  std::map<SegmentId, Segment> segments_;
  std::uint64_t next_number_ = 0;
};

}  // namespace holdfast
