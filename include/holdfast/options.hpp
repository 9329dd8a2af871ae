#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace holdfast {

/// Which medium a store lives on. A test pins every default in this file to the number written here.
enum class Backend : std::uint8_t {
  automatic,  ///< An existing store: what it is. A new one: pmem where the path's medium has byte access, else file.
  file,       ///< One memory-mapped file on any file system.
  pmem,       ///< libpmemobj pool files on DAX memory (or emulated, see Options::emulate_pmem).
  memory,     ///< Anonymous memory; gone when closed. The path is ignored.
};

enum class OpenMode : std::uint8_t {
  open_or_create,  ///< Opens the store, or creates it where nothing is at the path.
  create,          ///< Creates; `exists` if anything is at the path.
  existing,        ///< Opens; `not_found` if nothing is at the path.
  read_only,       ///< Opens without changing one byte: a crashed store, another user's, a read-only mount.
};

/// When a write survives a power cut.
enum class Durability : std::uint8_t {
  immediate,  ///< Before the call returns. Everything written earlier to the same slice is durable too.
  interval,   ///< Within Options::interval_ms or Options::interval_bytes, whichever comes first.
  buffered,   ///< After the next sync() or close().
};

/// Options of a store. Sizes are bytes.
struct Options {
  Backend backend = Backend::automatic;
  OpenMode mode = OpenMode::open_or_create;

  /// First size of a new store. It grows by itself; from 128 MiB on before a writer must wait for it, by a thread that keeps
  /// an eighth of it free, 256 MiB at most. More: longer create, fewer growth steps.
  std::uint64_t size_bytes = std::uint64_t{64} << 20;

  /// Largest size the store may reach; address space of this size is reserved at open (no memory).
  std::uint64_t max_size_bytes = std::uint64_t{256} << 30;

  /// Size of a new store's segments, a power of two from 64 KiB to 64 MiB; fixed in the format.
  /// Larger: fewer catalog records, coarser reclamation; each space takes at least one.
  std::uint64_t segment_size_bytes = std::uint64_t{2} << 20;

  /// Allow the pmem backend on a medium without byte access (tmpfs, a disk): real flush
  /// instructions, no durability; the store reports `durable = false`.
  bool emulate_pmem = false;

  /// Bounds of Durability::interval.
  std::uint32_t interval_ms = 100;
  std::uint64_t interval_bytes = std::uint64_t{8} << 20;

  /// Bytes of asynchronous writes, headers included, that may be in flight; more are `busy`. One that is larger
  /// goes alone.
  std::uint64_t async_bytes_max = std::uint64_t{16} << 20;

  /// How long a call may wait for that room before it is `busy`. 0: not at all. More: whoever writes faster than the
  /// medium is slowed down instead of refused.
  std::uint32_t async_wait_ms = 0;

  /// Bytes of replaced and erased records, with their values, that snapshots and cursors of a key-value space may hold
  /// back; where it is more, the oldest of them ends. What a running scan holds back counts, but never ends it.
  std::uint64_t snapshot_bytes_max = std::uint64_t{1} << 30;

  /// Memory that the indexes of key-value spaces may take together; 0: whatever they need. Where a write of a new key would
  /// go beyond it, that write is `too_large` and nothing has changed; present keys can be replaced and erased, and an erase
  /// gives room back. A store whose keys do not fit is not opened. Counted are, at most what is taken: 80 bytes a key, in an
  /// ordered space the key and 80 bytes more, for one that expires 64 more. Writes that do not say whether their key is new
  /// look before they begin. A present key that gets a time to live in the place of none is counted, and never refused; what
  /// KvOptions::expected_keys takes beforehand is not counted.
  std::uint64_t index_bytes_max = 0;

  /// Clean key-value spaces by themselves, in a thread of the store: where more than garbage_ratio_max of a space's bytes
  /// are records that were replaced or erased, and where the store has nearly reached its limit. Off: only
  /// Kv::compact() cleans, and a write that finds no room otherwise, which does it in its own thread either way.
  bool clean_automatically = true;

  /// From 0 to 1. Lower: less room is taken, and more is copied.
  double garbage_ratio_max = 0.5;
  /// How often expired keys are looked for and erased, in a thread that runs while there are keys that expire; they are
  /// hidden without it as well. 0: never. Less: their room and memory come back sooner, more waking up. The same thread
  /// evicts, at once, from spaces with a bound (KvSettings::keys_max, bytes_max); with 0 their writers do.
  std::uint32_t sweep_interval_ms = 100;

  /// The time by which keys expire: microseconds since 1970, UTC; empty: the system's clock. It may be called by any
  /// thread, and must not throw, nor call the store. One that is set back makes time stand still until it has caught up:
  /// no key that somebody was told had expired is shown again, also behind the next open. Such an open may let keys expire
  /// up to a second early.
  std::function<std::uint64_t()> clock{};

  /// Threads that read segments at open; 0: one per processor.
  std::uint32_t recovery_threads = 0;

  /// Count reads and writes of each region (Region::statistics). Off: some ten nanoseconds a call less.
  bool region_statistics = true;

  /// on_low_space is called when the room that is left, as StoreInfo::available_bytes says, has fallen below so many
  /// bytes; again when there was as much in between. It runs in a thread whose call took room, behind that call's work
  /// and outside every lock, so it may use the store but not close it, and must not throw.
  std::uint64_t low_space_bytes = 0;
  std::function<void(std::uint64_t available_bytes)> on_low_space{};

  /// Outlive a page of the store that cannot be read or written while it is mapped: the file was shortened by somebody
  /// else, or the medium failed. From then on every call answers `io` with path and offset. Installs a SIGBUS
  /// handler for the process while such a store is open; faults elsewhere go to the handler before it. Off: such a page ends
  /// the process.
  bool sigbus_guard = false;
};

/// Bound of KvOptions::expected_keys.
inline constexpr std::uint64_t kExpectedKeysMax = std::uint64_t{1} << 40;

/// Bound of times to live: 2^48 ms, some 8,900 years.
inline constexpr std::uint64_t kTtlMsMax = std::uint64_t{1} << 48;

/// Bound of PutOptions::expires_at_us: some 36,000 years.
inline constexpr std::uint64_t kExpiresAtUsMax = std::uint64_t{1} << 60;

/// What a key-value space keeps for good: given when it is created, stored with it. Kv::settings() tells,
/// Kv::set_settings() changes all but `ordered`.
struct KvSettings {
  /// Keys in order in memory too: Kv::cursor, Kv::range, Kv::count. Fixed at creation. Costs memory for at
  /// most the key and 80 bytes, each; writes of keys that are new, and erases, look for their place.
  bool ordered = false;

  /// Values larger than this are compressed (LZ4) where that saves room; 0: none is. Costs some 2 ns a byte for a write,
  /// less for a read, which gets a copy then; values of more than 1 GiB are stored as they are. Values
  /// that are there already stay as they are.
  std::uint64_t compress_above_bytes = 0;

  /// Time to live of what is written without PutOptions::ttl_ms or expires_at_us; 0: it does not expire. At most kTtlMsMax.
  std::uint64_t default_ttl_ms = 0;

  /// Bounds of a cache; 0: none. When more keys than this are present, or more bytes of records and large values
  /// (KvStatistics::data_bytes), keys that were written longest ago and whose values were not read since are evicted: erased
  /// as by a buffered erase. A space may be a sixteenth, and the writes in flight, beyond its bound. Costs 4 KiB to 4 MiB
  /// of memory for marks of what was read, a store to memory a read, and an erase for each key that goes.
  std::uint64_t keys_max = 0;
  std::uint64_t bytes_max = 0;

  friend bool operator==(const KvSettings&, const KvSettings&) = default;
};

/// Options of a key-value space.
struct KvOptions {
  /// open_or_create, or existing: `not_found` instead of creating the space.
  OpenMode mode = OpenMode::open_or_create;

  /// Used where a write does not say otherwise.
  Durability durability = Durability::immediate;

  /// Check the record's XXH3 on every read. Off: about 20 ns a small read less, and a damaged value
  /// is found by verify() only.
  bool verify_on_read = true;

  /// Keys that a new space's index has room for from the start, 16 bytes of memory each at once: a load of
  /// that many never waits for the index to grow. At most kExpectedKeysMax. A space that exists already
  /// has the room that its keys took at open.
  std::uint64_t expected_keys = 0;

  /// Used when the space is created. One that exists keeps its own; `ordered` is refused where it is not.
  KvSettings settings{};
};

/// Bounds of LogSettings::segment_bytes.
inline constexpr std::uint64_t kLogSegmentBytesMin = std::uint64_t{64} << 10;
inline constexpr std::uint64_t kLogSegmentBytesMax = std::uint64_t{64} << 20;

/// LogSettings::compact_garbage_percent_min where it is 0.
inline constexpr std::uint32_t kCompactGarbagePercentDefault = 50;

/// What a log stream keeps for good: given when it is created, stored with it. Log::settings() tells,
/// Log::set_settings() changes it. In each, 0 is none, or the default that is named.
struct LogSettings {
  /// Size of a segment on the medium, in multiples of 4 KiB: what retention and compaction take as a whole. No segment is
  /// larger; a payload above a quarter lies in extents of its own. 0: as Options::segment_size_bytes.
  /// From kLogSegmentBytesMin to kLogSegmentBytesMax.
  std::uint64_t segment_bytes = 0;

  /// A segment takes no more records than this; a batch is not split for it.
  std::uint64_t segment_records_max = 0;

  /// An append goes to a new segment when the first record of the present one is older than this, by its timestamp.
  std::uint64_t segment_age_ms_max = 0;

  /// Whole segments go, from the oldest on, when all their records are older, by their timestamps, ...
  std::uint64_t retain_ms = 0;
  /// ... while the stream's segments take more room together, ...
  std::uint64_t retain_bytes = 0;
  /// ... or while the others hold as many records as this. The segment that is written to stays.
  std::uint64_t retain_records = 0;
  /// So many of the last records stay, whatever the three above say.
  std::uint64_t keep_records_min = 0;

  /// Payloads larger than this are compressed (LZ4) where that saves room; 0: none is.
  std::uint64_t compress_above_bytes = 0;

  /// Of each key only the latest record is kept; records without a key stay. See Log::compact().
  bool compact_by_key = false;
  /// A segment is rewritten when so many percent of its records' bytes can go. 0: 50. At most 100.
  std::uint32_t compact_garbage_percent_min = 0;
  /// A segment stays as it is while any of its records is younger than this, by its timestamp.
  std::uint64_t compact_age_ms_min = 0;
  /// A record that erases a key goes as well when it is older than this, by its timestamp, and no older record of the key is
  /// left; until then whoever follows the stream can see that the key is gone.
  std::uint64_t tombstone_ms = 0;

  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

/// What becomes of a record that damage has spoiled.
enum class OnDamage : std::uint8_t {
  fail = 0,  ///< Reading stops with `corruption`; what lies behind is read by its id.
  skip = 1,  ///< Reading goes on behind, and LogReader::skipped() counts. Nothing is taken away.

  /// Store::log() reads the whole stream first, payloads too, and takes the first record that is damaged or lost away with all
  /// behind it, good ones too, as Log::truncate_from() does; LogStatistics::cut_records counts them. So what is left is
  /// whole, and appends go on behind a gap. Where nothing is damaged nothing happens. In a store opened read-only, where
  /// something is: `read_only`. Damage that comes later is as with `fail`, until Store::log() is called with this again.
  truncate = 2,
};

/// Options of a log stream.
struct LogOptions {
  /// open_or_create, or existing: `not_found` instead of creating the stream.
  OpenMode mode = OpenMode::open_or_create;

  /// Used where an append does not say otherwise.
  Durability durability = Durability::immediate;

  /// Check the record's XXH3 on every read.
  bool verify_on_read = true;

  /// Of reading through this handle, or of Store::log().
  OnDamage on_damage = OnDamage::fail;

  /// Used when the stream is created. One that exists keeps its own.
  LogSettings settings{};
};

/// Options of a region, all of them of the handle.
struct RegionOptions {
  /// open_or_create, or existing: `not_found` instead of creating the region.
  OpenMode mode = OpenMode::open_or_create;

  /// Used where a write does not say otherwise.
  Durability durability = Durability::buffered;

  /// Writes through this handle that reach behind are `too_large`.
  std::uint64_t size_bytes_max = std::uint64_t{1} << 40;
};

/// Options of a sharded data set: of the write that makes it, and of the handle.
struct ShardedDataOptions {
  /// Of a write. open_or_create: replaces a data set of that name; create: `exists` instead; existing: `not_found` instead of
  /// making a new one.
  OpenMode mode = OpenMode::open_or_create;

  /// Of a write: bytes of a shard, up to kRegionSizeBytesMax; the last one has what is left. More: fewer syncs; a
  /// damaged byte spoils more.
  std::uint64_t shard_size_bytes = std::uint64_t{100} << 20;

  /// Threads that work at the same time, the caller's included, as far as TBB has them; 0: one per processor.
  std::uint32_t threads = 0;

  /// Check the XXH3 of each shard that is read as a whole.
  bool verify_on_read = true;
};

/// Options of one put, and of each other write that leaves a value.
struct PutOptions {
  std::optional<Durability> durability{};  ///< Overrides the space's default.

  /// The key is gone so many milliseconds after this write; 0: never. Nothing: as KvSettings::default_ttl_ms says. Every
  /// write of a value sets this anew. At most kTtlMsMax, else `invalid_argument`. Costs 8 bytes in the record, and some
  /// 150 bytes of memory while the key is there.
  std::optional<std::uint64_t> ttl_ms{};

  /// The same as a moment, in microseconds since 1970, UTC: the key is gone from then on, and Kv::expires_at_us answers exactly
  /// this. One that has come already: the value is written, and its key is absent at once. Not together with ttl_ms, and at
  /// most kExpiresAtUsMax; else `invalid_argument`.
  std::optional<std::uint64_t> expires_at_us{};
};

/// Bound of AppendOptions::key.
inline constexpr std::size_t kLogKeySizeBytesMax = 65'527;

/// Bound of AppendOptions::timestamp_us: some 36,000 years.
inline constexpr std::uint64_t kLogTimestampUsMax = std::uint64_t{1} << 60;

/// Options of one append.
struct AppendOptions {
  std::optional<Durability> durability{};  ///< Overrides the stream's default.
  std::optional<std::string_view> key{};   ///< Stored with the record; 0 to kLogKeySizeBytesMax bytes. Lifetime: the call.
  std::optional<std::uint64_t> timestamp_us{};  ///< Nothing: now. At most kLogTimestampUsMax; need not rise.
};

/// Options of one write. Where PutOptions or AppendOptions are asked for they serve as well.
struct WriteOptions {
  std::optional<Durability> durability{};  ///< Overrides the space's default.

  [[nodiscard]] operator PutOptions() const noexcept { return {.durability = durability}; }
  [[nodiscard]] operator AppendOptions() const noexcept { return {.durability = durability}; }
};

}  // namespace holdfast
