#pragma once

#include <cstdio>
#include <holdfast/error.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "cli/input.hpp"

namespace holdfast::cli {

/// Where a dump goes: a new file, or standard output for "-". A dump that is not finished is removed:
/// half a dump must not be taken for a whole one.
class DumpFile {
 public:
  /// Errors: exists (never overwrites), io.
  [[nodiscard]] static Result<DumpFile> create(const std::string& path);

  DumpFile(DumpFile&&) noexcept = default;
  DumpFile& operator=(DumpFile&&) = delete;
  ~DumpFile();

  [[nodiscard]] Result<void> write(std::string_view bytes);
  [[nodiscard]] Result<void> line(std::string_view text);

  /// Everything is on the medium when this returns. Errors: io, no_space.
  [[nodiscard]] Result<void> finish();

  [[nodiscard]] bool is_standard_output() const noexcept { return path_ == "-"; }

 private:
  DumpFile(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}

  std::string path_;
  std::unique_ptr<std::FILE, CloseFile> file_;  // empty for standard output, and once finished
};

}  // namespace holdfast::cli
