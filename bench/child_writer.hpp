#pragma once

#include <filesystem>

#include <holdfast/error.hpp>

#include "config.hpp"

namespace holdfast::bench {

/// Starts this program again with `--fill-and-wait path`, waits until it has written config.keys
/// records and synced them, and ends it with SIGKILL: the store is left as a crash leaves it.
/// Errors: io (the child failed; its own message went to stderr).
[[nodiscard]] Result<void> write_in_killed_child(const Config& config, const std::filesystem::path& path);

/// The child's part: fills the store at `path`, says so on stdout, and sleeps until it is killed.
/// Returns only on failure.
[[nodiscard]] Error fill_and_wait(const Config& config, const std::filesystem::path& path);

}  // namespace holdfast::bench
