#include "common/index/index_memory.hpp"

#include <tbb/scalable_allocator.h>

#include <atomic>
#include <cstdint>

#include "common/base/huge_pages.hpp"

namespace holdfast {
namespace {

// Of the first ones nothing is said, if one huge page would do: a process whose indexes are small shall not wait until two
// megabytes are zeroed, nor take them.
void* map_pages(std::intptr_t /*pool*/, std::size_t& size_bytes) {
  static constinit std::atomic<bool> has_first{false};
  const bool is_first = !has_first.exchange(true);
  return map_huge_pages(size_bytes, !is_first || size_bytes > kHugePageBytes);
}

// Zero says that it is done.
int unmap_pages(std::intptr_t /*pool*/, void* memory, std::size_t size_bytes) {
  return unmap_huge_pages(memory, size_bytes) ? 0 : 1;
}

// As long as the process: indexes go in any order. Null: it could not be made.
rml::MemoryPool* pool() noexcept {
  static rml::MemoryPool* const only = [] {
    rml::MemoryPool* made = nullptr;
    const rml::MemPoolPolicy policy(map_pages, unmap_pages, kHugePageBytes);
    return rml::pool_create_v1(0, &policy, &made) == rml::POOL_OK ? made : nullptr;
  }();
  return only;
}

}  // namespace

void* IndexMemory::allocate(std::size_t size_bytes) noexcept {
  rml::MemoryPool* const memory = pool();
  return memory == nullptr ? nullptr : rml::pool_malloc(memory, size_bytes);
}

void IndexMemory::free(void* memory) noexcept { rml::pool_free(pool(), memory); }

}  // namespace holdfast
