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

extern "C" void* scalable_malloc(std::size_t size) {
  static auto* const real = holdfast::behind<void*(std::size_t)>("scalable_malloc");
  void* const memory = real(size);
  if (holdfast::counts && memory != nullptr) holdfast::taken_bytes += scalable_msize(memory);
  return memory;
}

extern "C" void scalable_free(void* memory) {
  static auto* const real = holdfast::behind<void(void*)>("scalable_free");
  if (holdfast::counts && memory != nullptr) holdfast::taken_bytes -= scalable_msize(memory);
  real(memory);
}
