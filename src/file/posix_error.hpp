#pragma once

#include <string_view>

#include <holdfast/error.hpp>

namespace holdfast::file {

/// The one place where the file backend's errno becomes an Error: "<what>: <why>".
/// Codes: not_found, exists, invalid_argument (the path can never work), no_space; io for the rest.
[[nodiscard]] Error posix_error(int number, std::string_view what, std::string_view path);

/// The same for writes and syncs of blocks that are allocated already: always io, because even
/// "no space" means there that acknowledged room is gone.
[[nodiscard]] Error medium_error(int number, std::string_view what, std::string_view path);

/// Whether an allocation failed for want of room.
[[nodiscard]] bool is_full(int number) noexcept;

/// Whether the file system does not know the call or the flag.
[[nodiscard]] bool is_unsupported(int number) noexcept;

}  // namespace holdfast::file
