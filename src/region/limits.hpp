#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include <holdfast/region.hpp>

namespace holdfast::region {

// A region grows by as much as it has, within these bounds: few catalog records, and little beyond the need. What is
// cut off behind the next multiple of the lower one goes back.
inline constexpr std::uint64_t kGrowthBytesMin = std::uint64_t{64} << 10;
inline constexpr std::uint64_t kGrowthBytesMax = std::uint64_t{64} << 20;

inline constexpr std::uint32_t kCheckedBlockBytesMin = 4 << 10;
inline constexpr std::uint32_t kCheckedBlockBytesMax = 64 << 20;
inline constexpr std::uint32_t kVersionsKeptMax = 4096;

// What has one check: a first read of any byte of it reads as much. That of a mirror's block is never larger.
inline constexpr std::uint64_t kSealedExtentBytesMax = std::uint64_t{64} << 20;

// Buffered appends of at most so many bytes go by stores, behind so many since the last flush, into extents of at least
// that size: one change of protection serves many of them.
inline constexpr std::uint64_t kStoredBytesMax = 4 << 10;
inline constexpr std::uint64_t kStoredBehindBytes = std::uint64_t{256} << 10;
inline constexpr std::uint64_t kStoredExtentBytesMin = std::uint64_t{1} << 20;

// So much at once is made ready for stores. What of it is not stored to is written out with the next flush.
inline constexpr std::uint64_t kStoresPreparedBytes = std::uint64_t{64} << 10;

// A hole that is written to is filled around the write within windows of this size, for one record.
inline constexpr std::uint64_t kHoleFillBytes = std::uint64_t{1} << 20;

// A view shows a hole in pieces of that size: zeros that all of them share.
inline constexpr std::size_t kHolePieceBytes = std::size_t{1} << 20;

/// Whether `size_bytes` bytes from `begin` on lie below a region's limit. Errors: too_large.
[[nodiscard]] inline Result<void> check_end(std::uint64_t begin, std::uint64_t size_bytes,
                                            std::uint64_t size_bytes_max) {
  const std::uint64_t limit = std::min(size_bytes_max, kRegionSizeBytesMax);
  if (begin <= limit && size_bytes <= limit - begin) return {};
  Error error{.code = ErrorCode::too_large, .message = "the region would grow beyond its limit", .offset = begin};
  error.expected = "at most " + std::to_string(limit) + " bytes in the region";
  error.found = std::to_string(size_bytes) + " more from " + std::to_string(begin);
  return Unexpected(error);
}

}  // namespace holdfast::region
