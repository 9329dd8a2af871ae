#include "faults/allocation_faults.hpp"

#include <tbb/scalable_allocator.h>

#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>

#include "faults/store_life.hpp"

namespace holdfast {
namespace {

constinit std::atomic<bool> is_active{false};
constinit std::atomic<std::uint64_t> made_so_far{0};
constinit std::atomic<std::uint64_t> first_failing{0};
constinit std::atomic<std::uint64_t> last_failing{0};

bool fails() noexcept {
  if (!is_active.load() || !library_is_running.load()) return false;
  const std::uint64_t number = made_so_far.fetch_add(1) + 1;
  return number >= first_failing.load() && number <= last_failing.load();
}

void* allocate(std::size_t size, std::size_t alignment) noexcept {
  if (fails()) return nullptr;
  if (alignment <= alignof(std::max_align_t)) return std::malloc(size == 0 ? 1 : size);
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  void* const memory = allocate(size, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

AllocationFaults::AllocationFaults(std::uint64_t number, bool from_then_on) {
  made_so_far = 0;
  first_failing = number == 0 ? std::numeric_limits<std::uint64_t>::max() : number;
  last_failing = from_then_on ? std::numeric_limits<std::uint64_t>::max() : number;
  is_active = true;
}

AllocationFaults::~AllocationFaults() { is_active = false; }

std::uint64_t AllocationFaults::made() noexcept { return made_so_far.load(); }

}  // namespace holdfast

void* operator new(std::size_t size) { return holdfast::allocate_or_throw(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return holdfast::allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return holdfast::allocate(size, 1); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

// What indexes ask TBB's allocator for.
namespace rml {
void* pool_malloc(MemoryPool* /*pool*/, std::size_t size) { return holdfast::allocate(size, 1); }
bool pool_free(MemoryPool* /*pool*/, void* memory) {
  std::free(memory);
  return true;
}
}  // namespace rml
