#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "common/format/segment.hpp"

namespace holdfast {

/// A run of a segment in which no slice was found.
struct SegmentGap {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// Records in a gap whose slice has lost its header to damage: they prove themselves without it, by their place and
/// epoch, and the second and later ones that they had been durable. Returns the header that finds them again, with a
/// chain of its own.
///
/// Why only the last epochs: of a store that was closed, and of slices that others follow, the counts are known
/// elsewhere; what nobody else knows of is the last slice of a tail that a crash has left.
[[nodiscard]] std::optional<SliceHeaderDisk> header_of_orphans(std::span<const std::byte> segment, SegmentId segment_id,
                                                               std::uint64_t secret, SegmentGap gap,
                                                               std::uint32_t last_epoch);

}  // namespace holdfast
