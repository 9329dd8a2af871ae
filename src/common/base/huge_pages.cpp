#include "common/base/huge_pages.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <limits>

namespace holdfast {

void* map_huge_pages(std::size_t& size_bytes, bool wants_huge) noexcept {
  if (size_bytes > std::numeric_limits<std::size_t>::max() - 2 * kHugePageBytes) return nullptr;
  const std::size_t wanted_bytes = (size_bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  const std::size_t mapped_bytes = wanted_bytes + kHugePageBytes;  // somewhere in it a huge page begins
  void* const mapped = ::mmap(nullptr, mapped_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  const std::size_t before = (kHugePageBytes - reinterpret_cast<std::uintptr_t>(mapped) % kHugePageBytes) % kHugePageBytes;
  char* const begin = static_cast<char*>(mapped) + before;
  if (before != 0) ::munmap(mapped, before);
  ::munmap(begin + wanted_bytes, kHugePageBytes - before);
  if (wants_huge) ::madvise(begin, wanted_bytes, MADV_HUGEPAGE);  // refused: small ones do as well
  size_bytes = wanted_bytes;
  return begin;
}

bool unmap_huge_pages(void* memory, std::size_t size_bytes) noexcept { return ::munmap(memory, size_bytes) == 0; }

}  // namespace holdfast
