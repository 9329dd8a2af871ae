#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>

#include <holdfast/storage.hpp>

#include "common/base/error_latch.hpp"

namespace holdfast::file {

/// The routes by which bytes reach a file and become durable, and what happens when one fails.
///
/// The kernel reports a failed writeback to each file description once, by the first sync that looks;
/// a second sync then succeeds although the bytes are lost. So:
///  1. one sync at a time: every call that could be told of a failure holds sync_mutex_;
///  2. the first failure is latched before the mutex is given back;
///  3. whoever waited for the mutex asks the latch before it trusts a sync of its own.
///
/// Whether a sync is needed is told by two numbers: written_ counts writes that have returned,
/// synced_ is the value of written_ that a successful sync began with. A drain that finds its writes
/// covered, by its own earlier sync or by another thread's, makes no system call.
///
/// Threads: any. Offsets and sizes have been checked by the caller.
class DurableWriter {
 public:
  /// `fd` and `path` must outlive the writer. `syncs_together`: a sync of one page also makes durable pages whose
  /// writeback had been waited for.
  DurableWriter(int fd, const std::string& path, bool syncs_together) noexcept
      : fd_(fd), path_(path), syncs_together_(syncs_together) {}

  /// Success, or the error that the storage is latched with.
  [[nodiscard]] Result<void> check() const { return latch_.check(); }

  /// Durability: none until drain(). Errors: io (latched).
  [[nodiscard]] Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes);

  /// Ranges that touch, in the order given, go by one synchronous write, whose cost does not depend on
  /// what else is dirty; others by a write each and one sync. Durability: on return. Errors: io (latched).
  [[nodiscard]] Result<void> commit(std::span<const WriteRange> ranges);

  /// Starts I/O for stores made in place. Durability: none until drain(). Errors: io (latched).
  [[nodiscard]] Result<void> start_writeback(ByteRange range);

  /// Durability: all writes that had returned before the call. Errors: io (latched).
  [[nodiscard]] Result<void> drain();

  /// The same for the pages of `ranges` alone, which msync() picks by their addresses in the shared map of the file
  /// at `map`: it never writes out what else is dirty. Errors: io (latched).
  [[nodiscard]] Result<void> sync(std::span<const ByteRange> ranges, std::byte* map);

  /// The same as drain(), whether or not anything was written, with all metadata of the file. Errors: io (latched).
  [[nodiscard]] Result<void> sync_with_metadata();

  [[nodiscard]] StorageCounters counters() const noexcept;

 private:
  enum class Route : std::uint8_t { done, not_supported };

  [[nodiscard]] Result<void> write_all(std::uint64_t offset, std::span<const std::byte> bytes);
  [[nodiscard]] Result<Route> write_synchronously(std::span<const WriteRange> ranges);
  [[nodiscard]] Result<void> sync_file(const std::function<int(int)>& call, const char* what);
  [[nodiscard]] Result<void> sync_pages(ByteRange pages, std::byte* map);
  [[nodiscard]] Result<bool> wait_for_writeback(ByteRange pages);
  [[nodiscard]] Unexpected fail(int number, const char* what, std::uint64_t offset = 0);
  void count_write(std::uint64_t size_bytes) noexcept;

  const int fd_;
  const std::string& path_;
  const bool syncs_together_;
  ErrorLatch latch_;
  std::mutex sync_mutex_;
  // Starts ahead of synced_: a process that was killed may have left written, unsynced bytes, which
  // this one has read as if they were there. The first drain makes them so.
  std::atomic<std::uint64_t> written_{1};
  std::atomic<std::uint64_t> synced_{0};  // changed under sync_mutex_
  std::atomic<bool> has_synchronous_write_{true};

  std::atomic<std::uint64_t> writes_{0};
  std::atomic<std::uint64_t> bytes_written_{0};
  std::atomic<std::uint64_t> flushes_{0};
  std::atomic<std::uint64_t> syncs_{0};
};

}  // namespace holdfast::file
