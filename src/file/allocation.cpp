#include "file/allocation.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

#include "file/posix_error.hpp"
#include "file/system_calls.hpp"

namespace holdfast::file {
namespace {

constexpr std::uint64_t kBlockBytes = 4096;
constexpr std::size_t kZerosBytes = std::size_t{256} << 10;

int fallocate(int fd, int mode, ByteRange range) noexcept {
  int result = 0;
  do {
    result = system_calls().fallocate(fd, mode, static_cast<off_t>(range.offset),
                                      static_cast<off_t>(range.size_bytes));
  } while (result != 0 && errno == EINTR);
  return result;
}

Error allocation_error(int number, std::string_view path) {
  // In memory a full medium shows as ENOMEM.
  return posix_error(number == ENOMEM ? ENOSPC : number, "cannot allocate blocks", path);
}

Result<void> write_zeros(int fd, ByteRange range, std::string_view path) {
  static constexpr std::array<std::byte, kZerosBytes> kZeros{};
  while (range.size_bytes > 0) {
    const std::uint64_t part = std::min<std::uint64_t>(range.size_bytes, kZeros.size());
    const ssize_t written = system_calls().pwrite(fd, kZeros.data(), part, static_cast<off_t>(range.offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Unexpected(allocation_error(written == 0 ? EIO : errno, path));
    range.offset += static_cast<std::uint64_t>(written);
    range.size_bytes -= static_cast<std::uint64_t>(written);
  }
  return {};
}

}  // namespace

Result<void> allocate(int fd, ByteRange range, std::string_view path) {
  if (range.size_bytes == 0) return {};
  if (fallocate(fd, 0, range) == 0) return {};
  if (errno == EOPNOTSUPP || errno == ENOSYS) return write_zeros(fd, range, path);
  return Unexpected(allocation_error(errno, path));
}

Result<void> deallocate(int fd, ByteRange range, std::string_view path) {
  const std::uint64_t begin = (range.offset + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
  const std::uint64_t end = (range.offset + range.size_bytes) / kBlockBytes * kBlockBytes;
  if (begin >= end) return {};
  if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, {begin, end - begin}) == 0) return {};
  if (errno == EOPNOTSUPP || errno == ENOSYS) return {};
  return Unexpected(medium_error(errno, "cannot give blocks back", path));
}

}  // namespace holdfast::file
