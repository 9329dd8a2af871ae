#pragma once

#include <cstddef>
#include <filesystem>
#include <holdfast/error.hpp>
#include <vector>

namespace holdfast::demo {

/// The bytes of a large file: what the region must hold.
using Binary = std::vector<std::byte>;

/// Errors: io, not_found (no such file, or an empty one).
[[nodiscard]] Result<Binary> read_binary(const std::filesystem::path& path);

/// The C++ compiler proper, tens of megabytes that are on every machine that built this program.
/// Errors: not_found, naming the package to install.
[[nodiscard]] Result<std::filesystem::path> find_compiler_binary(const std::filesystem::path& scratch);

}  // namespace holdfast::demo
