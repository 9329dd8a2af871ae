#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

namespace holdfast {

// docs/format.md is the law; tests/unit/format_doc_test.cpp holds the structs to its tables.
static_assert(std::endian::native == std::endian::little, "the format is little-endian");

inline constexpr std::uint32_t kFormatVersion = 1;

inline constexpr std::uint64_t kBlockSizeBytes = 4096;      ///< Unit of extents.
inline constexpr std::uint64_t kRecordAlignmentMin = 8;     ///< Every record length is a multiple of this.
inline constexpr std::uint64_t kCacheLineSizeBytes = 64;
inline constexpr std::uint64_t kSliceAlignment = 4096;      ///< A slice starts here, or right behind the segment header.

inline constexpr std::uint64_t kSegmentSizeBytesMin = std::uint64_t{64} << 10;
inline constexpr std::uint64_t kSegmentSizeBytesMax = std::uint64_t{64} << 20;

inline constexpr std::uint64_t kNameSizeBytesMax = 255;

using SegmentId = std::uint64_t;  ///< Never used twice in a store; 0 is none.
using SpaceId = std::uint64_t;    ///< Never used twice in a store; 0 is the catalog.

inline constexpr SpaceId kCatalogSpaceId = 0;

// What a reader takes. No writer comes near, and what follows upon these does not run over: a region's id is its
// space's, shifted by 24 bits.
inline constexpr SegmentId kSegmentIdMax = std::uint64_t{1} << 62;
inline constexpr SpaceId kSpaceIdMax = std::uint64_t{1} << 39;

/// What a type on media must be: fixed bytes without padding, so that a checksum over it is one over
/// its fields.
template <class T>
inline constexpr bool kIsDiskType =
    std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T> && std::has_unique_object_representations_v<T>;

// Requires of both: `multiple` is a power of two, as all alignments on media are. A division would cost a record
// more than its header check.
[[nodiscard]] constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t multiple) noexcept {
  return (value + multiple - 1) & ~(multiple - 1);
}

[[nodiscard]] constexpr std::uint64_t round_down(std::uint64_t value, std::uint64_t multiple) noexcept {
  return value & ~(multiple - 1);
}

}  // namespace holdfast
