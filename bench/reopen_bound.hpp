#pragma once

#include <cstdint>
#include <filesystem>

#include <holdfast/error.hpp>

namespace holdfast::bench {

/// Seconds that nobody who reads every record at open can beat: `used_bytes` of the store's file
/// hashed once (XXH3-64 through a map), and `records` inserts of a location and a version into a bare,
/// pre-sized tbb::concurrent_hash_map with the scalable allocator, all processors at work.
/// Errors: io.
[[nodiscard]] Result<double> reopen_bound_seconds(const std::filesystem::path& path, std::uint64_t used_bytes,
                                                  std::uint64_t records);

}  // namespace holdfast::bench
