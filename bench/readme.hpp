#pragma once

#include <filesystem>

#include <holdfast/error.hpp>

namespace holdfast::bench {

/// Measures what the README states and prints it as Markdown tables, with the machine; progress goes
/// to stderr. Rows also go to `json` unless that is empty.
/// Errors: not_supported (not an optimized build), and what the workloads meet.
[[nodiscard]] Result<void> print_readme_figures(const std::filesystem::path& file_dir,
                                                const std::filesystem::path& pmem_dir,
                                                const std::filesystem::path& json);

}  // namespace holdfast::bench
