#include "page_cache.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "config.hpp"
#include "raw_media.hpp"

namespace holdfast::bench {
namespace {

constexpr std::uint64_t kCachePageSizeBytes = 4096;

/// This process's maps of the file would hold its pages: the entries go, and come again with the next look.
void forget_mapped(const struct stat& status) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    unsigned major = 0;
    unsigned minor = 0;
    std::uint64_t inode = 0;
    const int fields = std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " %*4s %*x %x:%x %" SCNu64, &begin, &end,
                                   &major, &minor, &inode);
    if (fields != 5 || inode != status.st_ino || makedev(major, minor) != status.st_dev) continue;
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);  // of a shared map: nothing is lost
  }
}

}  // namespace

Result<void> drop_cached(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return system_failure("cannot open", path);
  if (::fdatasync(file.get()) != 0) return system_failure("fdatasync", path);
  forget_mapped(status);
  errno = ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
  if (errno != 0) return system_failure("posix_fadvise", path);
  return {};
}

Result<double> cached_fraction(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return system_failure("cannot open", path);
  const auto size_bytes = static_cast<std::uint64_t>(status.st_size);
  if (size_bytes == 0) return 0.0;
  void* const map = ::mmap(nullptr, size_bytes, PROT_READ, MAP_SHARED, file.get(), 0);
  if (map == MAP_FAILED) return system_failure("mmap", path);
  std::vector<unsigned char> pages(round_up(size_bytes, kCachePageSizeBytes) / kCachePageSizeBytes);
  const bool told = ::mincore(map, size_bytes, pages.data()) == 0;
  auto failure = told ? Result<double>(0.0) : Result<double>(system_failure("mincore", path));
  ::munmap(map, size_bytes);
  if (!failure) return failure;
  std::uint64_t cached = 0;
  for (const unsigned char page : pages) cached += page & 1u;
  return static_cast<double>(cached) / static_cast<double>(pages.size());
}

}  // namespace holdfast::bench
