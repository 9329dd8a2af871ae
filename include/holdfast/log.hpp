#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/options.hpp>
#include <holdfast/ticket.hpp>

namespace holdfast {

/// Number of a record in its stream: 1, 2, 3, ... without gaps, restarts included. One that was acknowledged durable is
/// never given out again, also where its record is lost to damage; one whose record a power cut has taken may be.
using LogId = std::uint64_t;

/// One record as it was appended.
struct LogEntry {
  LogId id = 0;
  std::uint64_t timestamp_us = 0;  ///< When it was appended: microseconds since 1970, UTC.
  std::string payload{};
};

/// The same without a copy. Lifetime: until the visitor that gets it returns.
struct LogEntryView {
  LogId id = 0;
  std::uint64_t timestamp_us = 0;
  std::string_view payload;
};

class Log;

namespace log {
class LogStream;
[[nodiscard]] LogStream& stream_of(const Log& handle) noexcept;
}  // namespace log

/// A stream of a Store: records of 0 B to 4 GiB - 1 in the order of their ids.
///
/// A handle is cheap to copy, may outlive its Store (then every call answers `closed`), and all handles of
/// one stream are the same stream. One thread's appends get rising ids.
///
/// Consistency: an id is acknowledged, or shown to a reader, only when all lower ids of its stream are durable to
/// the same level. After a crash the stream is a prefix of what was appended, and every durable record is in it.
/// Threads: every method may be called from any number of threads.
class Log {
 public:
  /// Appends `payload`; its id.
  /// Durability: immediate: it and every lower id are on the medium when this returns. interval, buffered: may be lost
  ///             by a power cut, with all higher ids and never alone.
  /// Errors:     too_large (payload > 4 GiB - 1), no_space (nothing was appended, no id was taken), io (the store
  ///             is read-only from now on), read_only, closed, locked (forked child).
  [[nodiscard]] Result<LogId> append(std::string_view payload, WriteOptions options = {});

  /// Appends all payloads under consecutive ids, all or none after a crash, across segments too; the first id.
  /// Durability: as append. Errors: as append; invalid_argument (no payload).
  [[nodiscard]] Result<LogId> append_batch(std::span<const std::string_view> payloads, WriteOptions options = {});

  /// Queues a copy of `payload` and returns before it is durable; the ticket tells when it is. One thread's appends
  /// keep their order, synchronous ones among them. On media where every write fences for itself it is done at once;
  /// a payload that is too large for a segment is written, though not yet shown, before this returns.
  /// Durability: as append, when the ticket has its outcome.
  /// Errors: too_large, busy (Options::async_bytes_max are in flight; nothing was queued), read_only, closed, locked. All
  ///         others through the ticket.
  [[nodiscard]] Result<Ticket> append_async(std::string_view payload, WriteOptions options = {});

  /// The record `id`.
  /// Errors: not_found (below first_id(), or not shown yet), corruption (its bytes fail their checksum, or
  ///         recovery has reported it as lost: path, offset where it is known, expected and found say which;
  ///         other ids can still be read), closed.
  [[nodiscard]] Result<LogEntry> read(LogId id) const;

  /// Called with each record; returns false to stop. It may append and read, but not close the store.
  using Visitor = std::function<bool(const LogEntryView& entry)>;

  /// Visits the records from `from` on in the order of their ids, up to the last one that was shown when the call
  /// began. Blocks no writer. Returns the id to go on from: behind the last one visited.
  /// Errors: out_of_bounds (`from` is 0, below first_id() or above next_id(); expected and found say it: a gap is
  ///         never skipped silently), corruption (the first damaged or lost record from `from` on, after all before it
  ///         were visited; found names the id), closed.
  [[nodiscard]] Result<LogId> scan(LogId from, const Visitor& visitor) const;

  /// The lowest id of the stream, lost ones counted; next_id() if it is empty. Errors: closed.
  [[nodiscard]] Result<LogId> first_id() const;

  /// The id behind the last one shown. Errors: closed.
  [[nodiscard]] Result<LogId> next_id() const;

  /// The stream's name. Lifetime: as long as any handle of the stream.
  [[nodiscard]] std::string_view name() const noexcept;

 private:
  friend class Store;
  friend class Batch;
  friend class BatchCommit;
  friend log::LogStream& log::stream_of(const Log& handle) noexcept;

  Log(std::shared_ptr<log::LogStream> stream, LogOptions options) noexcept;

  std::shared_ptr<log::LogStream> stream_;
  LogOptions options_;
};

}  // namespace holdfast
