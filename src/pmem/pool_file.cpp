#include "pmem/pool_file.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "pmem/pmem_error.hpp"

namespace holdfast::pmem {
namespace {

Error refused(std::string message, const std::string& path) {
  return Error{.code = ErrorCode::invalid_argument, .message = std::move(message), .path = path};
}

/// F_RDLCK, F_WRLCK or F_UNLCK for the whole file.
int set_lock(int descriptor, short type) noexcept {
  struct flock request {};
  request.l_type = type;
  request.l_whence = SEEK_SET;
  return ::fcntl(descriptor, F_OFD_SETLK, &request);
}

}  // namespace

PoolFile::~PoolFile() {
  if (descriptor_ < 0) return;
  // A forked child has a copy of the descriptor: with it the lock would outlive us. The child must not
  // give the lock away, which it shares with us.
  if (!fork_guard_.in_child()) set_lock(descriptor_, F_UNLCK);
  ::close(descriptor_);
}

Result<PoolFile> PoolFile::open(const std::string& path, bool read_only) {
  // O_NONBLOCK: a FIFO must not hold us up before it is refused.
  const int flags = (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;
  const int descriptor = ::open(path.c_str(), flags);
  if (descriptor < 0) {
    if (errno == EISDIR) return Unexpected(refused("a directory, not a PMDK pool", path));
    return Unexpected(os_error(errno, "cannot open the pool file", path));
  }
  PoolFile file(descriptor, path);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0)
    return Unexpected(os_error(errno, "cannot stat the pool file", path));
  if (S_ISDIR(status.st_mode)) return Unexpected(refused("a directory, not a PMDK pool", path));
  if (!S_ISREG(status.st_mode)) return Unexpected(refused("not a regular file", path));
  return file;
}

Result<PoolFile> PoolFile::create(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
  if (descriptor < 0) return Unexpected(os_error(errno, "cannot create the pool file", path));
  return PoolFile(descriptor, path);
}

Result<PoolFile> PoolFile::create_unnamed(const std::string& directory) {
  int descriptor = ::open(directory.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, kOwnerOnly);
  if (descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    // A file system without unnamed files.
    std::string name = directory + "/.holdfast-probe-XXXXXX";
    descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor >= 0) ::unlink(name.c_str());
  }
  if (descriptor < 0)
    return Unexpected(os_error(errno, "cannot create a file to probe the medium", directory));
  return PoolFile(descriptor, directory);
}

Result<void> PoolFile::lock(bool read_only) {
  if (set_lock(descriptor_, read_only ? F_RDLCK : F_WRLCK) == 0) return {};
  if (errno == EAGAIN || errno == EACCES) {
    return Unexpected(
        Error{.code = ErrorCode::locked, .message = "the store is open elsewhere", .path = path_});
  }
  return Unexpected(os_error(errno, "cannot lock the pool file", path_));
}

Result<void> PoolFile::allocate(std::uint64_t size_bytes) {
  int reason = 0;
  do {  // tmpfs gives up a long allocation for any signal
    reason = ::posix_fallocate(descriptor_, 0, static_cast<off_t>(size_bytes));
  } while (reason == EINTR);
  if (reason != 0) return Unexpected(os_error(reason, "cannot allocate the pool file", path_));
  return {};
}

Result<std::uint64_t> PoolFile::size_bytes() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0)
    return Unexpected(os_error(errno, "cannot stat the pool file", path_));
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> PoolFile::read_at(std::uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Unexpected(os_error(errno, "cannot read the pool file", path_));
    if (count == 0) {
      return Unexpected(Error{.code = ErrorCode::corruption,
                              .message = "the pool file is truncated",
                              .path = path_,
                              .expected = std::to_string(offset + bytes.size()) + " bytes or more",
                              .found = std::to_string(offset) + " bytes"});
    }
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> PoolFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Unexpected(os_error(errno, "cannot write the pool file", path_));
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> PoolFile::sync() {
  if (::fsync(descriptor_) != 0) return Unexpected(os_error(errno, "cannot sync the pool file", path_));
  return {};
}

bool PoolFile::has_name() const noexcept {
  struct stat status {};
  return ::fstat(descriptor_, &status) == 0 && status.st_nlink > 0;
}

Result<void> rename_to_free_name(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS)
    return Unexpected(os_error(errno, "cannot give the pool file its name", to));
  // A file system without RENAME_NOREPLACE: link() refuses a taken name as well.
  if (::link(from.c_str(), to.c_str()) != 0)
    return Unexpected(os_error(errno, "cannot give the pool file its name", to));
  ::unlink(from.c_str());  // if it stays, the next writing open takes it for a leftover
  return {};
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> sync_directory_of(const std::string& path) {
  const std::string directory = directory_of(path);
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return Unexpected(os_error(errno, "cannot open the directory", directory));
  const int reason = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (reason != 0) return Unexpected(os_error(reason, "cannot sync the directory", directory));
  return {};
}

}  // namespace holdfast::pmem
