// Making a new store. Crash order, as in docs/durability.md "create, pmem": (1) the pools are complete,
// formatted and durable under temporary names; (2) they get their names, pool 0 last; (3) the names are
// durable.
#include <sys/stat.h>

#include "common/base/random.hpp"
#include "pmem/growth_steps.hpp"
#include "pmem/pmem_create.hpp"
#include "pmem/pmem_map.hpp"
#include "pmem/pmem_storage.hpp"
#include "pmem/pool_maker.hpp"
#include "pmem/pool_names.hpp"
#include "pmem/pool_storage.hpp"

namespace holdfast::pmem {
namespace {

Result<std::uint64_t> store_size(const PmemOptions& options, const std::string& path) {
  if (options.size_bytes == 0 || options.size_bytes > options.max_size_bytes) {
    return Unexpected(Error{.code = ErrorCode::invalid_argument,
                            .message = "a store's size must lie between one byte and its maximum size",
                            .path = path,
                            .expected = "up to " + std::to_string(options.max_size_bytes) + " bytes",
                            .found = std::to_string(options.size_bytes) + " bytes"});
  }
  return (options.size_bytes + kArenaAlignmentBytes - 1) / kArenaAlignmentBytes * kArenaAlignmentBytes;
}

/// The name must be free and the medium right before gigabytes are written.
Result<void> check_place(const std::string& path, const PmemOptions& options) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) {
    return Unexpected(
        Error{.code = ErrorCode::exists, .message = "something of that name is there already", .path = path});
  }
  if (options.emulate) return {};
  const auto byte_access = has_byte_access(path);
  if (!byte_access) return Unexpected(byte_access.error());
  if (!*byte_access) return Unexpected(no_byte_access(path));
  return {};
}

/// Runs `format` over the new pools and makes what it has written durable.
Result<void> format_pools(const std::string& path, bool emulate, std::vector<StorePool>& pools,
                          const Formatter& format) {
  const ArenaHeaderDisk& last = pools.back().header;
  auto map = PmemMap::reserve(last.arena_store_offset + last.arena_size_bytes, false, path);
  if (!map) return Unexpected(std::move(map.error()));
  for (const StorePool& pool : pools) {
    if (auto mapped = map->append(pool.file, pool.header, emulate); !mapped) return mapped;
  }
  growth_step("format");
  PoolStorage storage(path, path, std::move(pools), std::move(*map), {.emulate = emulate, .may_grow = false});
  auto formatted = format(storage);
  if (formatted) formatted = storage.drain();
  pools = storage.release_pools();
  return formatted;
}

}  // namespace

Result<void> create_with_arenas_of(std::uint64_t arena_max_bytes, const std::filesystem::path& path,
                                   const PmemOptions& options, const Formatter& format) {
  const std::string store = path.string();
  const auto size_bytes = store_size(options, store);
  if (!size_bytes) return Unexpected(size_bytes.error());
  if (auto right = check_place(store, options); !right) return right;
  remove_leftovers(store);
  PoolPlan plan{.store = store, .size_bytes = *size_bytes, .arena_max_bytes = arena_max_bytes};
  for (std::uint64_t& half : plan.set_id) {
    const auto bits = random_u64();
    if (!bits) return Unexpected(bits.error());
    half = *bits;
  }
  auto made = make_pools(plan);
  if (!made) return Unexpected(std::move(made.error()));
  if (auto formatted = format_pools(store, options.emulate, made->pools(), format); !formatted)
    return formatted;      // (1)
  return made->publish();  // (2) (3)
}

Result<void> create(const std::filesystem::path& path, const PmemOptions& options, const Formatter& format) {
  return create_with_arenas_of(kArenaMaxBytes, path, options, format);
}

}  // namespace holdfast::pmem
