#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include <holdfast/storage.hpp>

#include "common/base/fork_guard.hpp"
#include "common/guard/map_guard.hpp"
#include "pmem/pmem_map.hpp"
#include "pmem/pool_maker.hpp"
#include "pmem/thread_counters.hpp"

namespace holdfast::pmem {

/// How a PoolStorage treats its pools.
struct PoolStorageMode {
  bool read_only = false;
  bool emulate = false;
  bool may_grow = true;  ///< False while a new store is being formatted.
};

/// Storage over the arenas of one or more pools.
///
/// Growth protocol, under growth_mutex_, as in docs/durability.md "growth, pmem":
///   (1) the further pools are made under temporary names, complete and durable, and mapped behind the last
///       arena, where nobody looks yet;
///   (2) they get their names, and the directory is synced: from here on they belong to the store;
///   (3) the count cell in pool 0 is raised: from here on their absence is damage;
///   (4) size_bytes_ is raised: from here on they are written.
/// A kill before (2) leaves files that the next writing open removes; one between (2) and (3) a store of
/// the new size, whose next writing open does (3).
class PoolStorage final : public Storage {
 public:
  /// `pools` in order, mapped in `map`. `store` is the path of pool 0 with links resolved, `path` what the
  /// caller has called it.
  PoolStorage(std::string path, std::string store, std::vector<StorePool> pools, PmemMap map,
              PoolStorageMode mode);

  ~PoolStorage() override;

  [[nodiscard]] const StorageCapabilities& capabilities() const noexcept override { return capabilities_; }
  [[nodiscard]] std::string_view path() const noexcept override { return path_; }
  [[nodiscard]] std::uint64_t size_bytes() const noexcept override;
  [[nodiscard]] const std::byte* at(std::uint64_t offset) const noexcept override;
  [[nodiscard]] Result<std::byte*> writable(ByteRange range) override;
  [[nodiscard]] Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) override;
  [[nodiscard]] Result<void> commit(std::span<const WriteRange> ranges) override;
  [[nodiscard]] Result<void> flush(ByteRange range) override;
  [[nodiscard]] Result<void> drain() override;
  [[nodiscard]] Result<void> sync(std::span<const ByteRange> ranges) override;
  [[nodiscard]] Result<void> grow(std::uint64_t size_bytes) override;
  [[nodiscard]] Result<void> punch(ByteRange range) override;
  [[nodiscard]] Result<void> reserve(ByteRange range) override;
  [[nodiscard]] Result<SpaceReport> space() const override;
  void advise(ByteRange range, Access access) noexcept override;
  [[nodiscard]] Result<void> close() override;
  [[nodiscard]] StorageCounters counters() const noexcept override { return counters_.sum(); }
  [[nodiscard]] std::shared_ptr<const MapFault> map_fault() const noexcept override { return fault_; }

  /// Outlive faults from now on (Options::sigbus_guard). Before anybody else uses the storage. Errors: io.
  [[nodiscard]] Result<void> guard_map();

  /// Unmaps everything and gives the pools back, still open and locked. Nothing else may be called then.
  [[nodiscard]] std::vector<StorePool> release_pools() noexcept;

 private:
  [[nodiscard]] bool usable() const noexcept;
  [[nodiscard]] bool is_faulted() const noexcept;
  [[nodiscard]] bool is_inside(std::uint64_t offset, std::uint64_t size_bytes) const noexcept;
  [[nodiscard]] bool may_change(ByteRange range) const noexcept;

  /// Why not usable(), or why may_change(range) does not hold.
  [[nodiscard, gnu::cold, gnu::noinline]] Result<void> refuse() const;
  [[nodiscard, gnu::cold, gnu::noinline]] Result<void> refuse(ByteRange range) const;
  [[nodiscard]] Error error(ErrorCode code, std::string message) const;
  void abandon_cut_pools() noexcept;
  [[nodiscard]] Result<void> extend_by(std::uint64_t growth_bytes);

  const std::string path_;
  const std::string store_;
  const PoolStorageMode mode_;
  std::vector<StorePool> pools_;  // under growth_mutex_ once open
  const int descriptor_;          // of the first pool, for who asks while others are added
  PmemMap map_;                   // appended to under growth_mutex_
  std::shared_ptr<MapFault> fault_;  // null: nothing guards the map
  MapGuard guard_;                   // behind the map: it ends first
  StorageCapabilities capabilities_;
  const ForkGuard fork_guard_;
  bool writing_;         // opened for writing and not closed
  bool closed_ = false;  // set, like writing_, when no other call is running
  std::atomic<std::uint64_t> size_bytes_;
  std::mutex growth_mutex_;
  ThreadCounters counters_;
};

/// Writes the number of pools of a set into pool 0 (step 3). Durable on return. Errors: io.
[[nodiscard]] Result<void> write_pool_count(StorePool& first, std::uint32_t pool_count);

/// What write_pool_count() wrote; 0 if it is damaged. Errors: io.
[[nodiscard]] Result<std::uint32_t> read_pool_count(const StorePool& first);

}  // namespace holdfast::pmem
