#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>

namespace holdfast {

/// Memory of indexes: a pool of TBB's allocator on huge pages, where the system gives them (madvise(2), MADV_HUGEPAGE). An
/// index is looked into at random. On pages of 4 KiB each look misses the TLB as well as the caches, and in a virtual machine
/// the walk through the page tables may cost as much again.
/// Threads: any number of callers.
class IndexMemory {
 public:
  /// Null: there is none.
  [[nodiscard]] static void* allocate(std::size_t size_bytes) noexcept;
  static void free(void* memory) noexcept;
};

/// The same for containers.
template <class T>
class IndexPoolAllocator {
 public:
  using value_type = T;
  using is_always_equal = std::true_type;

  IndexPoolAllocator() = default;
  template <class U>
  IndexPoolAllocator(const IndexPoolAllocator<U>& /*other*/) noexcept {}  // as any allocator's: of another type

  [[nodiscard]] T* allocate(std::size_t count) {
    void* memory = nullptr;
    if (count <= std::numeric_limits<std::size_t>::max() / sizeof(T)) memory = IndexMemory::allocate(count * sizeof(T));
    if (memory == nullptr) throw std::bad_alloc();
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t /*count*/) noexcept { IndexMemory::free(memory); }

  template <class U>
  [[nodiscard]] bool operator==(const IndexPoolAllocator<U>& /*other*/) const noexcept {
    return true;
  }
};

#ifdef __SANITIZE_THREAD__
// libtbbmalloc is not built for the sanitizer: memory that it hands from thread to thread looks like a race.
template <class T>
using IndexAllocator = std::allocator<T>;
#else
template <class T>
using IndexAllocator = IndexPoolAllocator<T>;
#endif

}  // namespace holdfast
