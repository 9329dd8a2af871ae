// Opening the pools of a store: judging each file before libpmemobj sees it.
#include <climits>
#include <cstdlib>
#include <memory>

#include "pmem/arena_scan.hpp"
#include "pmem/pmem_storage.hpp"
#include "pmem/pool_metadata.hpp"
#include "pmem/pool_names.hpp"
#include "pmem/pool_storage.hpp"

namespace holdfast::pmem {
namespace {

/// The path with links resolved, so that further pools lie beside the real pool 0; as given if nothing is
/// there.
std::string resolve(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), std::free);
  return real == nullptr ? path : std::string(real.get());
}

Error damaged_set(const std::string& path, std::string message, std::string expected, std::string found) {
  return Error{.code = ErrorCode::corruption,
               .message = std::move(message),
               .path = path,
               .expected = std::move(expected),
               .found = std::move(found)};
}

std::string to_text(const SetId& set_id) { return hex(set_id[0]) + " " + hex(set_id[1]); }

Result<StorePool> open_first(const std::string& store, bool read_only) {
  auto file = PoolFile::open(store, read_only);
  if (!file) return Unexpected(std::move(file.error()));
  // Before anything is judged: what another process is writing may look damaged.
  if (auto locked = file->lock(read_only); !locked) return Unexpected(std::move(locked.error()));
  StorePool first;
  first.file = std::move(*file);
  const auto header = find_arena(first.file);
  if (!header) return Unexpected(header.error());
  first.header = *header;
  if (header->pool_index != 0 || header->arena_store_offset != 0) {
    return Unexpected(Error{.code = ErrorCode::invalid_argument,
                            .message = "not the first pool of its store",
                            .path = store,
                            .expected = "pool 0",
                            .found = "pool " + std::to_string(header->pool_index)});
  }
  return first;
}

/// Whether `found` continues the set that begins with `first` at `store_offset`.
Result<void> belongs(const ArenaHeaderDisk& found, const ArenaHeaderDisk& first, std::uint32_t index,
                     std::uint64_t store_offset, const std::string& path) {
  if (found.set_id != first.set_id) {
    return Unexpected(damaged_set(path, "the pool belongs to another store", "set " + to_text(first.set_id),
                                  "set " + to_text(found.set_id)));
  }
  if (found.pool_index != index || found.arena_store_offset != store_offset) {
    return Unexpected(damaged_set(
        path, "the pool lies in the wrong place of its store",
        "pool " + std::to_string(index) + " at " + std::to_string(store_offset),
        "pool " + std::to_string(found.pool_index) + " at " + std::to_string(found.arena_store_offset)));
  }
  return {};
}

Result<StorePool> open_further(const std::string& store, const StorePool& first, std::uint32_t index,
                               std::uint64_t store_offset, bool read_only) {
  const std::string path = pool_path(store, index);
  auto file = PoolFile::open(path, read_only);
  if (!file) {
    if (file.error().code != ErrorCode::invalid_argument) return Unexpected(std::move(file.error()));
    return Unexpected(
        damaged_set(path, file.error().message, "a further pool of the store", "another kind of file"));
  }
  StorePool pool;
  pool.file = std::move(*file);
  const auto header = find_arena(pool.file);
  if (!header) {
    if (header.error().code == ErrorCode::io) return Unexpected(header.error());
    // Where a further pool should be, whatever is none is damage to this store.
    Error error = header.error();
    error.code = ErrorCode::corruption;
    return Unexpected(std::move(error));
  }
  if (auto ours = belongs(*header, first.header, index, store_offset, path); !ours) {
    return Unexpected(std::move(ours.error()));
  }
  pool.header = *header;
  return pool;
}

/// All pools of the store, none of them seen by libpmemobj yet.
Result<std::vector<StorePool>> open_files(const std::string& store, bool read_only) {
  auto first = open_first(store, read_only);
  if (!first) return Unexpected(std::move(first.error()));
  const auto counted = read_pool_count(*first);
  if (!counted) return Unexpected(counted.error());
  if (*counted == 0 && !read_only) {
    return Unexpected(damaged_set(store, "the number of the store's pools is damaged", "a self-proving count",
                                  "no such count"));
  }
  const std::vector<std::uint32_t> beside = further_pools_beside(store);
  const std::uint32_t highest = beside.empty() ? 0 : beside.back();
  std::uint64_t size_bytes = first->header.arena_size_bytes;
  std::vector<StorePool> pools;
  pools.push_back(std::move(*first));
  for (std::uint32_t index = 1; index <= highest || index < *counted; ++index) {
    auto pool = open_further(store, pools.front(), index, size_bytes, read_only);
    if (!pool) {
      if (pool.error().code != ErrorCode::not_found) return Unexpected(std::move(pool.error()));
      return Unexpected(damaged_set(pool_path(store, index), "a pool of the store is missing",
                                    std::to_string(std::max(*counted, highest + 1)) + " pools",
                                    "no such file"));
    }
    size_bytes += pool->header.arena_size_bytes;
    pools.push_back(std::move(*pool));
  }
  return pools;
}

/// A kill between a pool's name and the count, see PoolStorage.
Result<void> complete_growth(std::vector<StorePool>& pools) {
  const auto counted = read_pool_count(pools.front());
  if (!counted) return Unexpected(counted.error());
  if (*counted >= pools.size()) return {};
  return write_pool_count(pools.front(), static_cast<std::uint32_t>(pools.size()));
}

/// Lets libpmemobj open what has been verified.
Result<void> open_pools(std::vector<StorePool>& pools) {
  for (StorePool& pool : pools) {
    if (auto sound = verify_metadata(pool.file, pool.header); !sound) return sound;
  }
  for (StorePool& pool : pools) {
    auto opened = Pool::open(pool.file.path());
    if (!opened) return Unexpected(std::move(opened.error()));
    pool.pool = std::move(*opened);
  }
  return {};
}

Result<PmemMap> map_arenas(const std::vector<StorePool>& pools, const PmemOptions& options) {
  const ArenaHeaderDisk& last = pools.back().header;
  const std::uint64_t size_bytes = last.arena_store_offset + last.arena_size_bytes;
  auto map = PmemMap::reserve(std::max(options.max_size_bytes, size_bytes), options.read_only,
                              pools.front().file.path());
  if (!map) return map;
  for (const StorePool& pool : pools) {
    if (auto mapped = map->append(pool.file, pool.header, options.emulate); !mapped) {
      return Unexpected(std::move(mapped.error()));
    }
  }
  return map;
}

}  // namespace

Result<std::unique_ptr<Storage>> open(const std::filesystem::path& path, const PmemOptions& options) {
  const std::string store = resolve(path.string());
  auto pools = open_files(store, options.read_only);
  if (!pools) return Unexpected(std::move(pools.error()));
  auto map = map_arenas(*pools, options);
  if (!map) return Unexpected(std::move(map.error()));
  if (!options.read_only) {
    if (auto opened = open_pools(*pools); !opened) return Unexpected(std::move(opened.error()));
    if (auto grown = complete_growth(*pools); !grown) return Unexpected(std::move(grown.error()));
    remove_leftovers(store);
  }
  const PoolStorageMode mode{.read_only = options.read_only, .emulate = options.emulate};
  auto storage = std::make_unique<PoolStorage>(path.string(), store, std::move(*pools), std::move(*map), mode);
  if (options.sigbus_guard)
    if (auto guarded = storage->guard_map(); !guarded) return Unexpected(std::move(guarded.error()));
  return storage;
}

Result<bool> has_byte_access(const std::filesystem::path& path) {
  const std::string name = path.string();
  auto file = PoolFile::open(name, true);
  const bool usable = file && file->size_bytes().value_or(0) >= kHeaderPageBytes;
  if (!usable) {
    file = PoolFile::create_unnamed(directory_of(resolve(name)));
    if (!file) return Unexpected(std::move(file.error()));
    if (auto allocated = file->allocate(kHeaderPageBytes); !allocated)
      return Unexpected(std::move(allocated.error()));
  }
  const auto probe = probe_medium(*file, usable);
  if (!probe) return Unexpected(probe.error());
  return probe->granularity != Granularity::page;
}

}  // namespace holdfast::pmem
