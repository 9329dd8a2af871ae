#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/error.hpp>

#include "common/format/catalog_entry.hpp"

namespace holdfast {

struct CatalogSpace {
  SpaceId id = 0;
  SpaceKind kind{};
  std::string name{};  ///< Empty: a region without one.
  std::uint64_t region_size_bytes = 0;
  std::string metadata{};
};

struct CatalogSegment {
  SegmentId id = 0;
  SpaceId space_id = 0;
  SegmentContent content{};
  ByteRange extent{};
  std::uint32_t start_block = 0;  ///< Of a region's extent: where in the region it begins.
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
    return spaces_size_bytes_ + sizeof(CatalogEntryDisk) * (1 + segments_.size() + slice_counts_.size() + region_count_);
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

  [[nodiscard]] SegmentId next_segment_id() const noexcept { return next_segment_id_; }
  [[nodiscard]] SpaceId next_space_id() const noexcept { return next_space_id_; }

 private:
  [[nodiscard]] Result<void> add_space(const CatalogEntry& entry);
  [[nodiscard]] Result<void> add_segment(const CatalogEntry& entry);
  [[nodiscard]] Result<void> free_segment(const CatalogEntry& entry);
  [[nodiscard]] Result<void> set_region_size(const CatalogEntry& entry);
  [[nodiscard]] Result<void> set_metadata(const CatalogEntry& entry);
  [[nodiscard]] Result<void> rename_space(const CatalogEntry& entry);
  [[nodiscard]] Result<void> remove_space(const CatalogEntry& entry);

  std::map<SpaceId, CatalogSpace> spaces_;
  std::map<std::string, SpaceId, std::less<>> space_names_;
  std::map<SegmentId, CatalogSegment> segments_;
  std::map<std::pair<SegmentId, std::uint32_t>, SliceCount> slice_counts_;
  std::uint64_t spaces_size_bytes_ = 0;  // of the entries that add them, and of their metadata
  std::uint64_t region_count_ = 0;
  SegmentId next_segment_id_ = 1;
  SpaceId next_space_id_ = 1;
};

}  // namespace holdfast
