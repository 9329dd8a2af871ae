#pragma once

#include <cstdint>
#include <filesystem>

#include <holdfast/error.hpp>

namespace holdfast::bench {

/// Measures and prints the figures of logs as Markdown: those that have a goal, reading and following, threads over
/// streams and shards, checkpoints, compaction, and the tables of the two seeds beside what they have published.
/// `records_max`: no run writes more records, which is for tests; 0: as many as each table has. `json` may be empty.
/// Errors: those of the runs, io.
[[nodiscard]] Result<void> print_log_tables(const std::filesystem::path& file_dir,
                                            const std::filesystem::path& pmem_dir, std::uint64_t records_max,
                                            const std::filesystem::path& json);

}  // namespace holdfast::bench
