#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/base/mutant.hpp"
#include "common/format/layout.hpp"

namespace holdfast {

inline constexpr std::uint32_t kSegmentMagic = 0x4753'4648;  // "HFSG"
inline constexpr std::uint32_t kSliceMagic = 0x4C53'4648;    // "HFSL"

/// docs/format.md "Segment". The first 64 bytes of a segment; durable before the catalog names it.
struct SegmentHeaderDisk {
  std::uint64_t check;  ///< XXH3-64 of everything behind it, seeded by the store's secret.
  std::uint32_t magic;
  std::uint32_t epoch;  ///< Store epoch in which the segment was allocated.
  std::uint64_t segment_id;
  std::uint64_t space_id;
  std::uint64_t size_bytes;
  std::uint64_t reserved[3];  ///< Zero.
};
static_assert(sizeof(SegmentHeaderDisk) == 64 && kIsDiskType<SegmentHeaderDisk>);
static_assert(offsetof(SegmentHeaderDisk, segment_id) == 16 && offsetof(SegmentHeaderDisk, size_bytes) == 32);

/// Names a slice and how many records it had; all zero: none.
struct SliceLinkDisk {
  std::uint64_t segment_id;
  std::uint32_t start;     ///< Offset of the slice's header in its segment.
  std::uint32_t count;     ///< Records, the end record included.
  std::uint32_t epoch;     ///< Of the slice: after a crash another one may begin at its place.
  std::uint32_t reserved;  ///< Zero.
};
static_assert(sizeof(SliceLinkDisk) == 24 && kIsDiskType<SliceLinkDisk>);

/// docs/format.md "Slice". 64 bytes in front of a slice's records.
struct SliceHeaderDisk {
  std::uint64_t check;  ///< XXH3-64 of everything behind it, seeded by secret, segment id and start.
  std::uint32_t magic;
  std::uint32_t epoch;  ///< Store epoch of every record in the slice.
  std::uint64_t segment_id;
  std::uint32_t start;        ///< Offset of this header in the segment.
  std::uint32_t size_bytes;   ///< From this header to the end of the slice's range.
  SliceLinkDisk previous;     ///< The slice of the same tail that was filled before this one.
  std::uint64_t cleaned_at;   ///< Of a slice that cleaning fills: all writes of lower versions were over when it was
                              ///< opened. 0: of any other.
};
static_assert(sizeof(SliceHeaderDisk) == 64 && kIsDiskType<SliceHeaderDisk>);
static_assert(offsetof(SliceHeaderDisk, start) == 24 && offsetof(SliceHeaderDisk, previous) == 32);

/// Offset of the first slice in a segment.
inline constexpr std::uint32_t kFirstSliceStart = sizeof(SegmentHeaderDisk);

/// Seed of all checksums in a slice: a record of another store, segment or epoch never passes.
[[nodiscard]] std::uint64_t slice_seed(std::uint64_t secret, SegmentId segment_id, std::uint32_t epoch) noexcept;

/// Seed for the record at `offset` in the segment.
[[nodiscard]] inline std::uint64_t place_seed(std::uint64_t slice_seed, std::uint64_t offset) noexcept {
  if (mutated(Mutant::no_offset_in_seed)) offset = 0;
  return slice_seed ^ (offset * 0x9E37'79B9'7F4A'7C15ull);
}

[[nodiscard]] SegmentHeaderDisk make_segment_header(std::uint64_t secret, std::uint32_t epoch, SegmentId segment_id,
                                                    SpaceId space_id, std::uint64_t size_bytes) noexcept;
[[nodiscard]] bool validate(const SegmentHeaderDisk& header, std::uint64_t secret) noexcept;

[[nodiscard]] SliceHeaderDisk make_slice_header(std::uint64_t secret, std::uint32_t epoch, SegmentId segment_id,
                                                std::uint32_t start, std::uint32_t size_bytes,
                                                SliceLinkDisk previous,
                                                std::uint64_t cleaned_at = 0) noexcept;

/// Whether `header`, read at `start` of a segment of `segment_size_bytes`, proves itself and stays inside.
[[nodiscard]] bool validate(const SliceHeaderDisk& header, std::uint64_t secret, SegmentId segment_id,
                            std::uint32_t start, std::uint64_t segment_size_bytes) noexcept;

}  // namespace holdfast
