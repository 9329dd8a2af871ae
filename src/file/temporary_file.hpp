#pragma once

#include <filesystem>

#include <holdfast/error.hpp>

#include "file/file_descriptor.hpp"

namespace holdfast::file {

/// A new file under a random name beside the one it is to become; removed unless publish() succeeds.
/// A kill leaves at most ".<name>.<random>.tmp" behind, which nothing ever opens, or "<name>.partial".
class TemporaryFile {
 public:
  /// Errors: not_found (no such directory), no_space, io, invalid_argument (the path can never work).
  [[nodiscard]] static Result<TemporaryFile> beside(const std::filesystem::path& path);

  /// The same under the name `path`.partial, locked while its descriptor is open. `takes_over`: in the place of one that a
  /// killed process has left. Errors: also exists (there is one, and it may not be taken over), busy (somebody is at it).
  [[nodiscard]] static Result<TemporaryFile> partial(const std::filesystem::path& path, bool takes_over);

  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile();

  /// The open file, read-write, mode 0600. Called once.
  [[nodiscard]] FileDescriptor take_descriptor() noexcept { return std::move(fd_); }

  /// Gives the file its final name unless that is taken, or (`replaces`) whatever has it, and makes the directory entry
  /// durable. The bytes must be durable already, or a power cut could leave the name without them.
  /// Errors: exists, io. On any error neither name is left, where nothing had the final one before.
  [[nodiscard]] Result<void> publish(bool replaces = false);

 private:
  TemporaryFile(FileDescriptor fd, std::filesystem::path temporary, std::filesystem::path final) noexcept;

  FileDescriptor fd_;
  std::filesystem::path remove_on_exit_;  // empty: nothing
  std::filesystem::path final_;
};

}  // namespace holdfast::file
