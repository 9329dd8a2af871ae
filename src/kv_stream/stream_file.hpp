#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include <holdfast/error.hpp>

#include "file/file_descriptor.hpp"
#include "file/temporary_file.hpp"

namespace holdfast::kv_stream {

/// Where an export goes to a path: complete under that name, or not there.
class StreamFileWriter {
 public:
  /// Errors: exists, busy, not_found, no_space, io.
  [[nodiscard]] static Result<StreamFileWriter> create(const std::filesystem::path& path, bool replaces,
                                                       bool resumes);

  /// Errors: no_space, io.
  [[nodiscard]] Result<void> write(std::span<const std::byte> bytes);

  /// Durability: the file and its name, on return. Errors: exists, no_space, io.
  [[nodiscard]] Result<void> publish();

 private:
  StreamFileWriter(file::FileDescriptor fd, file::TemporaryFile file, std::filesystem::path path,
                   bool replaces) noexcept
      : fd_(std::move(fd)), file_(std::move(file)), path_(std::move(path)), replaces_(replaces) {}

  file::FileDescriptor fd_;  // with the lock; the name goes before it
  file::TemporaryFile file_;
  std::filesystem::path path_;
  bool replaces_;
  std::uint64_t size_bytes_ = 0;
};

/// A stream in a file, read from any offset on.
class StreamFileReader {
 public:
  /// Errors: not_found, invalid_argument (a directory), io.
  [[nodiscard]] static Result<StreamFileReader> open(const std::filesystem::path& path);

  /// Errors: io.
  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> bytes);

  /// The next read begins there.
  void go_to(std::uint64_t offset) noexcept { offset_ = offset; }

  /// 0 where it is not known: of a pipe.
  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_bytes_; }
  [[nodiscard]] bool can_skip() const noexcept { return can_skip_; }

 private:
  StreamFileReader(file::FileDescriptor fd, std::filesystem::path path, std::uint64_t size_bytes,
                   bool can_skip) noexcept
      : fd_(std::move(fd)), path_(std::move(path)), size_bytes_(size_bytes), can_skip_(can_skip) {}

  file::FileDescriptor fd_;
  std::filesystem::path path_;
  std::uint64_t size_bytes_;
  bool can_skip_;
  std::uint64_t offset_ = 0;
};

}  // namespace holdfast::kv_stream
