#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "common/engine/catalog_state.hpp"
#include "common/engine/segment_scan.hpp"

namespace holdfast {

/// Names a slice of a store.
struct SlicePlace {
  SegmentId segment_id = 0;
  std::uint32_t start = 0;
  std::uint32_t epoch = 0;

  SlicePlace() = default;
  explicit SlicePlace(const SliceHeaderDisk& header) noexcept
      : segment_id(header.segment_id), start(header.start), epoch(header.epoch) {}
  explicit SlicePlace(const SliceLinkDisk& link) noexcept
      : segment_id(link.segment_id), start(link.start), epoch(link.epoch) {}
  friend auto operator<=>(const SlicePlace&, const SlicePlace&) = default;
};

struct ChainVerdict {
  std::set<SlicePlace> dropped;
  std::map<SlicePlace, std::uint32_t> known_counts;  ///< Slices that have lost durable records.
  std::map<SlicePlace, std::uint32_t> lost;          ///< Slices that were durable and are not there, with their counts.
  std::map<SpaceId, SliceLinkDisk> chain_ends;       ///< What the next slice of each space follows.

  [[nodiscard]] bool is_admitted(const ScannedSlice& slice) const {
    return !dropped.contains(SlicePlace(slice.header));
  }
};

/// Decides which slices are part of the store.
///
/// A slice may reach the medium before the one that its tail filled before it. It counts only if
///  - the one before has all records that it names (then nothing between is missing), or
///  - it is of a later epoch than the one it names: the recovery between them had made that one durable, or
///  - a watermark in it, or in one that follows it, says that it was durable: so was all before it; or the catalog says so,
///    as it has its count.
/// In the last two cases records that are missing in the earlier slice are damage, not a torn tail.
/// A slice that names none, or one in a segment that is gone, stands alone.
[[nodiscard]] ChainVerdict judge_chains(const std::vector<const ScannedSlice*>& slices, const CatalogState& catalog);

}  // namespace holdfast
