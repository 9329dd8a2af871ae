#include "pmem/pmem_map.hpp"

#include <libpmem2.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

#include "pmem/pmem_error.hpp"

namespace holdfast::pmem {
namespace {

struct DeleteSource {
  void operator()(pmem2_source* source) const noexcept { pmem2_source_delete(&source); }
};
struct DeleteConfig {
  void operator()(pmem2_config* config) const noexcept { pmem2_config_delete(&config); }
};
using Source = std::unique_ptr<pmem2_source, DeleteSource>;
using Config = std::unique_ptr<pmem2_config, DeleteConfig>;

Result<Source> source_of(const PoolFile& file) {
  pmem2_source* source = nullptr;
  if (const int result = pmem2_source_from_fd(&source, file.descriptor()); result != 0) {
    return Unexpected(pmem2_error(result, "libpmem2 refuses the file", file.path()));
  }
  return Source(source);
}

int protection(bool read_only) noexcept { return read_only ? PROT_READ : PROT_READ | PROT_WRITE; }

/// The granularity libpmem2 reports for a map of the file's first page.
Result<Granularity> granularity_of(const PoolFile& file, bool read_only) {
  const auto source = source_of(file);
  if (!source) return Unexpected(source.error());
  pmem2_config* raw = nullptr;
  if (const int result = pmem2_config_new(&raw); result != 0) {
    return Unexpected(pmem2_error(result, "libpmem2 refuses a map", file.path()));
  }
  const Config config(raw);
  pmem2_config_set_required_store_granularity(raw, PMEM2_GRANULARITY_PAGE);  // the least: take what there is
  pmem2_config_set_length(raw, kHeaderPageBytes);
  pmem2_config_set_protection(raw, read_only ? PMEM2_PROT_READ : PMEM2_PROT_READ | PMEM2_PROT_WRITE);
  pmem2_map* map = nullptr;
  if (const int result = pmem2_map_new(&map, raw, source->get()); result != 0) {
    return Unexpected(pmem2_error(result, "libpmem2 cannot map the file", file.path()));
  }
  const pmem2_granularity granularity = pmem2_map_get_store_granularity(map);
  pmem2_map_delete(&map);
  switch (granularity) {
    case PMEM2_GRANULARITY_BYTE:
      return Granularity::byte;
    case PMEM2_GRANULARITY_CACHE_LINE:
      return Granularity::cache_line;
    case PMEM2_GRANULARITY_PAGE:
      break;
  }
  return Granularity::page;
}

/// Tried apart from the real map: a refused MAP_FIXED may leave a hole where another thread's map could land.
bool maps_synchronously(const PoolFile& file, bool read_only) noexcept {
  void* const map = ::mmap(nullptr, kHeaderPageBytes, protection(read_only), MAP_SHARED_VALIDATE | MAP_SYNC,
                           file.descriptor(), 0);
  if (map == MAP_FAILED) return false;
  ::munmap(map, kHeaderPageBytes);
  return true;
}

}  // namespace

Result<MediumProbe> probe_medium(const PoolFile& file, bool read_only) {
  const auto granularity = granularity_of(file, read_only);
  if (!granularity) return Unexpected(granularity.error());
  if (*granularity == Granularity::page || !maps_synchronously(file, read_only)) return MediumProbe{};
  return MediumProbe{.granularity = *granularity,
                     .durable = std::getenv("PMEM2_FORCE_GRANULARITY") == nullptr};
}

Error no_byte_access(const std::string& path) {
  return Error{.code = ErrorCode::not_supported,
               .message =
                   "the medium gives no byte access (no DAX); use the file backend, or "
                   "Options::emulate_pmem where durability is not needed",
               .path = path};
}

Result<PmemMap> PmemMap::reserve(std::uint64_t max_size_bytes, bool read_only, const std::string& path) {
  PmemMap map;
  const std::uint64_t rest = max_size_bytes % kArenaAlignmentBytes;
  map.reserved_bytes_ = max_size_bytes + (rest == 0 ? 0 : kArenaAlignmentBytes - rest);
  map.reservation_bytes_ = map.reserved_bytes_ + kArenaAlignmentBytes;
  map.read_only_ = read_only;
  void* const address =
      ::mmap(nullptr, map.reservation_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) {
    return Unexpected(os_error(
        errno, "cannot reserve " + std::to_string(map.reserved_bytes_) + " bytes of address space", path));
  }
  map.reservation_ = address;
  // Aligned like the arenas in their files, so that both sides of a map are: only then huge pages serve it.
  const auto misalignment = reinterpret_cast<std::uintptr_t>(address) % kArenaAlignmentBytes;
  map.base_ =
      static_cast<std::byte*>(address) + (misalignment == 0 ? 0 : kArenaAlignmentBytes - misalignment);
  return map;
}

Result<void> PmemMap::accept(MediumProbe probe, bool emulate, const std::string& path) {
  const bool byte_access = probe.granularity != Granularity::page;
  // Reading is right on any medium.
  if (!byte_access && !emulate && !read_only_) {
    return Unexpected(no_byte_access(path));
  }
  if (!byte_access) probe.granularity = Granularity::cache_line;
  if (ends_.empty()) {
    synchronous_ = byte_access;
    durable_ = probe.durable;
    granularity_ = probe.granularity;
  } else if (synchronous_ != byte_access || granularity_ != probe.granularity) {
    // What the store has said of itself must stay true.
    return Unexpected(Error{.code = ErrorCode::not_supported,
                            .message = "the pools of a store must lie on the same medium",
                            .path = path});
  }
  return {};
}

Result<void> PmemMap::append(const PoolFile& file, const ArenaHeaderDisk& header, bool emulate) {
  const std::uint64_t begin = mapped_bytes();
  const std::uint64_t size = header.arena_size_bytes;
  if (size > reserved_bytes_ - begin) {
    return Unexpected(Error{.code = ErrorCode::no_space,
                            .message = "the store has reached its maximum size",
                            .path = file.path()});
  }
  const auto probe = probe_medium(file, read_only_);
  if (!probe) return Unexpected(probe.error());
  if (auto accepted = accept(*probe, emulate, file.path()); !accepted) return accepted;
  if (ends_.empty()) {
    const auto mover = DataMover::of(granularity_);
    if (!mover) return Unexpected(mover.error());
    mover_ = *mover;
  }
  ends_.push_back(begin + size);
  const int flags = MAP_FIXED | (synchronous_ ? MAP_SHARED_VALIDATE | MAP_SYNC : MAP_SHARED);
  void* const address = ::mmap(base_ + begin, size, protection(read_only_), flags, file.descriptor(),
                               static_cast<off_t>(header.arena_file_offset));
  if (address == MAP_FAILED) {
    const int reason = errno;
    remove_last();
    return Unexpected(os_error(reason, "cannot map the arena", file.path()));
  }
  return {};
}

void PmemMap::remove_last() noexcept {
  const std::uint64_t end = ends_.back();
  ends_.pop_back();
  const std::uint64_t begin = mapped_bytes();
  // A new reservation over it, never a hole.
  ::mmap(base_ + begin, end - begin, PROT_NONE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
         0);
}

std::uint64_t PmemMap::mapped_bytes() const noexcept { return ends_.empty() ? 0 : ends_.back(); }

PmemMap& PmemMap::operator=(PmemMap&& other) noexcept {
  std::swap(reservation_, other.reservation_);
  std::swap(reservation_bytes_, other.reservation_bytes_);
  std::swap(base_, other.base_);
  std::swap(reserved_bytes_, other.reserved_bytes_);
  std::swap(read_only_, other.read_only_);
  std::swap(synchronous_, other.synchronous_);
  std::swap(durable_, other.durable_);
  std::swap(granularity_, other.granularity_);
  std::swap(mover_, other.mover_);
  std::swap(ends_, other.ends_);
  return *this;
}

PmemMap::~PmemMap() {
  if (reservation_ != nullptr) ::munmap(reservation_, reservation_bytes_);
}

}  // namespace holdfast::pmem
