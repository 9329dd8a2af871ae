#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include <holdfast/storage.hpp>

namespace holdfast::file {

struct FileOptions {
  std::uint64_t size_bytes = 0;      ///< create and open_memory only
  std::uint64_t max_size_bytes = 0;  ///< address space to reserve
  bool read_only = false;
  bool sigbus_guard = false;         ///< open only
};

/// Writes the first bytes of a new store; called with the whole, zeroed storage.
using Formatter = std::function<Result<void>(Storage&)>;

/// Creates a store file: allocated in full and formatted under a temporary name in the same
/// directory, made durable, then renamed; a kill at any point leaves the store whole or absent.
/// The file is locked until its name is durable; its mode is 0600.
/// Errors: exists (anything is at `path`), not_found (no such directory), no_space, io (permission
///         included), invalid_argument (size, or a path that can never work), and format's own.
[[nodiscard]] Result<void> create(const std::filesystem::path& path, const FileOptions& options,
                                  const Formatter& format);

/// Opens an existing file of any content (the engine judges it) and locks it: exclusively, or shared
/// with other readers where read-only. A size that is no multiple of 4 KiB is rounded down.
/// Errors: not_found, invalid_argument (a directory or device, an empty file), locked, io (permission
///         included, and a read-only mount unless opened read-only).
[[nodiscard]] Result<std::unique_ptr<Storage>> open(const std::filesystem::path& path,
                                                    const FileOptions& options);

/// A file that lives in memory (memfd) and dies with the storage. Errors: no_space, io.
[[nodiscard]] Result<std::unique_ptr<Storage>> open_memory(const FileOptions& options);

}  // namespace holdfast::file
