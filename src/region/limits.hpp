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
