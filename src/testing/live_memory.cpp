#include "testing/live_memory.hpp"

#include <sys/mman.h>

#include <map>
#include <mutex>
#include <vector>

#include "common/base/check.hpp"

namespace holdfast::testing {
namespace {

constexpr std::size_t kKeptMax = 16;  // media a test may have alive at once; more are unmapped

struct Kept {
  std::mutex mutex;
  std::map<std::uint64_t, std::vector<std::byte*>> free;
  std::map<std::byte*, std::uint64_t> accessible;  // bytes, of every mapping
};

Kept& kept() {
  static Kept* const instance =
      new Kept;  // reachable until the very end, so never a leak and never too early gone
  return *instance;
}

}  // namespace

std::byte* take_live_memory(std::uint64_t max_size_bytes) {
  Kept& all = kept();
  const std::lock_guard lock(all.mutex);
  auto& free = all.free[max_size_bytes];
  if (!free.empty()) {
    std::byte* const memory = free.back();
    free.pop_back();
    return memory;
  }
  void* const memory =
      ::mmap(nullptr, max_size_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  HOLDFAST_CHECK(memory != MAP_FAILED);
  all.accessible[static_cast<std::byte*>(memory)] = 0;
  return static_cast<std::byte*>(memory);
}

void give_back_live_memory(std::byte* memory, std::uint64_t max_size_bytes) {
  Kept& all = kept();
  const std::lock_guard lock(all.mutex);
  auto& free = all.free[max_size_bytes];
  if (free.size() < kKeptMax) {
    free.push_back(memory);
    return;
  }
  all.accessible.erase(memory);
  HOLDFAST_CHECK(::munmap(memory, max_size_bytes) == 0);
}

void set_accessible(std::byte* memory, std::uint64_t size_bytes, std::uint64_t max_size_bytes) {
  HOLDFAST_CHECK(size_bytes <= max_size_bytes);
  Kept& all = kept();
  const std::lock_guard lock(all.mutex);
  std::uint64_t& accessible = all.accessible[memory];
  if (size_bytes > accessible)
    HOLDFAST_CHECK(::mprotect(memory, size_bytes, PROT_READ | PROT_WRITE) == 0);
  else if (size_bytes < accessible)
    HOLDFAST_CHECK(::mprotect(memory + size_bytes, accessible - size_bytes, PROT_NONE) == 0);
  accessible = size_bytes;
}

}  // namespace holdfast::testing
