#include "pmem/pool_storage.hpp"

#include <sys/mman.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>

#include "common/base/fork_guard.hpp"
#include "common/base/rollback.hpp"
#include "pmem/growth_steps.hpp"
#include "pmem/pmem_error.hpp"

namespace holdfast::pmem {
namespace {

/// Each growth step is a file of its own, so steps rise with the store: a store of n times its first size
/// has some 8 * ln(n) files.
constexpr std::uint64_t kGrowthMinBytes = std::uint64_t{8} << 20;
constexpr std::uint64_t kGrowthDivisor = 8;

/// Copied where a call of the hot path succeeds. GCC makes `return {};` clear all the bytes that would hold
/// an error, by `rep stos`, which waits for the copies before it and has cost half as much as the fence.
constinit const Result<void> kSuccess;

std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) noexcept {
  return (value + unit - 1) / unit * unit;
}

/// A foreign file with the name of the next pool, a directory that is gone: to who asked for room, codes
/// about names mean nothing.
Error as_growth_error(Error error) {
  if (error.code != ErrorCode::no_space) error.code = ErrorCode::io;
  return error;
}

std::uint64_t count_cell_offset(const StorePool& first) noexcept {
  return first.header.arena_file_offset - kHeaderPageBytes + kCountCellPageOffset;
}

}  // namespace

PoolStorage::PoolStorage(std::string path, std::string store, std::vector<StorePool> pools, PmemMap map,
                         PoolStorageMode mode)
    : path_(std::move(path)),
      store_(std::move(store)),
      mode_(mode),
      pools_(std::move(pools)),
      descriptor_(pools_.front().file.descriptor()),
      map_(std::move(map)),
      capabilities_{.granularity = map_.granularity(),
                    .durable = map_.durable(),
                    .shares_syncs = false,
                    .drain_can_fail = false,
                    .has_path = true},
      writing_(!mode.read_only),
      size_bytes_(map_.mapped_bytes()) {}

Error PoolStorage::error(ErrorCode code, std::string message) const {
  return Error{.code = code, .message = std::move(message), .path = path_};
}

// The checks of write() and drain() answer with a bool, and only a refusal, out of line, builds an Error:
// what they would store on the stack would queue behind the copies that the fence waits for.

bool PoolStorage::usable() const noexcept { return writing_ && !fork_guard_.in_child() && !is_faulted(); }

bool PoolStorage::is_faulted() const noexcept { return fault_ != nullptr && fault_->is_set(); }

// All addresses that the store may ever have: growth maps within them.
Result<void> PoolStorage::guard_map() {
  fault_ = std::make_shared<MapFault>(path_);
  auto guard = MapGuard::over({map_.address(), map_.reserved_bytes()}, fault_);
  if (!guard) return Unexpected(guard.error());
  guard_ = std::move(*guard);
  return {};
}

// A file that somebody has cut before its arena has lost what libpmemobj looks at when it closes a pool.
void PoolStorage::abandon_cut_pools() noexcept {
  for (StorePool& pool : pools_)
    if (const auto size = pool.file.size_bytes(); !size || *size < pool.header.arena_file_offset) pool.pool.abandon();
}

PoolStorage::~PoolStorage() { abandon_cut_pools(); }

bool PoolStorage::is_inside(std::uint64_t offset, std::uint64_t size_bytes) const noexcept {
  const std::uint64_t end = size_bytes_.load(std::memory_order_acquire);
  return offset <= end && size_bytes <= end - offset;
}

bool PoolStorage::may_change(ByteRange range) const noexcept {
  return usable() && is_inside(range.offset, range.size_bytes);
}

Result<void> PoolStorage::refuse() const {
  if (closed_) return Unexpected(error(ErrorCode::closed, "the store is closed"));
  if (fork_guard_.in_child()) {
    return Unexpected(error(ErrorCode::locked, "the store belongs to the process that has forked this one"));
  }
  if (is_faulted()) return fault_->check();
  return Unexpected(error(ErrorCode::read_only, "the store was opened read-only"));
}

Result<void> PoolStorage::refuse(ByteRange range) const {
  if (!usable()) return refuse();
  Error outside = error(ErrorCode::out_of_bounds, "the range does not lie inside the store");
  outside.offset = range.offset;
  outside.expected = "an end of " + std::to_string(size_bytes()) + " bytes or less";
  outside.found = std::to_string(range.size_bytes) + " bytes at " + std::to_string(range.offset);
  return Unexpected(std::move(outside));
}

std::uint64_t PoolStorage::size_bytes() const noexcept { return size_bytes_.load(std::memory_order_acquire); }

const std::byte* PoolStorage::at(std::uint64_t offset) const noexcept { return map_.address() + offset; }

Result<std::byte*> PoolStorage::writable(ByteRange range) {
  if (!may_change(range)) return Unexpected(std::move(refuse(range).error()));
  return map_.address() + range.offset;
}

Result<void> PoolStorage::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  const ByteRange range{.offset = offset, .size_bytes = bytes.size()};
  if (!may_change(range)) [[unlikely]]
    return refuse(range);
  map_.mover().copy(map_.address() + offset, bytes);
  counters_.add_write(bytes.size());
  return kSuccess;
}

Result<void> PoolStorage::commit(std::span<const WriteRange> ranges) {
  for (const WriteRange& range : ranges) {  // all or nothing as far as refusals go
    const ByteRange place{.offset = range.offset, .size_bytes = range.bytes.size()};
    if (!may_change(place)) [[unlikely]]
      return refuse(place);
  }
  for (const WriteRange& range : ranges) {
    map_.mover().copy(map_.address() + range.offset, range.bytes);
    counters_.add_write(range.bytes.size());
  }
  return drain();
}

Result<void> PoolStorage::flush(ByteRange range) {
  if (!may_change(range)) [[unlikely]]
    return refuse(range);
  map_.mover().flush({map_.address() + range.offset, range.size_bytes});
  counters_.add_flush();
  return kSuccess;
}

Result<void> PoolStorage::drain() {
  if (!usable()) [[unlikely]]
    return refuse();
  map_.mover().fence();
  counters_.add_fence();
  if (is_faulted()) [[unlikely]]  // what was copied since the last fence may have gone nowhere
    return refuse();
  return kSuccess;
}

// A fence waits for what its own core has written, wherever that is.
Result<void> PoolStorage::sync(std::span<const ByteRange> ranges) {
  for (const ByteRange& range : ranges)
    if (!may_change(range)) [[unlikely]]
      return refuse(range);
  return drain();
}

Result<void> PoolStorage::grow(std::uint64_t size_bytes) {
  if (!usable()) return refuse();
  const std::lock_guard lock(growth_mutex_);
  const std::uint64_t present = size_bytes_.load(std::memory_order_relaxed);
  if (size_bytes <= present) return {};
  const std::uint64_t room = map_.reserved_bytes() - present;
  if (size_bytes - present > room || !mode_.may_grow) {
    return Unexpected(error(ErrorCode::no_space, "the store has reached its maximum size of " +
                                                     std::to_string(map_.reserved_bytes()) + " bytes"));
  }
  const std::uint64_t asked = round_up(size_bytes - present, kArenaAlignmentBytes);
  const std::uint64_t sensible =
      std::max({asked, kGrowthMinBytes, round_up(present / kGrowthDivisor, kArenaAlignmentBytes)});
  auto grown = extend_by(std::min(sensible, room));
  // On a nearly full medium what is asked may still fit.
  if (!grown && grown.error().code == ErrorCode::no_space && asked < std::min(sensible, room)) {
    grown = extend_by(asked);
  }
  if (!grown) return Unexpected(as_growth_error(std::move(grown.error())));
  return grown;
}

Result<void> PoolStorage::extend_by(std::uint64_t growth_bytes) {
  auto made = make_pools({.store = store_,
                          .set_id = pools_.front().header.set_id,
                          .first_index = static_cast<std::uint32_t>(pools_.size()),
                          .first_store_offset = map_.mapped_bytes(),
                          .size_bytes = growth_bytes});
  if (!made) return Unexpected(std::move(made.error()));
  std::vector<StorePool>& pools = made->pools();
  pools_.reserve(pools_.size() + pools.size());  // once the store has grown nothing may fail
  std::size_t mapped = 0;
  Rollback grown([&] {
    for (; mapped > 0; --mapped) map_.remove_last();
    made->take_back();
  });
  growth_step("map the new arenas");
  for (; mapped < pools.size(); ++mapped) {  // (1)
    const StorePool& pool = pools[mapped];
    if (auto done = map_.append(pool.file, pool.header, mode_.emulate); !done) return done;
  }
  if (auto published = made->publish(); !published) return published;  // (2)
  growth_step("count the new pools");
  const auto pool_count = static_cast<std::uint32_t>(pools_.size() + pools.size());
  if (auto counted = write_pool_count(pools_.front(), pool_count); !counted) return counted;  // (3)
  grown.keep();
  for (StorePool& pool : pools) pools_.push_back(std::move(pool));
  pools.clear();
  size_bytes_.store(map_.mapped_bytes(), std::memory_order_release);  // (4)
  return {};
}

Result<void> PoolStorage::punch(ByteRange range) {
  // A pool file keeps its blocks: libpmemobj has the whole file mapped, and on DAX a hole would be filled
  // inside a store instruction, where a full medium is a SIGBUS and no error.
  if (!may_change(range)) return refuse(range);
  return {};
}

Result<void> PoolStorage::reserve(ByteRange range) {
  if (!may_change(range)) return refuse(range);
  return {};
}

Result<SpaceReport> PoolStorage::space() const {
  if (closed_) return Unexpected(std::move(refuse().error()));
  struct statvfs medium {};
  if (::fstatvfs(descriptor_, &medium) != 0) {
    return Unexpected(os_error(errno, "cannot ask the file system for its free space", path_));
  }
  return SpaceReport{.size_bytes = size_bytes(),
                     .max_size_bytes = map_.reserved_bytes(),
                     .medium_free_bytes = std::uint64_t{medium.f_bavail} * medium.f_frsize};
}

void PoolStorage::advise(ByteRange range, Access access) noexcept {
  if (!is_inside(range.offset, range.size_bytes) || range.size_bytes == 0) return;
  int advice = MADV_NORMAL;
  switch (access) {
    case Access::normal:
      break;
    case Access::random:
      advice = MADV_RANDOM;
      break;
    case Access::sequential:
      advice = MADV_SEQUENTIAL;
      break;
    case Access::will_need:
    case Access::will_store:
      // Pages that are there cost a store no fault; a fault is worth several records.
      advice = writing_ ? MADV_POPULATE_WRITE : MADV_WILLNEED;
      break;
    case Access::dont_need:
      return;  // it is memory: there is no cache to give back
  }
  const std::uint64_t begin = range.offset / kHeaderPageBytes * kHeaderPageBytes;
  ::madvise(map_.address() + begin, range.offset + range.size_bytes - begin, advice);
}

Result<void> PoolStorage::close() {
  if (closed_) return refuse();
  Result<void> drained;
  if (!mode_.read_only || fork_guard_.in_child()) drained = drain();
  if (drained && is_faulted()) drained = fault_->check();
  abandon_cut_pools();
  release_pools().clear();
  return drained;
}

std::vector<StorePool> PoolStorage::release_pools() noexcept {
  closed_ = true;
  writing_ = false;
  guard_ = MapGuard();
  map_ = PmemMap();
  size_bytes_.store(0, std::memory_order_release);
  return std::move(pools_);
}

Result<void> write_pool_count(StorePool& first, std::uint32_t pool_count) {
  const std::uint64_t cell = make_count_cell(first.header.set_id, pool_count);
  auto written = first.file.write_at(count_cell_offset(first), std::as_bytes(std::span(&cell, 1)));
  return written ? first.file.sync() : written;
}

Result<std::uint32_t> read_pool_count(const StorePool& first) {
  std::uint64_t cell = 0;
  auto read = first.file.read_at(count_cell_offset(first), std::as_writable_bytes(std::span(&cell, 1)));
  if (!read) return Unexpected(std::move(read.error()));
  return read_count_cell(first.header.set_id, cell);
}

}  // namespace holdfast::pmem
