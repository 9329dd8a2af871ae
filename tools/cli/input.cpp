#include "cli/input.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "cli/output.hpp"

namespace holdfast::cli {
namespace {

constexpr std::size_t kReadSizeBytes = std::size_t{256} << 10;
constexpr const char* kStandardInput = "standard input";

/// A file to read and what to call it in messages.
struct OpenFile {
  std::string name;
  std::FILE* file;
};

Result<OpenFile> open_file(const std::string& path) {
  if (path == "-") {
    const int copy = ::dup(STDIN_FILENO);
    std::FILE* file = copy < 0 ? nullptr : ::fdopen(copy, "r");
    if (file == nullptr) return Unexpected(system_error(kStandardInput, "cannot open"));
    return OpenFile{kStandardInput, file};
  }
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return Unexpected(system_error(path, "cannot open"));
  if (struct stat status{}; ::fstat(::fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
    std::fclose(file);
    errno = EISDIR;  // said before anything is done with the store, not by the first read
    return Unexpected(system_error(path, "cannot open"));
  }
  return OpenFile{path, file};
}

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
  const auto opened = open_file(path);
  if (!opened) return Unexpected(opened.error());
  return LineReader(opened->name, opened->file);
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
  offset_ += static_cast<std::uint64_t>(size);
  line.assign(buffer, static_cast<std::size_t>(size));
  if (line.ends_with('\n')) line.pop_back();
  return true;
}

Result<void> LineReader::skip_to(std::uint64_t offset, std::uint64_t line_number) {
  if (::fseeko(file_.get(), static_cast<off_t>(offset), SEEK_SET) != 0)
    return Unexpected(system_error(name_, "cannot go on in the middle"));
  offset_ = offset;
  line_number_ = line_number;
  return {};
}

std::optional<LineReader::Identity> LineReader::identity() const noexcept {
  struct stat status {};
  if (::fstat(::fileno(file_.get()), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  constexpr std::uint64_t kNsOfSecond = 1'000'000'000;
  return Identity{.device = status.st_dev,
                  .inode = status.st_ino,
                  .size_bytes = static_cast<std::uint64_t>(status.st_size),
                  .modified_ns = static_cast<std::uint64_t>(status.st_mtim.tv_sec) * kNsOfSecond +
                                 static_cast<std::uint64_t>(status.st_mtim.tv_nsec)};
}

Result<PieceReader> PieceReader::open(const std::string& path) {
  const auto opened = open_file(path);
  if (!opened) return Unexpected(opened.error());
  return PieceReader(opened->name, opened->file);
}

Result<std::size_t> PieceReader::next(std::span<std::byte> piece) {
  const std::size_t size = std::fread(piece.data(), 1, piece.size(), file_.get());
  if (std::ferror(file_.get()) != 0) return Unexpected(system_error(name_, "cannot read"));
  return size;
}

std::optional<std::uint64_t> PieceReader::size_bytes() const noexcept {
  struct stat status {};
  if (::fstat(::fileno(file_.get()), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace holdfast::cli
