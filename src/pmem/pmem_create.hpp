#pragma once

#include "pmem/pmem_storage.hpp"

namespace holdfast::pmem {

/// create() with a limit of its own for the size of an arena, a multiple of 2 MiB, so that a test can have
/// a new store of several pools without 15 GiB for the first.
[[nodiscard]] Result<void> create_with_arenas_of(std::uint64_t arena_max_bytes,
                                                 const std::filesystem::path& path,
                                                 const PmemOptions& options, const Formatter& format);

}  // namespace holdfast::pmem
