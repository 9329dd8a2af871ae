#include "pmem/data_mover.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>

#include "pmem/pmem_error.hpp"

namespace holdfast::pmem {
namespace {

/// From here on copying past the caches beats store and write-back of the lines. Below it an unaligned
/// copy is mostly edges, which have to be written back anyway.
constexpr std::size_t kNonTemporalMinBytes = 256;
constexpr std::size_t kNonTemporalAlignedMinBytes = kLineBytes;

bool is_line_aligned(const std::byte* address) noexcept {
  return reinterpret_cast<std::uintptr_t>(address) % kLineBytes == 0;
}

/// A map that libpmem2 knows, of one page, kept until the process ends.
///
/// Why not one for each arena: the functions depend on the granularity alone, and in PMDK 1.12 each pair of
/// pmem2_map_from_existing() and pmem2_map_delete() loses a thread-specific key for good, of which a process
/// has 1024 with all its libraries.
Result<pmem2_map*> make_map(pmem2_granularity granularity) {
  constexpr std::size_t kPageBytes = 4096;
  void* const page = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return Unexpected(os_error(errno, "cannot map a page", {}));
  pmem2_source* source = nullptr;
  pmem2_map* map = nullptr;
  int result = pmem2_source_from_anon(&source, kPageBytes);
  if (result == 0) result = pmem2_map_from_existing(&map, source, page, kPageBytes, granularity);
  if (source != nullptr) pmem2_source_delete(&source);
  if (result == 0) return map;
  Error error = pmem2_error(result, "libpmem2 refuses a map", {});
  ::munmap(page, kPageBytes);
  return Unexpected(std::move(error));
}

}  // namespace

Result<DataMover> DataMover::of(Granularity granularity) {
  static const Result<pmem2_map*> byte_map = make_map(PMEM2_GRANULARITY_BYTE);
  static const Result<pmem2_map*> line_map = make_map(PMEM2_GRANULARITY_CACHE_LINE);
  const Result<pmem2_map*>& map = granularity == Granularity::byte ? byte_map : line_map;
  if (!map) return Unexpected(map.error());
  return DataMover(*map, granularity);
}

DataMover::DataMover(pmem2_map* map, Granularity granularity) noexcept
    : memcpy_(pmem2_get_memcpy_fn(map)),
      flush_(pmem2_get_flush_fn(map)),
      drain_(pmem2_get_drain_fn(map)),
      line_copy_(line_copy()),
      granularity_(granularity) {}

void DataMover::copy(std::byte* destination, std::span<const std::byte> source) const noexcept {
  if (granularity_ == Granularity::byte) {  // caches are safe: libpmem2 picks by size alone
    memcpy_(destination, source.data(), source.size(), PMEM2_F_MEM_NODRAIN);
    return;
  }
  const bool aligned = is_line_aligned(destination);
  if (aligned && line_copy_ != nullptr && source.size() % kLineBytes == 0 &&
      source.size() <= kLineCopyMaxBytes) {
    line_copy_(destination, source.data(), source.size());
    return;
  }
  const bool past_caches = source.size() >= (aligned ? kNonTemporalAlignedMinBytes : kNonTemporalMinBytes);
  memcpy_(destination, source.data(), source.size(),
          PMEM2_F_MEM_NODRAIN | (past_caches ? PMEM2_F_MEM_NONTEMPORAL : PMEM2_F_MEM_TEMPORAL));
}

}  // namespace holdfast::pmem
