#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pmem/arena_header.hpp"
#include "pmem/pool_file.hpp"

namespace holdfast::pmem {

/// The layout name every pool of a Holdfast store carries.
inline constexpr const char* kLayoutName = "holdfast";

/// Where libpmemobj's pool header and pool descriptor, 4 KiB each, end.
inline constexpr std::uint64_t kPoolDescriptorEnd = 8192;

/// What a pool file says it is, as far as that can be read without trusting it.
struct PoolIdentity {
  std::string_view kind;  ///< Empty: not a PMDK pool.
  std::string layout;     ///< Unprintable bytes shown as '?'.
};

/// Errors: io.
[[nodiscard]] Result<PoolIdentity> read_identity(const PoolFile& file);

/// XXH3-64, chained over blocks, of all that PMDK keeps in the pool: everything outside header page and
/// arena, but for the few bytes that libpmemobj rewrites at each open.
///
/// Why: libpmemobj checks its two headers only and follows damaged heap metadata into a hang or a fault.
/// We allocate one object and never another, so the metadata never changes once the pool is made, and one
/// hash tells whether libpmemobj may see it.
/// Errors: io, corruption (truncated).
[[nodiscard]] Result<std::uint64_t> metadata_check(const PoolFile& file, const ArenaHeaderDisk& header);

/// Compares the pool's metadata with its header. Errors: corruption, io.
[[nodiscard]] Result<void> verify_metadata(const PoolFile& file, const ArenaHeaderDisk& header);

}  // namespace holdfast::pmem
