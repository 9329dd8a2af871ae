#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/engine/found_slice.hpp"
#include "common/engine/orphans.hpp"
#include "common/engine/recovery.hpp"
#include "common/engine/segment_scan.hpp"

namespace holdfast {

/// Reads the slices of one segment for recovery; their locations carry no slice index yet.
class SegmentReader {
 public:
  SegmentReader(const RecoveryInput& input, const CatalogSegment& segment);

  /// All slices by rising start; behind them, where the input asks for them, those that have lost their header.
  [[nodiscard]] std::vector<FoundSlice> read() const;

  [[nodiscard]] FoundSlice read_slice(const SliceHeaderDisk& header, std::uint32_t known_count, bool use_footer) const;

 private:
  void add_orphans(std::vector<FoundSlice>& found) const;
  void add_orphans_of(SegmentGap gap, std::vector<FoundSlice>& found) const;
  [[nodiscard]] std::optional<ScanBegin> take_footer(FoundSlice& slice, const SliceHeaderDisk& header) const;

  const RecoveryInput& input_;
  SegmentPlace place_;
  std::span<const std::byte> bytes_;
};

}  // namespace holdfast
