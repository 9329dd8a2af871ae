#pragma once

#include <cstdint>
#include <cstdio>
#include <holdfast/error.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace holdfast::cli {

/// Reads all of standard input. Errors: too_large (more than `size_bytes_max`), io.
[[nodiscard]] Result<std::string> read_standard_input(std::uint64_t size_bytes_max);

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

/// A file read line by line; "-" is standard input.
class LineReader {
 public:
  [[nodiscard]] static Result<LineReader> open(const std::string& path);

  /// Puts the next line, without its line break, into `line`. False at the end.
  /// Errors: io.
  [[nodiscard]] Result<bool> next(std::string& line);

  /// Number of the line that next() gave last, from 1.
  [[nodiscard]] std::uint64_t line_number() const noexcept { return line_number_; }

  /// Where in the file the next line begins, in bytes.
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

  /// The next line is the one at `offset`, behind `line_number` others. Errors: io (a pipe cannot).
  [[nodiscard]] Result<void> skip_to(std::uint64_t offset, std::uint64_t line_number);

  /// What tells the file from others and from itself once it was written to; nothing where that is no file.
  struct Identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size_bytes = 0;
    std::uint64_t modified_ns = 0;
  };
  [[nodiscard]] std::optional<Identity> identity() const noexcept;

  /// The file's name for messages.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  LineReader(std::string name, std::FILE* file) : name_(std::move(name)), file_(file) {}

  struct FreeBuffer {
    void operator()(char* buffer) const noexcept;
  };

  std::string name_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::unique_ptr<char, FreeBuffer> buffer_;  // getline() reallocates it
  std::size_t buffer_size_bytes_ = 0;
  std::uint64_t line_number_ = 0;
  std::uint64_t offset_ = 0;
};

/// A file read in pieces; "-" is standard input.
class PieceReader {
 public:
  /// Errors: not_found, io (a directory among them).
  [[nodiscard]] static Result<PieceReader> open(const std::string& path);

  /// Fills `piece` as far as the file goes; how many bytes. Less than all only at the end. Errors: io.
  [[nodiscard]] Result<std::size_t> next(std::span<std::byte> piece);

  /// Bytes in the file, where that is known before they are read.
  [[nodiscard]] std::optional<std::uint64_t> size_bytes() const noexcept;

  /// The file's name for messages.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  PieceReader(std::string name, std::FILE* file) : name_(std::move(name)), file_(file) {}

  std::string name_;
  std::unique_ptr<std::FILE, CloseFile> file_;
};

}  // namespace holdfast::cli
