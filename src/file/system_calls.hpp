#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdio>
#include <functional>

namespace holdfast::file {

/// Every system call of the file backend, as the kernel gives it: -1 (MAP_FAILED) and errno on failure.
/// A test puts its own functions in place to fail, count or cut short the n-th call of a kind.
struct SystemCalls {
  std::function<int(const char* path, int flags, mode_t mode)> open = ::open;
  std::function<int(int fd)> close = ::close;
  std::function<int(const char* path, struct stat* status)> lstat = ::lstat;
  std::function<int(int fd, struct stat* status)> fstat = ::fstat;
  std::function<int(int fd, struct statfs* status)> fstatfs = ::fstatfs;
  std::function<int(int fd, int command, struct flock* lock)> lock = ::fcntl;
  std::function<int(const char* name, unsigned flags)> memfd_create = ::memfd_create;
  std::function<int(int fd, int mode, off_t offset, off_t size)> fallocate = ::fallocate;
  std::function<int(int fd, off_t size)> ftruncate = ::ftruncate;
  std::function<ssize_t(int fd, const void* bytes, size_t size, off_t offset)> pwrite = ::pwrite;
  std::function<ssize_t(int fd, const iovec* parts, int count, off_t offset, int flags)> pwritev2 =
      ::pwritev2;
  std::function<int(int fd)> fsync = ::fsync;
  std::function<int(int fd)> fdatasync = ::fdatasync;
  std::function<int(int fd, off_t offset, off_t size, unsigned flags)> sync_file_range = ::sync_file_range;
  std::function<void*(void* at, size_t size, int protection, int flags, int fd, off_t offset)> mmap = ::mmap;
  std::function<int(void* at, size_t size)> munmap = ::munmap;
  std::function<int(void* at, size_t size, int protection)> mprotect = ::mprotect;
  std::function<int(void* at, size_t size, int advice)> madvise = ::madvise;
  std::function<int(void* at, size_t size, int flags)> msync = ::msync;
  std::function<int(const char* from, const char* to, unsigned flags)> renameat2 =
      [](const char* from, const char* to, unsigned flags) {
        return ::renameat2(AT_FDCWD, from, AT_FDCWD, to, flags);
      };
  std::function<int(const char* from, const char* to)> link = ::link;
  std::function<int(const char* path)> unlink = ::unlink;

  /// Calls visit(name, function) for each call above, so that a sweep leaves none out.
  template <class Visit>
  void for_each(Visit&& visit) {
    visit("open", open), visit("close", close), visit("lstat", lstat), visit("fstat", fstat);
    visit("fstatfs", fstatfs), visit("lock", lock), visit("memfd_create", memfd_create);
    visit("fallocate", fallocate), visit("ftruncate", ftruncate), visit("pwrite", pwrite);
    visit("pwritev2", pwritev2), visit("fsync", fsync), visit("fdatasync", fdatasync);
    visit("sync_file_range", sync_file_range), visit("mmap", mmap), visit("munmap", munmap);
    visit("mprotect", mprotect), visit("madvise", madvise), visit("msync", msync);
    visit("renameat2", renameat2), visit("link", link), visit("unlink", unlink);
  }
};

/// The table in use: the real calls, or those of the latest ScopedSystemCalls. Threads: any.
[[nodiscard]] const SystemCalls& system_calls() noexcept;

/// Puts a table in place for the life of the object. For tests. Calls that are running when it ends, of a thread of the
/// store's own, end by the table they began with: no table goes before the process does.
/// Threads: one of them begins or ends at a time.
class ScopedSystemCalls {
 public:
  explicit ScopedSystemCalls(SystemCalls table);
  ~ScopedSystemCalls();
  ScopedSystemCalls(const ScopedSystemCalls&) = delete;
  ScopedSystemCalls& operator=(const ScopedSystemCalls&) = delete;

 private:
  const SystemCalls* previous_;
};

}  // namespace holdfast::file
