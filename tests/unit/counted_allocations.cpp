#include "counted_allocations.hpp"

#include <dlfcn.h>
#include <tbb/scalable_allocator.h>

#include <atomic>
#include <cstddef>

namespace holdfast {
namespace {

constinit std::atomic<bool> counts{false};
constinit std::atomic<std::uint64_t> taken_bytes{0};

template <class Function>
Function* behind(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

CountedAllocations::CountedAllocations() {
  taken_bytes = 0;
  counts = true;
}

CountedAllocations::~CountedAllocations() { counts = false; }

std::uint64_t CountedAllocations::bytes() const noexcept { return taken_bytes; }

}  // namespace holdfast

namespace rml {

void* pool_malloc(MemoryPool* pool, std::size_t size) {
  static auto* const real = holdfast::behind<void*(MemoryPool*, std::size_t)>("_ZN3rml11pool_mallocEPNS_10MemoryPoolEm");
  void* const memory = real(pool, size);
  if (holdfast::counts && memory != nullptr) holdfast::taken_bytes += pool_msize(pool, memory);
  return memory;
}

bool pool_free(MemoryPool* pool, void* memory) {
  static auto* const real = holdfast::behind<bool(MemoryPool*, void*)>("_ZN3rml9pool_freeEPNS_10MemoryPoolEPv");
  if (holdfast::counts && memory != nullptr) holdfast::taken_bytes -= pool_msize(pool, memory);
  return real(pool, memory);
}

}  // namespace rml
