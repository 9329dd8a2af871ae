#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/error.hpp>

#include "common/engine/log_gaps.hpp"
#include "common/format/catalog_entry.hpp"

namespace holdfast {

struct CatalogSpace {
  SpaceId id = 0;
  SpaceKind kind{};
  std::string name{};  ///< Empty: a region without one.
  std::uint64_t region_size_bytes = 0;
  std::string metadata{};
  std::uint64_t log_begin = 0;  ///< Of a log, if its first records were taken away: the lowest id that is left.
  LogGaps log_gaps{};           ///< Of a log, what was taken off its ends; above its begin.
  std::uint64_t log_thinned = 0;  ///< Of a log that was compacted: lower ids may be missing.

  /// The key-value space that the store keeps for itself.
  [[nodiscard]] bool is_ledger() const noexcept { return kind == SpaceKind::kv && name.empty(); }
};

struct CatalogSegment {
  SegmentId id = 0;
  SpaceId space_id = 0;
  SegmentContent content{};
  ByteRange extent{};
  std::uint32_t start_block = 0;  ///< Of a region's extent: where in the region it begins.
  std::optional<std::uint64_t> check{};  ///< Of a region's extent whose bytes never change.
};

/// What is known of a slice that was in use when the store was closed.
struct SliceCount {
  std::uint32_t records = 0;
  std::uint64_t next_number = 0;  ///< Of a log: the id behind its last record.

  friend bool operator==(const SliceCount&, const SliceCount&) = default;
};

/// What the catalog's records, applied in order, say: the spaces and who owns which extent.
/// Threads: the owner's matter.
class CatalogState {
 public:
  /// Applies one entry. Errors: corruption (it contradicts what came before; nothing changed).
  [[nodiscard]] Result<void> apply(const CatalogEntry& entry);

  /// Entries from which an empty state becomes this one.
  [[nodiscard]] std::vector<CatalogEntry> snapshot() const;

  /// Length of the payload that says the snapshot.
  [[nodiscard]] std::uint64_t snapshot_size_bytes() const noexcept {
    const std::uint64_t of_batches = decided_batches_.size() + (settled_epoch_ != 0 ? 1 : 0) +
                                     dropped_batches_.size() + (proved_batch_ != 0 ? 1 : 0);
    return spaces_size_bytes_ +
           sizeof(CatalogEntryDisk) * (1 + segments_.size() + slice_counts_.size() + region_count_ + cut_log_count_ +
                                       log_gap_count_ + thinned_log_count_ + of_batches +
                                       (clock_mark_us_ != 0 ? 1 : 0)) +
           sizeof(std::uint64_t) * checked_count_;
  }

  [[nodiscard]] const CatalogSpace* find_space(std::string_view name) const;
  [[nodiscard]] const std::map<SpaceId, CatalogSpace>& spaces() const noexcept { return spaces_; }
  [[nodiscard]] const std::map<SegmentId, CatalogSegment>& segments() const noexcept { return segments_; }

  /// Records that the slice at (segment, start) had when the store was last closed; 0: not known.
  [[nodiscard]] std::uint32_t slice_count(SegmentId segment, std::uint32_t start) const;

  /// All of them, by segment and start.
  [[nodiscard]] const std::map<std::pair<SegmentId, std::uint32_t>, SliceCount>& slice_counts() const noexcept {
    return slice_counts_;
  }

  /// Whether a batch of that epoch counts, if its trailer says that the catalog decides.
  [[nodiscard]] bool is_decided(std::uint32_t epoch, std::uint64_t batch) const;

  /// Numbers up to which they count, by epoch; and up to which epoch all count that this does not name.
  [[nodiscard]] const std::map<std::uint32_t, std::uint64_t>& decided_batches() const noexcept {
    return decided_batches_;
  }
  [[nodiscard]] std::uint32_t settled_epoch() const noexcept { return settled_epoch_; }

  /// Up to this number every batch was committed whole, but for the dropped ones, whichever of its records are left.
  [[nodiscard]] std::uint64_t proved_batch() const noexcept { return proved_batch_; }
  /// Those of which a segment still holds records that do not count.
  [[nodiscard]] const std::set<std::pair<SegmentId, std::uint64_t>>& dropped_batches() const noexcept {
    return dropped_batches_;
  }
  /// 0: there is none.
  [[nodiscard]] std::uint64_t clock_mark_us() const noexcept { return clock_mark_us_; }

  [[nodiscard]] SegmentId next_segment_id() const noexcept { return next_segment_id_; }
  [[nodiscard]] SpaceId next_space_id() const noexcept { return next_space_id_; }

 private:
  [[nodiscard]] Result<void> add_space(const CatalogEntry& entry);
  [[nodiscard]] Result<void> add_segment(const CatalogEntry& entry);
  [[nodiscard]] Result<void> free_segment(const CatalogEntry& entry);
  [[nodiscard]] Result<void> set_region_size(const CatalogEntry& entry);
  [[nodiscard]] Result<void> set_metadata(const CatalogEntry& entry);
  [[nodiscard]] Result<void> set_log_begin(const CatalogEntry& entry);
  [[nodiscard]] Result<void> add_log_gap(const CatalogEntry& entry);
  [[nodiscard]] Result<void> set_log_thinned(const CatalogEntry& entry);
  [[nodiscard]] Result<void> rename_space(const CatalogEntry& entry);
  [[nodiscard]] Result<void> remove_space(const CatalogEntry& entry);
  void settle_batches(std::uint32_t epoch);
  [[nodiscard]] Result<void> drop_batch(const CatalogEntry& entry);

  std::map<SpaceId, CatalogSpace> spaces_;
  std::map<std::string, SpaceId, std::less<>> space_names_;
  std::map<SegmentId, CatalogSegment> segments_;
  std::map<std::pair<SegmentId, std::uint32_t>, SliceCount> slice_counts_;
  std::map<std::uint32_t, std::uint64_t> decided_batches_;
  std::uint32_t settled_epoch_ = 0;  // no writer had epoch 0
  std::uint64_t proved_batch_ = 0;
  std::set<std::pair<SegmentId, std::uint64_t>> dropped_batches_;
  std::uint64_t clock_mark_us_ = 0;
  std::uint64_t spaces_size_bytes_ = 0;  // of the entries that add them, and of their metadata
  std::uint64_t region_count_ = 0;
  std::uint64_t cut_log_count_ = 0;  // logs with a begin
  std::uint64_t log_gap_count_ = 0;  // of all logs
  std::uint64_t thinned_log_count_ = 0;
  std::uint64_t checked_count_ = 0;  // segments with a check
  SegmentId next_segment_id_ = 1;
  SpaceId next_space_id_ = 1;
};

}  // namespace holdfast
