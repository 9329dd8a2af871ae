#pragma once

#include "pmem/arena_header.hpp"
#include "pmem/pool_file.hpp"

namespace holdfast::pmem {

/// Finds the arena of a pool by its header, without libpmemobj and without trusting PMDK's metadata.
/// Errors: invalid_argument (not a PMDK pool), version_mismatch (a pool of another kind or layout, or a
///         newer arena), corruption (header damaged or gone, file truncated), io.
[[nodiscard]] Result<ArenaHeaderDisk> find_arena(const PoolFile& file);

}  // namespace holdfast::pmem
