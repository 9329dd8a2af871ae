#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/checkpoint.hpp>
#include <holdfast/error.hpp>
#include <holdfast/log.hpp>
#include <holdfast/options.hpp>
#include <holdfast/store.hpp>

namespace holdfast {

/// Bounds of ShardedLogOptions::shards and of a sharded log's name.
inline constexpr std::uint32_t kLogShardsMax = 4'096;
inline constexpr std::size_t kShardedLogNameSizeBytesMax = 224;

/// Where a record of a sharded log is.
struct ShardedLogId {
  std::uint32_t shard = 0;
  LogId id = 0;  ///< In the shard's stream.

  friend bool operator==(const ShardedLogId&, const ShardedLogId&) = default;
};

/// One record of a batch. Lifetime: what it refers to, the call.
struct ShardedLogDraft {
  std::string_view key;
  std::string_view payload{};
  std::optional<std::uint64_t> timestamp_us{};
};

/// Options of a sharded log.
struct ShardedLogOptions {
  /// open_or_create, create (`exists`), or existing (`not_found`).
  OpenMode mode = OpenMode::open_or_create;

  /// Of a new one: 1 to kLogShardsMax. One that exists has its count, and another is refused; 0: as it is (a new one: 8).
  std::uint32_t shards = 0;

  /// Of each shard's stream; `mode` is not used, the settings when it is created.
  LogOptions log{};

  /// Keep an index of the latest record of each key, for latest(): some 100 bytes of memory a key, and a look at every record
  /// when the log is opened.
  bool index_latest = true;

  /// Checkpoints that the log makes of itself.
  AutoCheckpoint auto_checkpoint{};
};

/// How a reshard goes.
struct ReshardProgress {
  std::uint64_t done_records = 0;
  std::uint64_t total_records = 0;  ///< That were there when it began.
};

class ShardedLog;

namespace sharded_log {
class ShardedLogState;
[[nodiscard]] const std::shared_ptr<ShardedLogState>& state_of(const ShardedLog& handle) noexcept;
}  // namespace sharded_log

/// Records spread by their key over streams, the shards, so that many writers do not meet at one tail; with checkpoints,
/// consistent cuts through all of them.
///
/// A key's shard is XXH3-64 of the key, seeded with a number drawn when the log was created, modulo the count; both are stored. So all
/// records of a key are in one shard, in the order in which they were appended. The shards are streams of the store under the
/// log's name with "#0", "#1", ... behind it: they can be read as any stream; appending to one past this class, or dropping
/// one, makes latest() wrong or the log `corruption`.
///
/// The shards lie in one store or are dealt out over several, each on its own medium. Over several stores what is one step in
/// one store can't be: calls that need it answer `not_supported`.
///
/// A handle is cheap to copy, may outlive its stores (then every call answers `closed`), and all handles of one log in a
/// process are the same log; its options but `mode` and `shards` are those of the first handle that lives.
/// Threads: every method may be called from any number of threads.
class ShardedLog {
 public:
  /// The sharded log of that name. Durability: a new one is durable when this returns.
  /// Errors: invalid_argument (name; shards; another count than the stored one: expected and found), not_found, exists (by mode, or a
  ///         stream of a shard's name is there), corruption (what is stored of it, or a shard is missing), version_mismatch,
  ///         no_space, io, read_only, closed.
  [[nodiscard]] static Result<ShardedLog> open(Store& store, std::string_view name, ShardedLogOptions options = {});

  /// The same over several stores, shard i in store i modulo their number. Always the same stores in the same order, else
  /// `invalid_argument`.
  [[nodiscard]] static Result<ShardedLog> open(std::span<Store* const> stores, std::string_view name,
                                               ShardedLogOptions options = {});

  /// The names of the store's sharded logs, in order; those over several stores are not among them. Errors: corruption (of
  /// what is stored of one), version_mismatch, closed.
  [[nodiscard]] static Result<std::vector<std::string>> list(Store& store);

  /// Removes the log of that name with its shards and checkpoints. Durability: on return; a kill before that leaves it whole, or
  /// shards that the next open of that name takes away. Handles of it answer not_found. Errors: not_found, busy (it is being
  /// resharded), no_space, io, read_only, closed, locked.
  [[nodiscard]] static Result<void> remove(Store& store, std::string_view name);

  /// The same over several stores. Errors: invalid_argument (other stores, or another order).
  [[nodiscard]] static Result<void> remove(std::span<Store* const> stores, std::string_view name);

  /// Appends a record. Durability, Errors: as Log::append; invalid_argument (empty key), too_large (key > kLogKeySizeBytesMax).
  [[nodiscard]] Result<ShardedLogId> append(std::string_view key, std::string_view payload,
                                            const AppendOptions& options = {});

  /// Appends a record that says that the key is gone. Durability, Errors: as append.
  [[nodiscard]] Result<ShardedLogId> erase_key(std::string_view key, const AppendOptions& options = {});

  /// Appends all of them; their places in the order of `records`. Within a shard they are all or none after a crash and have
  /// consecutive ids; over the shards each part stands for itself. After an error what went to other stores may be there.
  /// Durability: on return, as asked. Cost: what one append costs, in each store that gets any. Errors: as append.
  [[nodiscard]] Result<std::vector<ShardedLogId>> append_batch(std::span<const ShardedLogDraft> records,
                                                               WriteOptions options = {});

  /// The same, all or none over all shards. Errors: as append; not_supported (several stores).
  [[nodiscard]] Result<std::vector<ShardedLogId>> append_atomic(std::span<const ShardedLogDraft> records,
                                                                WriteOptions options = {});

  /// The record at that place. Errors: as Log::read; invalid_argument (no such shard).
  [[nodiscard]] Result<LogEntry> read(const ShardedLogId& place) const;

  /// The latest record of `key`; nothing if there is none, it was erased, or has been taken away.
  /// Errors: corruption, closed, not_supported (ShardedLogOptions::index_latest is off).
  [[nodiscard]] Result<std::optional<LogEntry>> latest(std::string_view key) const;

  /// Where records of `key` go.
  [[nodiscard]] std::uint32_t shard_of(std::string_view key) const noexcept;
  [[nodiscard]] std::uint32_t shard_count() const noexcept;

  /// The stream of a shard: for readers, cursors, retention. Errors: invalid_argument (no such shard), closed.
  [[nodiscard]] Result<Log> shard(std::uint32_t index) const;

  /// Deals all records out anew over `shards` shards, keeping keys, timestamps, the order of each key's records, and checkpoints;
  /// ids are new, cursors of shards go. Appends go on meanwhile, and wait at the end for one sync. Needs room for all records
  /// twice. One that was interrupted (a kill, no_space) goes on where it was when it is called again with the same count, or
  /// anew where compaction has passed it since; open()
  /// shows the old shards until it is over. The old shards are not compacted meanwhile; what retention or a call on one of them
  /// takes away may be there again in the new ones. Their settings are those of shard 0.
  /// Durability: on return. Errors: invalid_argument, busy (another is under way, or a LogReader stands in a shard),
  ///             not_supported (several stores, or as create_checkpoint), no_space, io, corruption (a record is damaged, or
  ///             what was kept of a reshard contradicts the shards), too_large (no generation is left), read_only, closed.
  using OnReshard = std::function<void(const ReshardProgress&)>;
  [[nodiscard]] Result<void> reshard(std::uint32_t shards, const OnReshard& progress = {});

  /// Keeps a cut through all shards under `id`, 1 to kCheckpointIdSizeBytesMax bytes of any kind; one of that id is replaced. Everything
  /// acknowledged before the call is in the cut, nothing that is appended after it; append_atomic() is in it as a whole or
  /// not at all. What is below the cut is durable, whatever level it was written at.
  /// Durability: on return. Cost: one sync or fence (one a store, and one more, over several). Appends do not wait for it.
  /// Errors: invalid_argument (id), no_space, io, read_only, closed, locked, not_supported (no barrier over all threads, as
  ///         Store::close).
  [[nodiscard]] Result<Checkpoint> create_checkpoint(std::string_view id);

  /// The checkpoint of that id. Reads memory alone. Errors: not_found, invalid_argument, closed.
  [[nodiscard]] Result<Checkpoint> checkpoint(std::string_view id) const;

  /// The one made last. Errors: not_found (there is none), closed.
  [[nodiscard]] Result<Checkpoint> latest_checkpoint() const;

  /// All of them, the oldest first. Errors: closed.
  [[nodiscard]] Result<std::vector<Checkpoint>> checkpoints() const;

  /// Takes the records below the cut away (Log::truncate_before), and the checkpoints older than it. Durability: on return, shard by
  /// shard. Errors: not_found, busy (a reader or a protecting cursor stands below the cut in some shard, or the log is
  /// being resharded; nothing changed), as Log::truncate_before.
  [[nodiscard]] Result<CheckpointPrune> prune_before(std::string_view id);

  /// Forgets all checkpoints but the `keep` youngest; their records stay. How many went. Durability: on return.
  /// Errors: no_space, io, read_only, closed, locked.
  [[nodiscard]] Result<std::uint64_t> keep_checkpoints(std::uint64_t keep);

  /// Takes away what was appended behind the cut, over all shards in one step, and the checkpoints younger than it. Ids are not
  /// given out again. Durability: on return; after a crash before that all of it is there, or nothing.
  /// Readers and cursors that stand behind the cut go on behind what has gone. Appends wait meanwhile. Records that compaction
  /// has left out for a later one are not brought back by restore or clone.
  /// Errors: not_found, out_of_bounds (records below the cut have been taken away since), busy (the log is being resharded),
  ///         not_supported (several stores, or as create_checkpoint), no_space, io, read_only, closed, locked.
  [[nodiscard]] Result<void> restore(std::string_view id);

  /// A new sharded log `name` in `store` with the records below the cut, and as many shards; ids begin at 1. Durability: on
  /// return; after a kill before that there is no log of that name. Errors: not_found, exists, out_of_bounds, corruption, as
  /// append.
  [[nodiscard]] Result<ShardedLog> clone_at(std::string_view id, Store& store, std::string_view name) const;

  /// What the log holds. Errors: closed.
  [[nodiscard]] Result<ShardedLogStatistics> statistics() const;

 private:
  friend const std::shared_ptr<sharded_log::ShardedLogState>& sharded_log::state_of(const ShardedLog& handle) noexcept;

  [[nodiscard]] static Result<std::vector<std::shared_ptr<StoreCore>>> cores_of(std::span<Store* const> stores);

  explicit ShardedLog(std::shared_ptr<sharded_log::ShardedLogState> state) noexcept;

  std::shared_ptr<sharded_log::ShardedLogState> state_;
};

}  // namespace holdfast
