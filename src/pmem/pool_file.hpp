#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <holdfast/error.hpp>

#include "common/base/fork_guard.hpp"

namespace holdfast::pmem {

/// The mode of each file that we make.
inline constexpr mode_t kOwnerOnly = 0600;

/// A pool file as the operating system sees it: an open descriptor, its path for errors, its lock.
/// Every failing call is reported with that path.
class PoolFile {
 public:
  PoolFile() = default;
  PoolFile(PoolFile&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        path_(std::move(other.path_)),
        fork_guard_(other.fork_guard_) {}
  PoolFile& operator=(PoolFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(path_, other.path_);
    std::swap(fork_guard_, other.fork_guard_);
    return *this;
  }
  ~PoolFile();

  /// Opens an existing regular file. Errors: not_found, invalid_argument (directory, device), io.
  [[nodiscard]] static Result<PoolFile> open(const std::string& path, bool read_only);

  /// Makes a new, empty file of mode 0600. Errors: exists, not_found (no directory), no_space, io.
  [[nodiscard]] static Result<PoolFile> create(const std::string& path);

  /// An unnamed file in `directory`, gone when closed. Errors: not_found (no directory), no_space, io.
  [[nodiscard]] static Result<PoolFile> create_unnamed(const std::string& directory);

  /// Takes the lock that one writer or several readers may hold. It belongs to this open file, not to the
  /// process (an OFD lock), so that a second open in the same process is refused too, and it is gone with
  /// the last descriptor, so that a kill leaves none. Errors: locked, io.
  [[nodiscard]] Result<void> lock(bool read_only);

  /// Allocates every block up to `size_bytes`; new bytes read as zero. Errors: no_space, io.
  [[nodiscard]] Result<void> allocate(std::uint64_t size_bytes);

  [[nodiscard]] Result<std::uint64_t> size_bytes() const;
  [[nodiscard]] Result<void> read_at(std::uint64_t offset, std::span<std::byte> bytes) const;
  [[nodiscard]] Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes);

  /// fsync: content, size and allocation are durable on return.
  [[nodiscard]] Result<void> sync();

  /// False once the file has lost its last name.
  [[nodiscard]] bool has_name() const noexcept;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  void renamed(std::string&& path) noexcept { path_ = std::move(path); }

 private:
  PoolFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}

  int descriptor_ = -1;
  std::string path_;
  ForkGuard fork_guard_;
};

/// Gives `from` the name `to`, which must be free. Errors: exists, io.
[[nodiscard]] Result<void> rename_to_free_name(const std::string& from, const std::string& to);

/// Makes names in the directory of `path` durable. Errors: io.
[[nodiscard]] Result<void> sync_directory_of(const std::string& path);

/// The directory `path` lies in; "." for a bare name.
[[nodiscard]] std::string directory_of(const std::string& path);

}  // namespace holdfast::pmem
