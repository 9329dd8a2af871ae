#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <holdfast/error.hpp>

namespace holdfast {

class MapFault;

/// The smallest unit the medium keeps whole when power fails (the term is libpmem2's).
enum class Granularity : std::uint8_t {
  byte,        ///< CPU caches are inside the persistence domain: stores need a fence only.
  cache_line,  ///< 64-byte lines must be flushed, then fenced.
  page,        ///< The kernel writes pages; a sync makes them durable.
};

/// What the layers above may ask about a medium instead of asking which medium it is.
struct StorageCapabilities {
  Granularity granularity = Granularity::page;
  bool durable = false;         ///< False on tmpfs, memory and emulated pools: a power cut loses all.
  bool shares_syncs = false;    ///< One sync covers what every thread has written: commit in groups.
  bool drain_can_fail = false;  ///< drain() and commit() report errors of the medium.
  bool has_path = false;        ///< There is a file behind it that a second process could open.
  bool stores_need_no_room = false;  ///< A store in place never fails: its block is there, and stays where it is.
};

/// A run of bytes in the store's address space.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;
};

/// Bytes and the place they go to. Lifetime: `bytes` must live until the call returns.
struct WriteRange {
  std::uint64_t offset = 0;
  std::span<const std::byte> bytes;
};

/// Room on the medium.
struct SpaceReport {
  std::uint64_t size_bytes = 0;      ///< The store's present size.
  std::uint64_t max_size_bytes = 0;  ///< The size it may grow to (an option, fixed at open).
  std::uint64_t medium_free_bytes = 0;  ///< What the file system below could still give.
};

/// Work done since open. Tests assert on these; timings never decide a test.
struct StorageCounters {
  std::uint64_t writes = 0;         ///< write() calls and ranges given to commit().
  std::uint64_t bytes_written = 0;  ///< Bytes in them.
  std::uint64_t flushes = 0;        ///< flush() calls.
  std::uint64_t fences = 0;         ///< Store fences executed by drain() and commit() (0 on page media).
  std::uint64_t syncs = 0;          ///< Sync system calls, one per RWF_DSYNC write or fdatasync.
};

/// How a range will be read; a hint that never fails.
enum class Access : std::uint8_t {
  normal,
  random,
  sequential,
  will_need,
  dont_need,
  will_store,  ///< Stores in place are about to begin there, where writable() has allowed them: no fault for each page.
};

/// The seam between the engine and a medium: bytes and their ordering, nothing else.
///
/// A store is one linear address space of `size_bytes()` bytes that starts at offset 0. Extents,
/// records and checksums live above; files, pools and flush instructions live below.
///
/// The duties, each held by a test in tests/contract/:
///  - addresses never move while the storage is open, growth included;
///  - bytes written and then drained (or synced, or committed) survive a power cut where `durable` is true;
///  - bytes written but not drained may be old, new or a mixture at the medium's granularity;
///  - the first failed sync latches the storage: every later call that would change the medium
///    returns that same first error; reading goes on;
///  - no_space latches nothing and changes nothing;
///  - a second open of the same path, from this or another process, is refused with `locked`;
///  - a forked child that calls a changing method gets `locked`;
///  - a process killed inside any call leaves a medium that opens.
///
/// Where there is no memory for the text of an error, a method may throw std::bad_alloc in its place, latched all the
/// same; write(), commit(), sync() and drain() may not throw for any other reason.
///
/// Threads: all methods may be called from any number of threads, except close() and destruction.
/// Writes to overlapping ranges at the same time are the caller's mistake.
class Storage {
 public:
  Storage() = default;
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  /// Releases everything without syncing, like a process that is killed. Call close() first.
  virtual ~Storage() = default;

  /// Constant while open.
  [[nodiscard]] virtual const StorageCapabilities& capabilities() const noexcept = 0;

  /// The path given at open; empty where `has_path` is false.
  [[nodiscard]] virtual std::string_view path() const noexcept = 0;

  /// Bytes that may be addressed now. Only grow() changes it.
  [[nodiscard]] virtual std::uint64_t size_bytes() const noexcept = 0;

  /// Address of the byte at `offset`, valid for reading up to size_bytes() until close(). It never
  /// moves, and it shows every write() of this process as soon as that has returned.
  /// Requires: offset < size_bytes().
  [[nodiscard]] virtual const std::byte* at(std::uint64_t offset) const noexcept = 0;

  /// Opens `range` for stores made in place through the returned address (equal to at(offset)).
  /// Such stores are ordered by flush() and drain().
  /// Errors: out_of_bounds, read_only, io (protection could not be changed), locked (after fork).
  [[nodiscard]] virtual Result<std::byte*> writable(ByteRange range) = 0;

  /// Ends writable() for `range`, so that no stray store changes it unseen. A medium that need not does nothing.
  virtual void protect(ByteRange range) noexcept { static_cast<void>(range); }

  /// Copies `bytes` to `offset`. Readers see them on return.
  /// Durability: none until this thread's next drain().
  /// Errors: out_of_bounds, read_only, io (latched), locked (after fork).
  [[nodiscard]] virtual Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) = 0;

  /// Writes all ranges and makes them durable by the medium's best route: non-temporal copies and
  /// one fence, or one synchronous write when the ranges touch each other, or writes and one sync.
  /// Earlier undrained writes of this thread need not be covered; drain() is for those.
  /// Durability: every range, on success. After an error any part of any range may be on the medium.
  /// Errors: as write(); io means that the storage is latched.
  [[nodiscard]] virtual Result<void> commit(std::span<const WriteRange> ranges) = 0;

  /// Hands stores made in place in `range` on towards the medium.
  /// Durability: none until this thread's next drain().
  /// Errors: out_of_bounds, read_only, io (latched), locked (after fork).
  [[nodiscard]] virtual Result<void> flush(ByteRange range) = 0;

  /// Makes durable all that this thread has written or flushed; where `shares_syncs`, also all that
  /// any thread had written or flushed before the call.
  /// Errors: io (latched), read_only, locked (after fork).
  [[nodiscard]] virtual Result<void> drain() = 0;

  /// Makes durable what drain() would, of the bytes in `ranges`. What lies elsewhere need not be covered, and where
  /// `shares_syncs` nobody waits for it: only for a sync in flight.
  /// Durability: every range, on success. After an error none. Cost: one sync or fence; where a file system does not
  ///         promise more, one for each run of pages.
  /// Errors: out_of_bounds, io (latched), read_only, locked (after fork).
  [[nodiscard]] virtual Result<void> sync(std::span<const ByteRange> ranges) = 0;

  /// Makes the store at least `size_bytes` large (rounded up to the medium's step). The new bytes
  /// are allocated, not sparse, and may hold anything. Durable on return.
  /// Errors: no_space (medium full, or beyond the maximum size; nothing changed), io, read_only, locked.
  [[nodiscard]] virtual Result<void> grow(std::uint64_t size_bytes) = 0;

  /// Gives the blocks behind `range` back to the file system where it can; the bytes then read as
  /// anything. Must be followed by reserve() before the range is written again.
  /// Errors: out_of_bounds, io, read_only, locked. A medium that cannot punch succeeds and does nothing.
  [[nodiscard]] virtual Result<void> punch(ByteRange range) = 0;

  /// Allocates the blocks behind `range` again after punch().
  /// Errors: no_space (nothing changed), out_of_bounds, io, read_only, locked.
  [[nodiscard]] virtual Result<void> reserve(ByteRange range) = 0;

  /// Sizes now. Errors: io.
  [[nodiscard]] virtual Result<SpaceReport> space() const = 0;

  /// Tells the medium how `range` will be used.
  virtual void advise(ByteRange range, Access access) noexcept = 0;

  /// Drains and releases everything. Called once, when no other call is running; every address from
  /// at() dies with it. Errors: io (the last drain failed; everything is released all the same).
  [[nodiscard]] virtual Result<void> close() = 0;

  /// Work done since open.
  [[nodiscard]] virtual StorageCounters counters() const noexcept = 0;

  /// Where a page behind at() that cannot be read is made zeros and noted instead of ending the process
  /// (Options::sigbus_guard): the note, which outlives the storage. Who has copied bytes from at() looks at it before
  /// trusting them; the changing methods look by themselves. Null where nothing guards the addresses.
  [[nodiscard]] virtual std::shared_ptr<const MapFault> map_fault() const noexcept { return nullptr; }
};

}  // namespace holdfast
