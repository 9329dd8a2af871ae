#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include <holdfast/storage.hpp>

namespace holdfast::pmem {

struct PmemOptions {
  std::uint64_t size_bytes = 0;      ///< create only: bytes the engine gets, pool overhead not counted
  std::uint64_t max_size_bytes = 0;  ///< address space to reserve
  bool read_only = false;
  bool emulate = false;  ///< allow a medium without byte access
  bool sigbus_guard = false;  ///< open only
};

/// Writes the first bytes of a new store; called with the whole, zeroed storage.
using Formatter = std::function<Result<void>(Storage&)>;

/// True if the file at `path` begins like a PMDK pool. False for anything that cannot be read.
[[nodiscard]] bool is_pool(const std::filesystem::path& path) noexcept;

/// Whether the medium at `path` (or its directory, if absent) gives byte access: libpmem2 says so and the
/// kernel grants a synchronous map. Writes an unnamed file of one page to find out, if nothing is there.
/// Errors: not_supported (built without PMDK), not_found (no such directory), no_space, io.
[[nodiscard]] Result<bool> has_byte_access(const std::filesystem::path& path);

/// Creates the store's pool file (several above 15 GiB): under temporary names, arenas and format durable,
/// then renamed; a kill at any point leaves the store whole or absent. What a killed creation or growth of
/// this path has left is removed.
/// Errors: exists, not_found (no such directory), not_supported (no PMDK in this build, or no byte access
///         and no emulation asked for), no_space, io, invalid_argument (size), and format's own.
[[nodiscard]] Result<void> create(const std::filesystem::path& path, const PmemOptions& options,
                                  const Formatter& format);

/// Opens a pool and the pools it has grown by. Read-only opening never calls libpmemobj, works on a crashed
/// store, on any medium and next to other readers, and gets by with damaged metadata of PMDK's.
/// Errors: not_found, invalid_argument (not a pool, a directory), version_mismatch (a pool of another
///         layout), corruption (damaged pool or arena header, missing further pool), locked,
///         not_supported, io.
[[nodiscard]] Result<std::unique_ptr<Storage>> open(const std::filesystem::path& path,
                                                    const PmemOptions& options);

}  // namespace holdfast::pmem
