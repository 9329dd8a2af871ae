#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/options.hpp>
#include <holdfast/ticket.hpp>

namespace holdfast {

/// Number of a record in its stream: 1, 2, 3, ... without gaps, restarts included, but for those that Log::truncate_from()
/// leaves. One that was acknowledged durable is never given out again, also where its record is lost to damage or was
/// compacted away; one whose record a power cut has taken may be.
using LogId = std::uint64_t;

/// One record as it was appended.
struct LogEntry {
  LogId id = 0;
  std::uint64_t timestamp_us = 0;  ///< Microseconds since 1970, UTC: as given, or when it was appended.
  std::string payload{};
  std::optional<std::string> key{};
  bool erases_key = false;  ///< Of Log::erase_key(): it has no payload.
};

/// The same without a copy. Lifetime: until the visitor that gets it returns, or its LogReader moves.
struct LogEntryView {
  LogId id = 0;
  std::uint64_t timestamp_us = 0;
  std::string_view payload;
  std::optional<std::string_view> key{};
  bool erases_key = false;
};

/// One record of a batch. Lifetime: what it refers to, the call.
struct LogDraft {
  std::string_view payload{};
  std::optional<std::string_view> key{};
  std::optional<std::uint64_t> timestamp_us{};
};

/// What was taken away from a stream's begin.
struct LogTruncation {
  LogId first_id = 0;          ///< Of the stream now.
  std::uint64_t segments = 0;  ///< That went whole.
  std::uint64_t bytes = 0;     ///< Of them.
};

/// What was taken away from a stream's end.
struct LogCut {
  LogId from = 0;              ///< The first id that is gone; next_id, if none is.
  LogId next_id = 0;           ///< Of the stream, as before.
  std::uint64_t records = 0;   ///< That went; lost ones were gone already.
  std::uint64_t segments = 0;  ///< That went whole.
  std::uint64_t bytes = 0;     ///< Of them.
};

/// What a compaction has done.
struct LogCompaction {
  std::uint64_t segments_before = 0;  ///< Of the stream.
  std::uint64_t segments_after = 0;
  std::uint64_t records_removed = 0;
  std::uint64_t bytes_freed = 0;      ///< Of segments, without those that were made.
};

/// Bound of a cursor's name.
inline constexpr std::size_t kLogCursorNameSizeBytesMax = 255;

/// Options of one commit of a cursor.
struct CursorOptions {
  std::optional<Durability> durability{};  ///< Overrides the stream's default.
  bool protects = true;  ///< What it has not passed is not taken away, by retention or by call.
};

/// A named place in a stream that outlives its reader.
struct LogCursor {
  std::string name;
  LogId next = 0;                  ///< To be read next.
  std::uint64_t lag = 0;           ///< Ids from there on that have been shown, and lie in no gap.
  std::uint64_t committed_us = 0;  ///< When it was committed last: microseconds since 1970, UTC.
  bool protects = true;
};

/// What a stream holds. Counters count from the open of the store on.
struct LogStatistics {
  LogId first_id = 0;
  LogId next_id = 0;
  std::uint64_t segments = 0;
  std::uint64_t segment_bytes = 0;           ///< Room they take, without payloads in extents of their own.
  std::uint64_t oldest_timestamp_us = 0;     ///< Lowest of the oldest segment; 0: the stream is empty.
  std::uint64_t newest_timestamp_us = 0;     ///< Highest of all.
  std::uint64_t index_bytes = 0;             ///< Memory of the index.
  std::uint64_t appended_records = 0;
  std::uint64_t appended_bytes = 0;          ///< Of keys and payloads, as they are stored.
  std::uint64_t plain_bytes = 0;             ///< Of payloads that were compressed: what they were, ...
  std::uint64_t packed_bytes = 0;            ///< ... and what they became.
  std::uint64_t truncated_segments = 0;      ///< By truncation and retention.
  std::uint64_t cut_records = 0;             ///< Taken off the end.
  std::uint64_t compacted_segments = 0;      ///< That compaction has rewritten, ...
  std::uint64_t compacted_records = 0;       ///< ... records that it has left out, ...
  std::uint64_t compaction_bytes = 0;        ///< ... and bytes of records that it has copied.
};

class Log;
class LogReader;
class LogView;

namespace log {
class LogStream;
[[nodiscard]] LogStream& stream_of(const Log& handle) noexcept;
[[nodiscard]] Log handle_of(std::shared_ptr<LogStream> stream, const LogOptions& options) noexcept;
}  // namespace log

/// A stream of a Store: records of 0 B to 4 GiB - 1 in the order of their ids.
///
/// A handle is cheap to copy, may outlive its Store (then every call answers `closed`), and all handles of
/// one stream are the same stream. One thread's appends get rising ids. When the stream is dropped every call answers
/// `not_found`.
///
/// Consistency: an id is acknowledged, or shown to a reader, only when all lower ids of its stream are durable to
/// the same level. After a crash the stream is a prefix of what was appended, and every durable record is in it.
/// Threads: every method may be called from any number of threads.
class Log {
 public:
  /// Appends `payload`; its id.
  /// Durability: immediate: it and every lower id are on the medium when this returns. interval, buffered: may be lost
  ///             by a power cut, with all higher ids and never alone.
  /// Errors:     too_large (payload > 4 GiB - 1, key > kLogKeySizeBytesMax), invalid_argument (timestamp), no_space
  ///             (nothing was appended, no id was taken; retention was tried), io (the store is read-only from now on),
  ///             read_only, closed, not_found, locked (forked child).
  [[nodiscard]] Result<LogId> append(std::string_view payload, const AppendOptions& options = {});

  /// Appends a record with that key and no payload, which says that the key is gone. Durability, Errors: as append.
  [[nodiscard]] Result<LogId> erase_key(std::string_view key, const AppendOptions& options = {});

  /// Appends all payloads under consecutive ids, all or none after a crash, across segments too; the first id.
  /// `options` are of each; a batch has one key or none. Durability: as append. Errors: as append; invalid_argument (no
  /// payload).
  [[nodiscard]] Result<LogId> append_batch(std::span<const std::string_view> payloads,
                                           const AppendOptions& options = {});

  /// The same of records with keys and timestamps of their own.
  [[nodiscard]] Result<LogId> append_records(std::span<const LogDraft> records, WriteOptions options = {});

  /// Queues a copy of `payload` and returns before it is durable; the ticket tells when it is. One thread's appends
  /// keep their order, synchronous ones among them. On media where every write fences for itself it is done at once;
  /// a payload that is too large for a segment is written, though not yet shown, before this returns.
  /// Durability: as append, when the ticket has its outcome.
  /// Errors: too_large, invalid_argument, busy (Options::async_bytes_max are in flight, and stayed so for
  ///         Options::async_wait_ms; nothing was queued), read_only, closed, not_found, locked. All others through the ticket.
  [[nodiscard]] Result<Ticket> append_async(std::string_view payload, const AppendOptions& options = {});

  /// The record `id`.
  /// Errors: not_found (below first_id(), cut off, compacted away, or not shown yet), corruption (its bytes fail their checksum, or
  ///         recovery has reported it as lost: path, offset where it is known, expected and found say which;
  ///         other ids can still be read), closed.
  [[nodiscard]] Result<LogEntry> read(LogId id) const;

  /// The record `id` where it lies, kept there as long as the view lives. Errors: as read().
  [[nodiscard]] Result<LogView> view(LogId id) const;

  /// Called with each record; returns false to stop. It may append and read, but not close the store.
  using Visitor = std::function<bool(const LogEntryView& entry)>;

  /// Visits the records from `from` on in the order of their ids, up to the last one that was shown when the call
  /// began. Blocks no writer, and holds back what retention would take away before it has been visited. Returns the id to
  /// go on from: behind the last one visited. Ids that were compacted away are passed over.
  /// Errors: out_of_bounds (`from` is 0, below first_id() or above next_id(); expected and found say it: a gap is
  ///         never skipped silently), corruption (OnDamage::fail: the first damaged or lost record from `from` on, after
  ///         all before it were visited; found names the id), closed.
  [[nodiscard]] Result<LogId> scan(LogId from, const Visitor& visitor) const;

  /// Visits the records from `from` down to the first one; the id to go on from: below the last one visited, 0 at the
  /// end. `from` may be next_id(), where no record is yet. Errors: as scan.
  [[nodiscard]] Result<LogId> scan_back(LogId from, const Visitor& visitor) const;

  /// A reader that stands before `from`. Errors: as scan.
  [[nodiscard]] Result<LogReader> reader(LogId from) const;

  /// The lowest id whose timestamp is not lower; next_id() if there is none. Timestamps that were given need not rise.
  /// Cost: a look at each segment, and reading one. Errors: corruption, closed.
  [[nodiscard]] Result<LogId> find_time(std::uint64_t timestamp_us) const;

  /// The lowest id of the stream, lost ones and such that were compacted away counted, those in a gap not; next_id() if it is
  /// empty. Errors: closed.
  [[nodiscard]] Result<LogId> first_id() const;

  /// The id behind the last one shown. Errors: closed.
  [[nodiscard]] Result<LogId> next_id() const;

  /// Waits until next_id() is above `id`, or the time is up; next_id(). Sleeps meanwhile. Errors: closed, not_found.
  [[nodiscard]] Result<LogId> wait(LogId id, std::chrono::milliseconds timeout) const;

  /// Takes the records below `id` away. Segments that hold nothing else go as a whole, and their room is given back when
  /// nobody reads there; not the one that is written to. Ids are not given out again.
  /// Durability: on return.
  /// Errors: out_of_bounds (above next_id()), busy (a LogReader, or a cursor that protects, stands below `id`; found says
  ///         which, and where), no_space, io,
  ///         read_only, closed, not_found, locked; nothing changed. Below first_id() there is nothing to do.
  [[nodiscard]] Result<LogTruncation> truncate_before(LogId id);

  /// Takes the records from `id` on away; of a batch also some. What is appended meanwhile comes before, and goes, or behind. Ids
  /// are not given out again: those that are gone stay a gap, in which read() answers not_found, and which scans and
  /// readers pass over without counting it as lost. So nobody is in the way: a reader, or a cursor, that stands in the gap
  /// goes on behind it, and one that has read a record may have read one that is gone.
  /// Room: as truncate_before; large payloads go as well.
  /// Durability: on return; what stays is durable too.
  /// Errors: out_of_bounds (above next_id()), no_space, io, read_only, closed, not_found, locked; nothing changed. Below
  /// first_id() everything goes.
  [[nodiscard]] Result<LogCut> truncate_from(LogId id);

  /// Takes away now what LogSettings let go, as happens in the background behind each new segment and when an append finds
  /// no room; never what a LogReader, or a cursor that protects, stands before. Durability: on return. Errors: no_space, io, read_only, closed,
  /// not_found, locked.
  [[nodiscard]] Result<LogTruncation> retain();

  /// Called behind each step with bytes of segments that are rewritten, and all there are to be; returns false to stop. It may
  /// read and append, but not compact.
  using CompactProgress = std::function<bool(std::uint64_t done_bytes, std::uint64_t total_bytes)>;

  /// Leaves out, in the caller's thread and beside readers and writers, what later records of the same keys have replaced:
  /// what stays keeps its id, timestamp, key and payload, records without a key all stay, and of each key the latest record
  /// does. One that erases its key (erase_key) goes when it is older than LogSettings::tombstone_ms and no older one of the
  /// key is left. Segments are rewritten as LogSettings::compact_garbage_percent_min and compact_age_ms_min say; the last one
  /// never. Nothing goes that a LogReader, or a cursor that protects, has not passed. It happens by itself as well, in the
  /// background and when an append finds no room.
  /// Memory: some 30 bytes for each key, 100 MiB at most (of more keys the stream is read more than once), and a bit for each id
  /// that goes.
  /// Durability: on return; each step takes place as a whole or, behind a crash, not at all. Buffered writes become durable.
  /// Errors: invalid_argument (the stream does not compact: LogSettings::compact_by_key), busy (it is a shard of a log that is
  ///         being resharded), no_space (too little room for copies; what was done by then stays), io, read_only, closed,
  ///         not_found, locked.
  [[nodiscard]] Result<LogCompaction> compact(const CompactProgress& progress = {});

  /// Keeps `next` as the place of the cursor of that name, which is made if it is not there: who has done with all records
  /// below says so, and goes on there after a restart. It may go back. So each record is handled once or more often: again,
  /// where the commit was lost, or the records were, and their ids given out anew.
  /// Durability: as append; where records that it had passed were lost, it stands before the ids that come again.
  /// Errors: out_of_bounds (below first_id() or above next_id()), invalid_argument (the name is empty or longer than
  ///         kLogCursorNameSizeBytesMax), no_space, io, read_only, closed, not_found (the stream was dropped), locked.
  [[nodiscard]] Result<void> commit_cursor(std::string_view name, LogId next, CursorOptions options = {});

  /// The cursor of that name; nothing if there is none. Errors: invalid_argument, closed, not_found.
  [[nodiscard]] Result<std::optional<LogCursor>> cursor(std::string_view name) const;

  /// All cursors, by name. Errors: closed, not_found.
  [[nodiscard]] Result<std::vector<LogCursor>> cursors() const;

  /// Forgets a cursor, and what it protects; whether there was one. Durability: on return.
  /// Errors: as commit_cursor.
  [[nodiscard]] Result<bool> drop_cursor(std::string_view name);

  /// What the stream keeps. Errors: closed, not_found, corruption or version_mismatch (as they lie in the catalog).
  [[nodiscard]] Result<LogSettings> settings() const;

  /// Keeps others; they are of the records to come, retention of all. Durability: on return.
  /// Errors: invalid_argument, no_space, io, read_only, closed, not_found, locked.
  [[nodiscard]] Result<void> set_settings(const LogSettings& settings);

  /// Errors: closed, not_found.
  [[nodiscard]] Result<LogStatistics> statistics() const;

  /// The stream's name. Lifetime: as long as any handle of the stream.
  [[nodiscard]] std::string_view name() const noexcept;

 private:
  friend class Store;
  friend class Batch;
  friend class BatchCommit;
  friend log::LogStream& log::stream_of(const Log& handle) noexcept;
  friend Log log::handle_of(std::shared_ptr<log::LogStream> stream, const LogOptions& options) noexcept;

  Log(std::shared_ptr<log::LogStream> stream, LogOptions options) noexcept;

  std::shared_ptr<log::LogStream> stream_;
  LogOptions options_;
};

}  // namespace holdfast
