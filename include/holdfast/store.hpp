#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include <holdfast/batch.hpp>
#include <holdfast/error.hpp>
#include <holdfast/kv.hpp>
#include <holdfast/log.hpp>
#include <holdfast/options.hpp>
#include <holdfast/region.hpp>
#include <holdfast/report.hpp>
#include <holdfast/storage.hpp>

namespace holdfast {

class StoreCore;

/// One store: a file or a set of pool files, open in one process at a time.
///
/// Caveats worth knowing first: a store belongs to the process that opened it (a forked child is
/// refused); keep it on a local file system (locks and syncs of network file systems vary); the file
/// is allocated in full, so `du` shows its size.
///
/// Errors that every call of a store, a space, a stream or a region may answer, besides its own: no_memory (an
/// allocation failed; the store goes on) and, once a page of the store went missing under the map, io with its path
/// and offset (Options::sigbus_guard; without it the process ends).
///
/// Threads: every method may be called from any number of threads; close() at most once at a time.
class Store {
 public:
  /// Opens or creates the store at `path`, by `options.mode`, and recovers it: every durable write
  /// is there, whatever ended the last process (C1, C2). A foreign file is never changed.
  /// Durability: a new store is on the medium, under its name, when this returns.
  /// Errors: not_found, exists (by mode), invalid_argument (foreign or empty file, a directory, bad
  ///         option), corruption (no valid superblock, truncated, catalog damaged),
  ///         version_mismatch (newer format, another layout of pool), locked, no_space, io, too_large (the last of
  ///         2^32 - 1 epochs; read-only it opens; or the keys do not fit into Options::index_bytes_max),
  ///         not_supported (pmem without PMDK, or on a medium without byte access).
  [[nodiscard]] static Result<Store> open(const std::filesystem::path& path, Options options = {});

  /// The same over a medium of the caller's, e.g. holdfast::testing::CrashStorage. A medium whose
  /// superblock slots are all zero counts as absent.
  [[nodiscard]] static Result<Store> open(std::unique_ptr<Storage> storage, Options options = {});

  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  /// Releases the store without syncing what is buffered, as if the process had been killed.
  ~Store();

  /// The key-value space of that name, created if absent (KvOptions::mode).
  /// Durability: a new space is durable when this returns.
  /// Errors: invalid_argument (name empty or longer than 255 B, expected_keys beyond its bound, KvSettings::ordered of
  ///         a space that exists and is not),
  ///         not_found (mode existing), exists (the name belongs to another kind of space), no_space, io,
  ///         read_only, closed.
  [[nodiscard]] Result<Kv> kv(std::string_view name, KvOptions options = {});

  /// Removes the key-value space of that name and everything in it; its room is given back. Waits for writes that have
  /// begun. Handles of it answer not_found from then on, its snapshots end; views stay as they are.
  /// Durability: on return.
  /// Errors: not_found, invalid_argument (name), no_space, io, read_only, closed, locked; the space stays.
  [[nodiscard]] Result<void> drop_kv(std::string_view name);

  /// The stream of that name, created if absent (LogOptions::mode). Names are any bytes: "a/b" and "a_b" are two.
  /// Durability: a new stream is durable when this returns.
  /// Errors: as kv(); invalid_argument (LogSettings); version_mismatch, corruption (of what the catalog keeps with it).
  [[nodiscard]] Result<Log> log(std::string_view name, LogOptions options = {});

  /// Removes the stream of that name and everything in it, as drop_kv() does. Readers of it answer not_found.
  /// Durability, Errors: as drop_kv().
  [[nodiscard]] Result<void> drop_log(std::string_view name);

  /// The region of that name, created empty if absent (RegionOptions::mode).
  /// Durability: a new region is durable when this returns.
  /// Errors: as kv().
  [[nodiscard]] Result<Region> region(std::string_view name, RegionOptions options = {});

  /// Creates a region with everything that `region` says, all or nothing after a crash.
  /// Durability: on return, its bytes as well.
  /// Errors: exists (the name is taken), invalid_argument (name), too_large (metadata; or bytes beyond the options'
  ///         limit), no_space, io, read_only, closed, locked; nothing changed.
  [[nodiscard]] Result<Region> create_region(const NewRegion& region, RegionOptions options = {});

  /// All regions whose name begins with `prefix`, by name; those without a name, by id, come first for an empty prefix.
  /// Errors: closed.
  [[nodiscard]] Result<std::vector<RegionInfo>> regions(std::string_view prefix = {}) const;

  /// The region of that id. Errors: not_found (removed, or an id that this store never gave out), closed.
  [[nodiscard]] Result<Region> region(RegionId id, RegionOptions options = {});

  /// Applies all operations of `batch`, all or none after a crash (C2).
  /// Durability: as WriteOptions or, without one, immediate if any space involved is; with an operation on a region always
  ///             immediate.
  /// Cost: of regions alone two syncs or fences, however many; of these and others three.
  /// Errors: as Kv::put, Log::append and Region::update, for an operation that fails its checks; then nothing has happened.
  ///         io: the store is read-only from now on; after the next open all of it is there, or nothing.
  [[nodiscard]] Result<void> commit(const Batch& batch, WriteOptions options = {});

  /// Makes every write that has returned durable. Errors: io, read_only, closed, locked.
  [[nodiscard]] Result<void> sync();

  /// All spaces, by name. Errors: closed.
  [[nodiscard]] Result<std::vector<SpaceInfo>> spaces() const;

  /// Identity, sizes and counters. Errors: closed.
  [[nodiscard]] Result<StoreInfo> info() const;

  /// What opening found. Lifetime: the Store.
  [[nodiscard]] const RecoveryReport& recovery() const noexcept;

  /// Called with bytes read so far and bytes in all.
  using Progress = std::function<void(std::uint64_t done_bytes, std::uint64_t total_bytes)>;

  /// Reads everything that is in use and checks it. Runs beside readers and writers; what is
  /// written meanwhile may or may not be included.
  /// Errors: closed, io. Damage is no error but a line in the report.
  [[nodiscard]] Result<VerifyReport> verify(const Progress& progress = {}) const;

  /// Syncs, marks the store as cleanly closed and releases it. Handles answer `closed` afterwards.
  /// Errors: io (something could not be made durable; the store is released all the same), closed; and, the store staying open,
  ///         busy (a RegionView lives), not_supported (a filter of system calls that was set up since the store was opened
  ///         refuses membarrier and sched_setaffinity, so that nobody can tell whether all calls have returned).
  [[nodiscard]] Result<void> close();

 private:
  friend class ShardedData;
  friend class ShardedLog;
  explicit Store(std::shared_ptr<StoreCore> core) noexcept;
  std::shared_ptr<StoreCore> core_;
};

}  // namespace holdfast
