#include "file/file_medium.hpp"

#include <linux/magic.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <cerrno>

#include "common/base/fork_guard.hpp"
#include "common/base/out_of_memory.hpp"
#include "file/allocation.hpp"
#include "file/file_lock.hpp"
#include "file/posix_error.hpp"
#include "file/system_calls.hpp"

namespace holdfast::file {
namespace {

/// False for file systems that keep everything in memory, and where the kernel will not say.
bool survives_power_cut(int fd) noexcept {
  struct statfs status {};
  if (system_calls().fstatfs(fd, &status) != 0) return false;
  return status.f_type != TMPFS_MAGIC && status.f_type != RAMFS_MAGIC && status.f_type != HUGETLBFS_MAGIC;
}

/// Whether a sync of any page makes durable also what the file system has noted of pages whose writeback had ended
/// before, so that a few pages can be waited for each and synced together. ext4 and XFS note the use of an allocated
/// block before its writeback ends, and a sync of any page commits all such notes of the file (fs/ext4/fsync.c,
/// fs/xfs/xfs_file.c); of others nothing is assumed.
bool orders_metadata_behind_data(int fd) noexcept {
  struct statfs status {};
  if (system_calls().fstatfs(fd, &status) != 0) return false;
  return status.f_type == EXT4_SUPER_MAGIC || status.f_type == XFS_SUPER_MAGIC || status.f_type == TMPFS_MAGIC;
}

/// Where a block that is allocated may be shared with a copy of the file, a store to it needs another one, and a full
/// disk is a SIGBUS.
bool keeps_blocks_in_place(int fd) noexcept {
  struct statfs status {};
  if (system_calls().fstatfs(fd, &status) != 0) return false;
  return status.f_type == EXT4_SUPER_MAGIC || status.f_type == TMPFS_MAGIC;
}

std::uint64_t free_bytes(const struct statfs& status) noexcept {
  if (status.f_blocks != 0) return status.f_bavail * static_cast<std::uint64_t>(status.f_frsize);
  struct sysinfo memory {};  // a file system without a limit of its own: what memory could give
  return ::sysinfo(&memory) == 0 ? std::uint64_t{memory.freeram} * memory.mem_unit : 0;
}

}  // namespace

FileMedium::FileMedium(Setup setup)
    : fd_(std::move(setup.fd)),
      path_(std::move(setup.path)),
      read_only_(setup.read_only),
      capabilities_{.granularity = Granularity::page,
                    .durable = setup.has_path && survives_power_cut(fd_.get()),
                    .shares_syncs = true,
                    .drain_can_fail = true,
                    .has_path = setup.has_path,
                    .stores_need_no_room = keeps_blocks_in_place(fd_.get())},
      writer_(fd_.get(), path_, orders_metadata_behind_data(fd_.get())),
      max_size_bytes_(setup.max_size_bytes / kStepBytes * kStepBytes) {
  if (setup.sigbus_guard) fault_ = std::make_shared<MapFault>(path_);
}

Result<std::unique_ptr<FileMedium>> FileMedium::adopt(Setup setup) {
  std::unique_ptr<FileMedium> medium(new FileMedium(std::move(setup)));
  if (auto ok = medium->map_whole_file(); !ok) return Unexpected(ok.error());
  return medium;
}

Result<void> FileMedium::map_whole_file() {
  struct stat status {};
  if (system_calls().fstat(fd_.get(), &status) != 0) {
    return Unexpected(medium_error(errno, "cannot read the file's size", path_));
  }
  file_size_bytes_ = static_cast<std::uint64_t>(status.st_size);
  const std::uint64_t size = file_size_bytes_ / kStepBytes * kStepBytes;
  max_size_bytes_ = std::max(max_size_bytes_, size);
  auto reserved = AddressRange::reserve(max_size_bytes_, path_);
  if (!reserved) return Unexpected(reserved.error());
  map_ = std::move(*reserved);
  if (auto ok = map_.map(fd_.get(), {0, size}, path_); !ok) return ok;
  size_bytes_.store(size, std::memory_order_release);
  return guard_map();
}

// All addresses that the file may ever have: growth maps within them.
Result<void> FileMedium::guard_map() {
  if (fault_ == nullptr) return {};
  auto guard = MapGuard::over({map_.begin(), max_size_bytes_}, fault_);
  if (!guard) return Unexpected(guard.error());
  guard_ = std::move(*guard);
  return {};
}

FileMedium::~FileMedium() { release(); }

void FileMedium::release() noexcept {
  guard_ = MapGuard();
  map_.release();
  // A forked child shares the lock with its parent, who keeps it.
  if (fd_.is_open() && capabilities_.has_path && !fork_guard_.in_child()) unlock(fd_.get());
  fd_.reset();
}

Result<void> FileMedium::close() {
  if (!fd_.is_open()) return Unexpected(error(ErrorCode::closed, "the storage is closed"));
  Result<void> result;
  if (fork_guard_.in_child() || !read_only_) result = drain();
  result = unless_faulted(std::move(result));
  release();
  size_bytes_.store(0, std::memory_order_release);
  return result;
}

std::string_view FileMedium::path() const noexcept {
  return capabilities_.has_path ? std::string_view(path_) : std::string_view();
}

std::uint64_t FileMedium::size_bytes() const noexcept { return size_bytes_.load(std::memory_order_acquire); }

const std::byte* FileMedium::at(std::uint64_t offset) const noexcept { return map_.begin() + offset; }

Error FileMedium::error(ErrorCode code, std::string message) const {
  return Error{.code = code, .message = std::move(message), .path = path_};
}

Result<void> FileMedium::may_change() const {
  if (!fd_.is_open()) [[unlikely]] {
    return Unexpected(error(ErrorCode::closed, "the storage is closed"));
  }
  if (fork_guard_.in_child()) [[unlikely]] {
    return Unexpected(
        error(ErrorCode::locked, "opened by the parent process: a forked child cannot change it"));
  }
  if (read_only_) [[unlikely]] {
    return Unexpected(error(ErrorCode::read_only, "opened read-only"));
  }
  return unless_faulted(writer_.check());
}

// Nothing that is done behind a fault counts: what it was built on may have been zeros.
Result<void> FileMedium::unless_faulted(Result<void> done) const {
  if (done && fault_ != nullptr && fault_->is_set()) [[unlikely]]
    return fault_->check();
  return done;
}

Result<void> FileMedium::lies_inside(ByteRange range) const {
  const std::uint64_t size = size_bytes();
  if (range.offset <= size && range.size_bytes <= size - range.offset) [[likely]]
    return {};
  Error outside = error(ErrorCode::out_of_bounds, "the range does not lie inside the storage");
  outside.offset = range.offset;
  outside.expected = "end at or before " + std::to_string(size);
  outside.found = std::to_string(range.size_bytes) + " bytes";
  return Unexpected(std::move(outside));
}

Result<void> FileMedium::may_change(ByteRange range) const {
  if (auto ok = may_change(); !ok) [[unlikely]]
    return ok;
  return lies_inside(range);
}

Result<std::byte*> FileMedium::writable(ByteRange range) {
  if (auto ok = may_change(range); !ok) return Unexpected(ok.error());
  if (auto ok = map_.make_writable(range, path_); !ok) return Unexpected(ok.error());
  return map_.begin() + range.offset;
}

void FileMedium::protect(ByteRange range) noexcept {
  if (fd_.is_open() && lies_inside(range)) map_.protect(range);
}

Result<void> FileMedium::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  if (auto ok = may_change({offset, bytes.size()}); !ok) return ok;
  return unless_faulted(writer_.write(offset, bytes));
}

Result<void> FileMedium::commit(std::span<const WriteRange> ranges) {
  if (auto ok = may_change(); !ok) return ok;
  for (const WriteRange& range : ranges) {
    if (auto ok = lies_inside({range.offset, range.bytes.size()}); !ok) return ok;
  }
  return unless_faulted(writer_.commit(ranges));
}

Result<void> FileMedium::flush(ByteRange range) {
  if (auto ok = may_change(range); !ok) return ok;
  return writer_.start_writeback(range);
}

Result<void> FileMedium::drain() {
  if (auto ok = may_change(); !ok) return ok;
  return unless_faulted(writer_.drain());
}

Result<void> FileMedium::sync(std::span<const ByteRange> ranges) {
  if (auto ok = may_change(); !ok) return ok;
  for (const ByteRange& range : ranges) {
    if (auto ok = lies_inside(range); !ok) return ok;
  }
  return unless_faulted(writer_.sync(ranges, map_.begin()));
}

Result<void> FileMedium::grow(std::uint64_t size_bytes) {
  if (auto ok = may_change(); !ok) return ok;
  const std::lock_guard lock(growth_mutex_);
  if (size_bytes <= size_bytes_.load(std::memory_order_relaxed)) return {};
  if (size_bytes > max_size_bytes_) {
    Error full = error(ErrorCode::no_space, "cannot grow beyond the maximum size");
    full.expected = "at most " + std::to_string(max_size_bytes_) + " bytes";
    full.found = std::to_string(size_bytes) + " bytes";
    return Unexpected(std::move(full));
  }
  const std::uint64_t wanted = (size_bytes + kStepBytes - 1) / kStepBytes * kStepBytes;
  if (auto ok = without_bad_alloc([&] { return extend(wanted); }); !ok) {
    // Back to the old size. Where even that fails the file stays longer: the next growth uses the
    // blocks, and an open takes them as part of the store.
    system_calls().ftruncate(fd_.get(), static_cast<off_t>(file_size_bytes_));
    return ok;
  }
  file_size_bytes_ = wanted;
  size_bytes_.store(wanted, std::memory_order_release);  // (4)
  return {};
}

/// Crash order, as in docs/durability.md "growth, file": (1) the blocks are there; (2) they and the new length
/// are durable; (3) they have addresses; (4) the caller shows the new size. Nobody may write to bytes that a
/// power cut could take away.
Result<void> FileMedium::extend(std::uint64_t size_bytes) {
  const std::uint64_t old = size_bytes_.load(std::memory_order_relaxed);
  const ByteRange added{old, size_bytes - old};
  if (auto ok = allocate(fd_.get(), added, path_); !ok) return ok;  // (1)
  if (auto ok = writer_.sync_with_metadata(); !ok) return ok;       // (2)
  return map_.map(fd_.get(), added, path_);                         // (3)
}

Result<void> FileMedium::punch(ByteRange range) {
  if (auto ok = may_change(range); !ok) return ok;
  return deallocate(fd_.get(), range, path_);
}

Result<void> FileMedium::reserve(ByteRange range) {
  if (auto ok = may_change(range); !ok) return ok;
  return allocate(fd_.get(), range, path_);
}

Result<SpaceReport> FileMedium::space() const {
  if (!fd_.is_open()) return Unexpected(error(ErrorCode::closed, "the storage is closed"));
  struct statfs status {};
  if (system_calls().fstatfs(fd_.get(), &status) != 0) {
    return Unexpected(medium_error(errno, "cannot read the free space", path_));
  }
  return SpaceReport{
      .size_bytes = size_bytes(), .max_size_bytes = max_size_bytes_, .medium_free_bytes = free_bytes(status)};
}

void FileMedium::advise(ByteRange range, Access access) noexcept {
  if (fd_.is_open() && lies_inside(range)) map_.advise(range, access);
}

}  // namespace holdfast::file
