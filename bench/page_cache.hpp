#pragma once

#include <filesystem>

#include <holdfast/error.hpp>

namespace holdfast::bench {

/// Takes a file's bytes out of the page cache, after they were written back; maps that this process has of it stay as
/// they are. What the file system keeps all the same (tmpfs keeps everything) cached_fraction() tells. Errors: io.
[[nodiscard]] Result<void> drop_cached(const std::filesystem::path& file);

/// How much of a file is in the page cache, 0 to 1. Errors: io.
[[nodiscard]] Result<double> cached_fraction(const std::filesystem::path& file);

}  // namespace holdfast::bench
