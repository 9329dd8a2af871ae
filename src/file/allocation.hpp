#pragma once

#include <string_view>

#include <holdfast/storage.hpp>

namespace holdfast::file {

/// Gives `range` of the file blocks of its own; the file becomes longer where it must. Where the file
/// system cannot allocate, zeros are written instead, so `range` must hold nothing of value.
/// Errors: no_space, io. A part of the range may have been allocated.
[[nodiscard]] Result<void> allocate(int fd, ByteRange range, std::string_view path);

/// Gives the whole blocks inside `range` back; does nothing where the file system cannot.
/// Errors: io.
[[nodiscard]] Result<void> deallocate(int fd, ByteRange range, std::string_view path);

}  // namespace holdfast::file
