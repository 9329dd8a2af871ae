#include "file/file_lock.hpp"

#include <cerrno>
#include <string>

#include "file/posix_error.hpp"
#include "file/system_calls.hpp"

namespace holdfast::file {
namespace {

int set_lock(int fd, int type) noexcept {
  struct flock whole_file {};
  whole_file.l_type = static_cast<short>(type);
  whole_file.l_whence = SEEK_SET;
  return system_calls().lock(fd, F_OFD_SETLK, &whole_file);
}

}  // namespace

Result<void> lock(int fd, LockKind kind, std::string_view path) {
  if (set_lock(fd, kind == LockKind::exclusive ? F_WRLCK : F_RDLCK) == 0) return {};
  if (errno == EAGAIN || errno == EACCES) {
    return Unexpected(Error{.code = ErrorCode::locked,
                            .message = "cannot lock the file: it is open already, here or in another process",
                            .path = std::string(path)});
  }
  return Unexpected(medium_error(errno, "cannot lock the file", path));
}

void unlock(int fd) noexcept { set_lock(fd, F_UNLCK); }

}  // namespace holdfast::file
