#pragma once

#include <cstdint>
#include <string_view>

#include <holdfast/error.hpp>

namespace holdfast::file {

enum class LockKind : std::uint8_t { shared, exclusive };

/// Takes the lock that keeps a second open out, without waiting. The lock belongs to the open file
/// description (F_OFD_SETLK), so it also conflicts inside one process, and the kernel drops it when
/// the last descriptor of that description goes: a killed process leaves none behind.
/// Errors: locked, io (the file system has no locks).
[[nodiscard]] Result<void> lock(int fd, LockKind kind, std::string_view path);

/// Gives the lock back at once, even while a forked child still holds a copy of the descriptor.
void unlock(int fd) noexcept;

}  // namespace holdfast::file
