#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include <holdfast/error.hpp>

namespace holdfast::power_cut {

/// One entry of a disk's write log, in the order in which the disk had completed them.
struct LogEntry {
  std::uint64_t offset = 0;       ///< On the disk.
  std::uint64_t size_bytes = 0;   ///< 0: a flush.
  std::uint64_t data_offset = 0;  ///< In the log.
  [[nodiscard]] bool is_flush() const noexcept { return size_bytes == 0; }
};

/// Reads the log that QEMU's blklogwrites filter keeps (the format of Linux' dm-log-writes, version 1): a
/// header sector, then a sector for each request with its data behind it. It ends with the last entry that
/// the header counts, or earlier where the log of a killed machine is cut off. Only writes and flushes may be
/// in it: the guest's disk offers nothing else. Errors: io, corruption (no such log, another kind of
/// request).
[[nodiscard]] Result<std::vector<LogEntry>> read_block_log(const std::filesystem::path& path);

/// Which part of the writes is applied: asked for each block, by its offset on the disk, with the entry's
/// index.
using BlockFilter = std::function<bool(std::size_t entry, std::uint64_t offset)>;
inline constexpr std::uint64_t kBlockSizeBytes = 4096;

/// Applies the writes of entries [from, to) to a disk image, block by block as far as `filter` takes them.
/// Errors: io, out_of_bounds (the log is shorter).
[[nodiscard]] Result<void> apply_block_log(const std::filesystem::path& log,
                                           const std::vector<LogEntry>& entries, std::size_t from,
                                           std::size_t to, const std::filesystem::path& image,
                                           const BlockFilter& filter);

}  // namespace holdfast::power_cut
