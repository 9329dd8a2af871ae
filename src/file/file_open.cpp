#include <cerrno>

#include "file/allocation.hpp"
#include "file/file_lock.hpp"
#include "file/file_medium.hpp"
#include "file/file_storage.hpp"
#include "file/posix_error.hpp"
#include "file/system_calls.hpp"

namespace holdfast::file {
namespace {

constexpr std::uint64_t kFileSizeBytesMax = std::uint64_t{1} << 62;

Unexpected unusable(const std::string& path, const char* why) {
  return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = why, .path = path});
}

Result<FileDescriptor> open_descriptor(const std::string& path, bool read_only) {
  // O_NONBLOCK and O_NOCTTY matter for what is not a file: a pipe would block, a terminal would stick.
  const int flags = (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  FileDescriptor fd(system_calls().open(path.c_str(), flags, 0));
  if (!fd.is_open()) return Unexpected(posix_error(errno, "cannot open the store", path));
  return fd;
}

Result<struct stat> status_of(const FileDescriptor& fd, const std::string& path) {
  struct stat status {};
  if (system_calls().fstat(fd.get(), &status) == 0) return status;
  return Unexpected(medium_error(errno, "cannot read the file's kind and size", path));
}

}  // namespace

Result<std::unique_ptr<Storage>> open(const std::filesystem::path& path, const FileOptions& options) {
  const std::string& name = path.native();
  auto fd = open_descriptor(name, options.read_only);
  if (!fd) return Unexpected(fd.error());
  const auto status = status_of(*fd, name);
  if (!status) return Unexpected(status.error());
  if (S_ISDIR(status->st_mode)) return unusable(name, "a directory, not a Holdfast store");
  if (!S_ISREG(status->st_mode)) return unusable(name, "not a regular file");

  const LockKind kind = options.read_only ? LockKind::shared : LockKind::exclusive;
  if (auto locked = lock(fd->get(), kind, name); !locked) return Unexpected(locked.error());
  const auto final_status = status_of(*fd, name);  // nobody changes the size from here on
  if (!final_status) return Unexpected(final_status.error());
  if (final_status->st_size == 0) return unusable(name, "empty file, not a Holdfast store");

  auto medium = FileMedium::adopt({.fd = std::move(*fd),
                                   .path = name,
                                   .max_size_bytes = options.max_size_bytes,
                                   .read_only = options.read_only,
                                   .has_path = true,
                                   .sigbus_guard = options.sigbus_guard});
  if (!medium) return Unexpected(medium.error());
  return std::unique_ptr<Storage>(std::move(*medium));
}

Result<std::unique_ptr<Storage>> open_memory(const FileOptions& options) {
  static const std::string name = "memory";
  FileDescriptor fd(system_calls().memfd_create("holdfast", MFD_CLOEXEC));
  if (!fd.is_open()) return Unexpected(posix_error(errno, "cannot create a file in memory", name));
  if (options.size_bytes > kFileSizeBytesMax) return unusable(name, "the size is beyond any medium");
  const std::uint64_t step = FileMedium::kStepBytes;
  const std::uint64_t size = (options.size_bytes + step - 1) / step * step;
  if (auto ok = allocate(fd.get(), {0, size}, name); !ok) return Unexpected(ok.error());
  auto medium =
      FileMedium::adopt({.fd = std::move(fd), .path = name, .max_size_bytes = options.max_size_bytes});
  if (!medium) return Unexpected(medium.error());
  return std::unique_ptr<Storage>(std::move(*medium));
}

}  // namespace holdfast::file
