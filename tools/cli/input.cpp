#include "cli/input.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "cli/output.hpp"

namespace holdfast::cli {
namespace {

constexpr std::size_t kReadSizeBytes = std::size_t{256} << 10;
constexpr const char* kStandardInput = "standard input";

}  // namespace

Result<std::string> read_standard_input(std::uint64_t size_bytes_max) {
  std::string bytes;
  while (bytes.size() <= size_bytes_max) {
    const std::size_t size = bytes.size();
    bytes.resize(size + kReadSizeBytes);
    const ssize_t count = ::read(STDIN_FILENO, bytes.data() + size, kReadSizeBytes);
    const bool interrupted = count < 0 && errno == EINTR;
    if (count < 0 && !interrupted) return Unexpected(system_error(kStandardInput, "cannot read"));
    bytes.resize(size + (count > 0 ? static_cast<std::size_t>(count) : 0));
    if (count == 0) return bytes;
  }
  return Unexpected(
      Error{.code = ErrorCode::too_large,
            .message = "value too large, the limit is " + std::to_string(size_bytes_max) + " bytes",
            .path = kStandardInput});
}

void LineReader::FreeBuffer::operator()(char* buffer) const noexcept { std::free(buffer); }

Result<LineReader> LineReader::open(const std::string& path) {
  if (path == "-") {
    const int copy = ::dup(STDIN_FILENO);
    std::FILE* file = copy < 0 ? nullptr : ::fdopen(copy, "r");
    if (file == nullptr) return Unexpected(system_error(kStandardInput, "cannot open"));
    return LineReader(kStandardInput, file);
  }
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return Unexpected(system_error(path, "cannot open"));
  return LineReader(path, file);
}

Result<bool> LineReader::next(std::string& line) {
  char* buffer = buffer_.release();
  errno = 0;
  const ssize_t size = ::getline(&buffer, &buffer_size_bytes_, file_.get());
  buffer_.reset(buffer);
  if (size < 0) {
    if (std::feof(file_.get()) != 0) return false;
    return Unexpected(system_error(name_, "cannot read"));
  }
  ++line_number_;
  line.assign(buffer, static_cast<std::size_t>(size));
  if (line.ends_with('\n')) line.pop_back();
  return true;
}

}  // namespace holdfast::cli
