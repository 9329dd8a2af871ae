#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <holdfast/error.hpp>

#include "pmem/arena_header.hpp"
#include "pmem/pool.hpp"
#include "pmem/pool_file.hpp"

namespace holdfast::pmem {

/// One file of a store: its descriptor, its arena and, in a writing store, the open pool.
struct StorePool {
  PoolFile file;
  Pool pool;
  ArenaHeaderDisk header{};
};

/// What make_pools() is to make.
struct PoolPlan {
  std::string store;  ///< Path of pool 0.
  SetId set_id{};
  std::uint32_t first_index = 0;
  std::uint64_t first_store_offset = 0;
  std::uint64_t size_bytes = 0;                    ///< Of all arenas together, a multiple of 2 MiB.
  std::uint64_t arena_max_bytes = kArenaMaxBytes;  ///< A smaller number makes tests with many pools cheap.
};

/// Pools that are complete, durable, open and locked, but still have temporary names. Unless publish()
/// has succeeded, destruction removes them.
class NewPools {
 public:
  NewPools() = default;
  NewPools(NewPools&&) noexcept = default;
  NewPools& operator=(NewPools&&) = delete;
  ~NewPools();

  /// Gives them their names and makes the names durable; pool 0 is named last, since with its name the
  /// store exists. Errors: exists (a name is taken), io; then all names are taken back.
  [[nodiscard]] Result<void> publish();

  /// Removes the files, whatever their names are now.
  void take_back() noexcept;

  [[nodiscard]] std::vector<StorePool>& pools() noexcept { return pools_; }

 private:
  friend Result<NewPools> make_pools(const PoolPlan& plan);

  std::string store_;
  std::vector<StorePool> pools_;
  bool published_ = false;
};

/// Makes as many pools as `plan` needs. A kill leaves files with temporary names only.
/// Errors: no_space (nothing is left behind), io.
[[nodiscard]] Result<NewPools> make_pools(const PoolPlan& plan);

}  // namespace holdfast::pmem
