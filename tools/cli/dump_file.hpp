#pragma once

#include <cstdio>
#include <holdfast/error.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "cli/input.hpp"

namespace holdfast::cli {

/// Where a dump goes: a new file, or standard output for "-". The file has its name once all of it is on the
/// medium: half a dump must not be taken for a whole one. Until then it is FILE.partial, locked; a dump that
/// fails takes that away, one that is killed leaves it.
class DumpFile {
 public:
  /// `resumes`: takes the place of what a killed dump has left.
  /// Errors: exists (never overwrites), busy (somebody is dumping to it), io.
  [[nodiscard]] static Result<DumpFile> create(const std::string& path, bool resumes = false);

  DumpFile(DumpFile&&) noexcept = default;
  DumpFile& operator=(DumpFile&&) = delete;
  ~DumpFile();

  [[nodiscard]] Result<void> write(std::string_view bytes);
  [[nodiscard]] Result<void> line(std::string_view text);

  /// Everything is on the medium, under its name, when this returns. Errors: exists, io, no_space.
  [[nodiscard]] Result<void> finish();

  [[nodiscard]] bool is_standard_output() const noexcept { return path_ == "-"; }

 private:
  DumpFile(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  [[nodiscard]] std::string partial() const { return path_ + ".partial"; }

  std::string path_;
  std::unique_ptr<std::FILE, CloseFile> file_;  // empty for standard output, and once finished
};

}  // namespace holdfast::cli
