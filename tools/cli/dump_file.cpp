#include "cli/dump_file.hpp"

#include <unistd.h>

#include "cli/output.hpp"

namespace holdfast::cli {

Result<DumpFile> DumpFile::create(const std::string& path) {
  if (path == "-") return DumpFile(path, nullptr);
  std::FILE* file = std::fopen(path.c_str(), "wxe");
  if (file == nullptr) return Unexpected(system_error(path, "cannot create"));
  return DumpFile(path, file);
}

DumpFile::~DumpFile() {
  if (file_) ::unlink(path_.c_str());
}

Result<void> DumpFile::write(std::string_view bytes) {
  if (is_standard_output()) return Output::write(bytes);
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
    return Unexpected(system_error(path_, "cannot write"));
  return {};
}

Result<void> DumpFile::line(std::string_view text) {
  return write(text).and_then([this] { return write("\n"); });
}

Result<void> DumpFile::finish() {
  if (is_standard_output()) return Output::flush();
  if (std::fflush(file_.get()) != 0 || ::fsync(::fileno(file_.get())) != 0)
    return Unexpected(system_error(path_, "cannot write"));
  file_.reset();
  return {};
}

}  // namespace holdfast::cli
