#include "file/durable_writer.hpp"

#include <array>
#include <cerrno>
#include <new>
#include <optional>

#include "common/base/mutant.hpp"
#include "file/posix_error.hpp"
#include "file/system_calls.hpp"

namespace holdfast::file {
namespace {

constexpr std::size_t kPartsMax = 1024;  // the kernel's limit for one vectored write (IOV_MAX)

/// Whether each range begins where the one before ends.
bool adjoin(std::span<const WriteRange> ranges) noexcept {
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].offset != ranges[i - 1].offset + ranges[i - 1].bytes.size()) return false;
  }
  return true;
}

/// What of some adjoining ranges is still to be written.
class Remainder {
 public:
  explicit Remainder(std::span<const WriteRange> ranges) noexcept
      : ranges_(ranges), offset_(ranges.front().offset) {
    advance(0);
  }

  [[nodiscard]] bool empty() const noexcept { return ranges_.empty(); }
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

  /// Lists as many parts as one call takes.
  [[nodiscard]] int list(std::span<iovec> parts) const noexcept {
    std::size_t count = 0;
    std::size_t skip = done_in_first_;
    for (const WriteRange& range : ranges_) {
      if (count == parts.size()) break;
      const auto rest = range.bytes.subspan(skip);
      skip = 0;
      if (!rest.empty()) parts[count++] = {const_cast<std::byte*>(rest.data()), rest.size()};
    }
    return static_cast<int>(count);
  }

  void advance(std::size_t written) noexcept {
    offset_ += written;
    done_in_first_ += written;
    while (!ranges_.empty() && done_in_first_ >= ranges_.front().bytes.size()) {
      done_in_first_ -= ranges_.front().bytes.size();
      ranges_ = ranges_.subspan(1);
    }
  }

 private:
  std::span<const WriteRange> ranges_;
  std::uint64_t offset_;
  std::size_t done_in_first_ = 0;
};

/// The whole pages of some ranges, with neighbours in the order given joined.
class PageRuns {
 public:
  explicit PageRuns(std::span<const ByteRange> ranges) noexcept : ranges_(ranges) {}

  template <class Visit>
  void for_each(Visit&& visit) const {
    ByteRange run{};
    for (const ByteRange& range : ranges_) {
      if (range.size_bytes == 0) continue;
      const std::uint64_t begin = range.offset / kPageBytes * kPageBytes;
      const std::uint64_t end = (range.offset + range.size_bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
      if (run.size_bytes != 0 && begin == run.offset + run.size_bytes) {
        run.size_bytes = end - run.offset;
        continue;
      }
      if (run.size_bytes != 0) visit(run);
      run = {begin, end - begin};
    }
    if (run.size_bytes != 0) visit(run);
  }

  [[nodiscard]] std::size_t count() const noexcept {
    std::size_t count = 0;
    for_each([&](ByteRange) { ++count; });
    return count;
  }

 private:
  static constexpr std::uint64_t kPageBytes = 4096;  // of the kernel's: the file's sizes are multiples of it

  std::span<const ByteRange> ranges_;
};

void raise(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) noexcept {
  counter.fetch_add(by, std::memory_order_relaxed);  // relaxed: a statistic, orders nothing
}

}  // namespace

// The latch must close also where there is no memory to say why.
Unexpected DurableWriter::fail(int number, const char* what, std::uint64_t offset) {
  Error error{.code = ErrorCode::io, .message = "I/O error"};
  try {
    error = medium_error(number, what, path_);
  } catch (const std::bad_alloc&) {
  }
  error.offset = offset;
  if (mutated(Mutant::forgotten_sync_error)) return Unexpected(std::move(error));
  return Unexpected(latch_.latch(std::move(error)));
}

void DurableWriter::count_write(std::uint64_t size_bytes) noexcept {
  raise(writes_);
  raise(bytes_written_, size_bytes);
}

Result<void> DurableWriter::write_all(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        system_calls().pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail(written == 0 ? EIO : errno, "cannot write", offset);
    offset += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> DurableWriter::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  count_write(bytes.size());
  if (auto ok = write_all(offset, bytes); !ok) return ok;
  // release: a drain that counts this write must sync after it.
  written_.fetch_add(1, std::memory_order_release);
  return {};
}

Result<DurableWriter::Route> DurableWriter::write_synchronously(std::span<const WriteRange> ranges) {
  std::array<iovec, kPartsMax> parts;
  const std::lock_guard lock(sync_mutex_);
  if (auto ok = latch_.check(); !ok) return Unexpected(ok.error());
  for (Remainder left(ranges); !left.empty();) {
    const int count = left.list(parts);
    const ssize_t written =
        system_calls().pwritev2(fd_, parts.data(), count, static_cast<off_t>(left.offset()), RWF_DSYNC);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && is_unsupported(errno)) return Route::not_supported;
    if (written <= 0) return fail(written == 0 ? EIO : errno, "cannot write synchronously", left.offset());
    raise(syncs_);
    left.advance(static_cast<std::size_t>(written));
  }
  return Route::done;
}

Result<void> DurableWriter::commit(std::span<const WriteRange> ranges) {
  if (ranges.empty()) return {};
  for (const WriteRange& range : ranges) count_write(range.bytes.size());
  if (has_synchronous_write_.load(std::memory_order_relaxed) && adjoin(ranges)) {
    const Result<Route> route = write_synchronously(ranges);
    if (!route) return Unexpected(route.error());
    if (*route == Route::done) return {};
    has_synchronous_write_.store(false, std::memory_order_relaxed);  // relaxed: at worst tried once more
  }
  for (const WriteRange& range : ranges) {
    if (auto ok = write_all(range.offset, range.bytes); !ok) return ok;
  }
  written_.fetch_add(1, std::memory_order_release);
  return drain();
}

Result<void> DurableWriter::start_writeback(ByteRange range) {
  raise(flushes_);
  written_.fetch_add(1, std::memory_order_release);
  const int result = system_calls().sync_file_range(
      fd_, static_cast<off_t>(range.offset), static_cast<off_t>(range.size_bytes), SYNC_FILE_RANGE_WRITE);
  // Only a hint: what it could not start, the drain does. EIO is the medium speaking.
  if (result != 0 && errno == EIO) return fail(EIO, "cannot start writeback", range.offset);
  return {};
}

Result<void> DurableWriter::sync_file(const std::function<int(int)>& call, const char* what) {
  const std::uint64_t covered = written_.load(std::memory_order_acquire);
  raise(syncs_);
  // No retry, not even after EINTR: the interrupted call may have taken a failure report with it.
  if (call(fd_) != 0) return fail(errno, what);
  synced_.store(covered, std::memory_order_release);
  return {};
}

Result<void> DurableWriter::drain() {
  const std::uint64_t needed = written_.load(std::memory_order_acquire);
  if (synced_.load(std::memory_order_acquire) >= needed) return latch_.check();
  const std::lock_guard lock(sync_mutex_);
  if (auto ok = latch_.check(); !ok) return ok;
  if (synced_.load(std::memory_order_relaxed) >= needed) return {};
  return sync_file(system_calls().fdatasync, "cannot sync");
}

// Of several runs all are on their way before the first is waited for.
Result<void> DurableWriter::sync(std::span<const ByteRange> ranges, std::byte* map) {
  const std::lock_guard lock(sync_mutex_);
  if (auto ok = latch_.check(); !ok) return ok;
  if (const PageRuns runs(ranges); runs.count() > 1)
    runs.for_each([&](ByteRange pages) {  // a hint
      static_cast<void>(system_calls().sync_file_range(fd_, static_cast<off_t>(pages.offset),
                                                       static_cast<off_t>(pages.size_bytes), SYNC_FILE_RANGE_WRITE));
    });
  Result<void> synced;
  std::optional<ByteRange> last;  // the one whose sync covers those that were waited for
  PageRuns(ranges).for_each([&](ByteRange pages) {
    if (synced && last) {
      const auto waited = syncs_together_ ? wait_for_writeback(*last) : false;
      if (!waited) {
        synced = Unexpected(waited.error());
      } else if (!*waited) {
        synced = sync_pages(*last, map);
      }
    }
    last = pages;
  });
  return synced && last ? sync_pages(*last, map) : synced;
}

/// False where the kernel cannot wait for it: then it is synced instead.
Result<bool> DurableWriter::wait_for_writeback(ByteRange pages) {
  constexpr unsigned kWritten = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  const int result = system_calls().sync_file_range(fd_, static_cast<off_t>(pages.offset),
                                                    static_cast<off_t>(pages.size_bytes), kWritten);
  if (result == 0) return true;
  if (is_unsupported(errno)) return false;
  return fail(errno, "cannot write back", pages.offset);
}

Result<void> DurableWriter::sync_pages(ByteRange pages, std::byte* map) {
  raise(syncs_);
  // No retry, as above.
  if (system_calls().msync(map + pages.offset, pages.size_bytes, MS_SYNC) != 0)
    return fail(errno, "cannot sync pages", pages.offset);
  return {};
}

Result<void> DurableWriter::sync_with_metadata() {
  const std::lock_guard lock(sync_mutex_);
  if (auto ok = latch_.check(); !ok) return ok;
  return sync_file(system_calls().fsync, "cannot sync the file's size");
}

StorageCounters DurableWriter::counters() const noexcept {
  return {.writes = writes_.load(std::memory_order_relaxed),
          .bytes_written = bytes_written_.load(std::memory_order_relaxed),
          .flushes = flushes_.load(std::memory_order_relaxed),
          .fences = 0,
          .syncs = syncs_.load(std::memory_order_relaxed)};
}

}  // namespace holdfast::file
