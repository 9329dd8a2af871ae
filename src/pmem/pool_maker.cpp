#include "pmem/pool_maker.hpp"

#include <unistd.h>

#include <algorithm>

#include "pmem/growth_steps.hpp"
#include "pmem/pool_metadata.hpp"
#include "pmem/pool_names.hpp"

namespace holdfast::pmem {
namespace {

// What a pool file needs beside its arena: PMDK's headers, lanes (3 MiB) and zone metadata, our header
// page, the rest of the object's last 256 KiB chunk. In pool format 6 the first object begins at 3.51 MiB
// whatever the pool's size, so the arena begins at 4 MiB, and the object that reaches its end takes two
// chunks more than the arena, which end 9 KiB behind it.
constexpr std::uint64_t kPoolOverheadBytes = (std::uint64_t{4} << 20) + (std::uint64_t{64} << 10);
constexpr std::uint64_t kObjectOverheadBytes = std::uint64_t{508} << 10;

constexpr int kNameAttempts = 8;

/// A locked, empty file with a temporary name. Someone who removes leftovers may see it before it is
/// locked, remove it or hold its lock for a moment: then another name is taken.
Result<PoolFile> new_file(const std::string& store, std::uint32_t index) {
  Error last;
  for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
    const auto path = temporary_path(store, index);
    if (!path) return Unexpected(path.error());
    auto file = PoolFile::create(*path);
    if (!file) return Unexpected(std::move(file.error()));
    auto locked = file->lock(false);
    if (locked && file->has_name()) return file;
    ::unlink(path->c_str());
    last = locked ? Error{.code = ErrorCode::io, .message = "new pool files are being removed", .path = store}
                  : std::move(locked.error());
    if (last.code != ErrorCode::locked && !locked) break;
  }
  return Unexpected(std::move(last));
}

/// Lets PMDK make its pool in the allocated file and allocates the arena in it; the place of the arena
/// goes into `header`. The pool is closed again, so that its metadata rests.
Result<void> make_arena(const PoolFile& file, ArenaHeaderDisk& header) {
  growth_step("make the pool");
  auto pool = Pool::create(file.path());
  if (!pool) return Unexpected(std::move(pool.error()));
  growth_step("allocate the arena");
  const std::uint64_t object_size = header.arena_size_bytes + kObjectOverheadBytes;
  const auto object = pool->allocate(object_size, file.path());
  if (!object) return Unexpected(object.error());
  const std::uint64_t first = *object + kHeaderPageBytes + kArenaAlignmentBytes - 1;
  header.arena_file_offset = first - first % kArenaAlignmentBytes;
  if (header.arena_file_offset + header.arena_size_bytes > *object + object_size) {
    return Unexpected(Error{
        .code = ErrorCode::io,
        .message = "PMDK needs more room in a pool than is known",
        .path = file.path(),
        .expected = "room for " + std::to_string(header.arena_size_bytes) + " bytes",
        .found = "an object of " + std::to_string(object_size) + " bytes at " + std::to_string(*object)});
  }
  return {};
}

Result<void> write_header(PoolFile& file, ArenaHeaderDisk& header, std::uint32_t pool_count) {
  const auto check = metadata_check(file, header);
  if (!check) return Unexpected(check.error());
  header.pool_metadata_check = *check;
  seal(header);
  growth_step("write the arena header");
  const std::uint64_t page = header.arena_file_offset - kHeaderPageBytes;
  if (header.pool_index == 0) {
    const std::uint64_t cell = make_count_cell(header.set_id, pool_count);
    auto written = file.write_at(page + kCountCellPageOffset, std::as_bytes(std::span(&cell, 1)));
    if (!written) return written;
  }
  if (auto written = file.write_at(page, std::as_bytes(std::span(&header, 1))); !written) return written;
  growth_step("sync the pool");
  return file.sync();
}

/// Makes one pool in `made`, whose header says which. `made` owns the file as soon as it has a name.
Result<void> make_pool(StorePool& made, const std::string& store, std::uint32_t pool_count) {
  growth_step("create the pool file");
  auto file = new_file(store, made.header.pool_index);
  if (!file) return Unexpected(std::move(file.error()));
  made.file = std::move(*file);
  growth_step("allocate the pool file");
  made.header.pool_file_size_bytes = made.header.arena_size_bytes + kPoolOverheadBytes;
  made.header.pool_file_size_bytes = std::max(made.header.pool_file_size_bytes, kPoolFileMinBytes);
  if (auto allocated = made.file.allocate(made.header.pool_file_size_bytes); !allocated) return allocated;
  if (auto arena = make_arena(made.file, made.header); !arena) return arena;
  if (auto written = write_header(made.file, made.header, pool_count); !written) return written;
  growth_step("open the pool");
  auto pool = Pool::open(made.file.path());
  if (!pool) return Unexpected(std::move(pool.error()));
  made.pool = std::move(*pool);
  return {};
}

}  // namespace

Result<NewPools> make_pools(const PoolPlan& plan) {
  const auto count =
      static_cast<std::uint32_t>((plan.size_bytes + plan.arena_max_bytes - 1) / plan.arena_max_bytes);
  NewPools made;
  made.store_ = plan.store;
  std::uint64_t done_bytes = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    StorePool& pool = made.pools_.emplace_back();
    pool.header.pool_index = plan.first_index + i;
    pool.header.set_id = plan.set_id;
    pool.header.arena_size_bytes = std::min(plan.size_bytes - done_bytes, plan.arena_max_bytes);
    pool.header.arena_store_offset = plan.first_store_offset + done_bytes;
    done_bytes += pool.header.arena_size_bytes;
    if (auto ok = make_pool(pool, plan.store, count); !ok) {
      ok.error().path = plan.store;  // the temporary name is gone when this is read
      return Unexpected(std::move(ok.error()));
    }
  }
  return made;
}

Result<void> NewPools::publish() {
  // A new store appears with its first pool: that one comes last. A store that grows must never show a
  // pool behind one that is missing: there they come in order.
  std::vector<StorePool*> order;
  for (StorePool& pool : pools_) order.push_back(&pool);
  if (pools_.front().header.pool_index == 0) std::reverse(order.begin(), order.end());
  Result<void> result;
  for (StorePool* const pool : order) {
    if (!result) break;
    growth_step("rename the pool file");
    std::string name = pool_path(store_, pool->header.pool_index);
    result = rename_to_free_name(pool->file.path(), name);
    if (result) pool->file.renamed(std::move(name));  // without memory: take_back() must find it
  }
  growth_step("sync the directory");
  if (result) result = sync_directory_of(store_);
  if (result) {
    published_ = true;
  } else {
    take_back();
  }
  return result;
}

void NewPools::take_back() noexcept {
  for (const StorePool& pool : pools_) {
    if (pool.file.descriptor() >= 0) ::unlink(pool.file.path().c_str());
  }
  pools_.clear();
}

NewPools::~NewPools() {
  if (!published_) take_back();
}

}  // namespace holdfast::pmem
