#include <cerrno>

#include "file/allocation.hpp"
#include "file/file_lock.hpp"
#include "file/file_medium.hpp"
#include "file/file_storage.hpp"
#include "file/posix_error.hpp"
#include "file/system_calls.hpp"
#include "file/temporary_file.hpp"

namespace holdfast::file {
namespace {

Unexpected refuse(ErrorCode code, const char* why, const std::string& path) {
  return Unexpected(Error{.code = code, .message = why, .path = path});
}

/// A first look, before any work is done; publish() decides.
Result<void> path_is_free(const std::string& path) {
  struct stat status {};
  if (system_calls().lstat(path.c_str(), &status) == 0) {
    return refuse(ErrorCode::exists, "there is something of that name already", path);
  }
  if (errno == ENOENT) return {};
  return Unexpected(posix_error(errno, "cannot look at the path", path));
}

}  // namespace

// Crash order, as in docs/durability.md "create, file": (1) blocks allocated and formatted under the temporary
// name; (2) bytes and size durable; (3) renamed; (4) the directory entry durable. A kill or power cut before
// (3) leaves no store, after it a whole one. The lock is held until (4), so nobody works in a store whose
// name may still vanish.
Result<void> create(const std::filesystem::path& path, const FileOptions& options, const Formatter& format) {
  const std::string& name = path.native();
  const std::uint64_t step = FileMedium::kStepBytes;
  if (!path.has_filename()) return refuse(ErrorCode::invalid_argument, "the path names no file", name);
  if (options.size_bytes == 0) return refuse(ErrorCode::invalid_argument, "the size is zero", name);
  if (options.size_bytes > options.max_size_bytes / step * step) {
    return refuse(ErrorCode::invalid_argument, "the size is beyond the maximum size", name);
  }
  if (auto ok = path_is_free(name); !ok) return ok;

  auto file = TemporaryFile::beside(path);
  if (!file) return Unexpected(file.error());
  FileDescriptor fd = file->take_descriptor();
  const std::uint64_t size = (options.size_bytes + step - 1) / step * step;
  if (auto ok = lock(fd.get(), LockKind::exclusive, name); !ok) return ok;
  if (auto ok = allocate(fd.get(), {0, size}, name); !ok) return ok;  // (1)
  auto medium = FileMedium::adopt(
      {.fd = std::move(fd), .path = name, .max_size_bytes = options.max_size_bytes, .has_path = true});
  if (!medium) return Unexpected(medium.error());
  if (auto ok = format(**medium); !ok) return ok;
  if (auto ok = (*medium)->drain(); !ok) return ok;  // (2)
  if (auto ok = file->publish(); !ok) return ok;     // (3) (4)
  return (*medium)->close();
}

}  // namespace holdfast::file
