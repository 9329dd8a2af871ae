#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/storage.hpp>

#include "pmem/arena_header.hpp"
#include "pmem/data_mover.hpp"
#include "pmem/pool_file.hpp"

namespace holdfast::pmem {

/// What the medium under a file can do.
struct MediumProbe {
  Granularity granularity = Granularity::page;  ///< page: no byte access
  bool durable = false;                         ///< Byte access, and nobody has forced libpmem2 to say so.
};

/// Asks libpmem2 for the store granularity and the kernel for a synchronous map (MAP_SYNC). Without the
/// latter a store could be lost with the file's own metadata, whatever libpmem2 has been told.
/// Requires: the file is not empty. Errors: io.
[[nodiscard]] Result<MediumProbe> probe_medium(const PoolFile& file, bool read_only);

/// not_supported, naming what would help.
[[nodiscard]] Error no_byte_access(const std::string& path);

/// The store's address space: reserved in full at once, filled arena by arena, so that no address moves.
/// Threads: append() and remove_last() one at a time; address() from any.
class PmemMap {
 public:
  PmemMap() = default;
  PmemMap(PmemMap&& other) noexcept { *this = std::move(other); }
  PmemMap& operator=(PmemMap&& other) noexcept;
  ~PmemMap();

  /// Reserves room for `max_size_bytes`, without memory behind it. Errors: io.
  [[nodiscard]] static Result<PmemMap> reserve(std::uint64_t max_size_bytes, bool read_only,
                                               const std::string& path);

  /// Maps an arena behind the last one.
  /// Errors: not_supported (no byte access and no emulation, or another medium than the first arena's),
  ///         no_space (reservation full), io.
  [[nodiscard]] Result<void> append(const PoolFile& file, const ArenaHeaderDisk& header, bool emulate);

  /// Takes the last append() back. Its addresses must be unknown to others.
  void remove_last() noexcept;

  [[nodiscard]] std::byte* address() const noexcept { return base_; }
  [[nodiscard]] std::uint64_t mapped_bytes() const noexcept;
  [[nodiscard]] std::uint64_t reserved_bytes() const noexcept { return reserved_bytes_; }
  [[nodiscard]] Granularity granularity() const noexcept { return granularity_; }
  [[nodiscard]] bool durable() const noexcept { return durable_; }
  [[nodiscard]] const DataMover& mover() const noexcept { return mover_; }

 private:
  [[nodiscard]] Result<void> accept(MediumProbe probe, bool emulate, const std::string& path);

  void* reservation_ = nullptr;
  std::uint64_t reservation_bytes_ = 0;  // with what aligning base_ has cost
  std::byte* base_ = nullptr;
  std::uint64_t reserved_bytes_ = 0;
  bool read_only_ = false;

  // Of the first arena; every further one must be alike, so that these never change under a reader.
  bool synchronous_ = false;  // MAP_SYNC
  bool durable_ = false;
  Granularity granularity_ = Granularity::cache_line;
  DataMover mover_;
  std::vector<std::uint64_t> ends_;  // of the arenas, in bytes from base_
};

}  // namespace holdfast::pmem
