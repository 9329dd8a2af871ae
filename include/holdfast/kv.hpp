#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/kv_cursor.hpp>
#include <holdfast/kv_snapshot.hpp>
#include <holdfast/kv_statistics.hpp>
#include <holdfast/options.hpp>
#include <holdfast/ticket.hpp>

namespace holdfast {

class Kv;

namespace kv {
class KvSpace;
[[nodiscard]] KvSpace& space_of(const Kv& handle) noexcept;
}  // namespace kv

/// Limits of a key-value space.
inline constexpr std::uint64_t kKeySizeBytesMax = 65'535;
inline constexpr std::uint64_t kValueSizeBytesMax = 0xFFFF'FFFFull;  ///< 4 GiB - 1.

/// A key with its value. Lifetime: the caller's.
struct KvEntry {
  std::string_view key;
  std::string_view value;
};

/// A value where it lies, without a copy; one in several extents, or compressed, comes as a copy of the view's own.
///
/// Lifetime: the bytes stay as they are while it lives, whatever becomes of the key; the room they take is not given out
/// again meanwhile, and Store::close() answers `busy`.
/// Threads: as a const string; moved and destroyed by one.
class KvView {
 public:
  KvView(KvView&&) noexcept;
  KvView& operator=(KvView&&) noexcept;
  ~KvView();

  [[nodiscard]] std::string_view value() const noexcept;

  /// False once a page of the store has gone missing under its map (Options::sigbus_guard): what was read may be zeros.
  [[nodiscard]] bool ok() const noexcept;

 private:
  friend class kv::KvSpace;
  struct Content;
  explicit KvView(std::unique_ptr<Content> content) noexcept;
  std::unique_ptr<Content> content_;
};

/// A key-value space of a Store: any bytes under any bytes.
///
/// Keys are 1 to 65,535 bytes, values 0 to 4 GiB - 1. A key may expire (PutOptions::ttl_ms, PutOptions::expires_at_us,
/// KvSettings::default_ttl_ms): from that time on (Options::clock) it is absent for every call, and its room comes back by and
/// by. A handle is cheap to copy, may outlive its Store (then every call answers `closed`), and all handles of one space are
/// the same space.
///
/// Consistency: operations on one key are linearizable (C7); durable ones durably so.
/// Bounds: a space may be a cache (KvSettings::keys_max, bytes_max). Then keys are erased that were written longest ago and
/// whose values nobody has read since (get, get_into, view, multi_get), whatever their durability; after a crash such a key
/// may be back, with the value that it had.
/// Room: what was replaced or erased is given back by cleaning, by itself (Options::clean_automatically) or by compact().
/// Errors: not_found, of every call, once the space was dropped (Store::drop_kv).
/// Threads: every method may be called from any number of threads.
class Kv {
 public:
  /// Stores `value` under `key`; an older value is replaced in one step.
  /// Durability: immediate: on the medium when this returns. interval, buffered: may be lost by a
  ///             power cut, never seen torn, and never lost while a later write of the same thread survives.
  /// Errors:     invalid_argument (empty key, PutOptions::ttl_ms or expires_at_us), too_large (key > 65,535 B or value >
  ///             4 GiB - 1; or a new key, and Options::index_bytes_max is reached; nothing changed),
  ///             no_space (nothing changed), io (the store is read-only from now on), read_only,
  ///             closed, locked (forked child).
  [[nodiscard]] Result<void> put(std::string_view key, std::string_view value, const PutOptions& options = {});

  /// Stores all entries, all or none after a crash (a Batch of this space alone); of one key the last counts.
  /// Durability, Errors: as put; then nothing has happened.
  [[nodiscard]] Result<void> multi_put(std::span<const KvEntry> entries, const PutOptions& options = {});

  /// The value under `key`, or nothing. A missing key is not an error.
  /// Errors: invalid_argument, too_large (as put), corruption (the stored bytes fail their checksum:
  ///         path, offset, expected and found say where), closed.
  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) const;

  /// The same into `buffer`, as far as it reaches; the size of the value, or nothing. Allocates nothing for a value that
  /// is not too large for a segment, unless it is compressed and larger than the buffer. Errors: as get.
  [[nodiscard]] Result<std::optional<std::uint64_t>> get_into(std::string_view key, std::span<char> buffer) const;

  /// The same without a copy. Errors: as get.
  [[nodiscard]] Result<std::optional<KvView>> view(std::string_view key) const;

  /// The values under `keys`, in their order; each as get() would answer at some moment during the call, so not all as of
  /// one. Faster than as many gets: it waits for memory once for several. Errors: as get, of the first key that fails.
  [[nodiscard]] Result<std::vector<std::optional<std::string>>> multi_get(std::span<const std::string_view> keys) const;

  /// Removes `key`. True if it was there.
  /// Durability: as put. Errors: as put; a missing key is not an error and writes nothing.
  [[nodiscard]] Result<bool> erase(std::string_view key, const WriteOptions& options = {});

  /// Stores `value` if `key` is absent, in one step. True if it was stored. Conditional writes, this, erase() and all below,
  /// wait for writes of the same key that are in flight, and are acknowledged after them.
  /// Durability, Errors: as put.
  [[nodiscard]] Result<bool> put_if_absent(std::string_view key, std::string_view value, const PutOptions& options = {});

  /// Stores `desired` if the present value equals `expected` (nothing: if the key is absent), in one
  /// step. True if it was stored.
  /// Durability, Errors: as put.
  [[nodiscard]] Result<bool> compare_and_set(std::string_view key, std::optional<std::string_view> expected,
                                             std::string_view desired, const PutOptions& options = {});

  /// Stores `desired` (nothing: removes the key), in one step; what was there before.
  /// Durability, Errors: as put.
  [[nodiscard]] Result<std::optional<std::string>> exchange(std::string_view key, std::optional<std::string_view> desired,
                                                            const PutOptions& options = {});

  /// Gets the present value, or nothing, and says what shall be there instead, or nothing. May be called again, where
  /// another write came between; must not call this space.
  using Updater = std::function<std::optional<std::string>(std::optional<std::string_view> present)>;

  /// Puts what `updater` makes of the present value in its place, in one step; what is there now. Nothing is written where
  /// both are nothing. Durability, Errors: as put.
  [[nodiscard]] Result<std::optional<std::string>> update(std::string_view key, const Updater& updater,
                                                          const PutOptions& options = {});

  /// Adds `delta` to the counter under `key`, in one step; its new value. A counter is a value of 8 bytes, little-endian,
  /// two's complement; one that is absent is 0.
  /// Durability: as put. Errors: as put; invalid_argument (the value is no counter), out_of_bounds (the sum does not
  /// fit); nothing changed.
  [[nodiscard]] Result<std::int64_t> add(std::string_view key, std::int64_t delta, const PutOptions& options = {});

  /// Queues a copy of a put or an erase and returns before it is durable, or readable; the ticket tells when it is both. One
  /// thread's writes of a key keep their order, synchronous ones among them. On media where every write fences for itself
  /// it is done at once; a value that is too large for a segment is written, though not yet shown, before this returns. The
  /// outcome is the write's number, which rises with each write of the store; an erase of a key that is absent is
  /// written all the same.
  /// Durability: as put, when the ticket has its outcome.
  /// Errors: too_large, invalid_argument, busy (Options::async_bytes_max are in flight, and stayed so for
  ///         Options::async_wait_ms; nothing was queued), read_only, closed, locked. All others by the ticket.
  [[nodiscard]] Result<Ticket> put_async(std::string_view key, std::string_view value, const PutOptions& options = {});
  [[nodiscard]] Result<Ticket> erase_async(std::string_view key, const WriteOptions& options = {});

  /// Lets `key` expire so many milliseconds from now, or (0) not any more, in one step: a conditional write of the value that
  /// is there. True if it was there.
  /// Durability, Errors: as put.
  [[nodiscard]] Result<bool> set_ttl(std::string_view key, std::uint64_t ttl_ms, const WriteOptions& options = {});

  /// When `key` expires, in microseconds since 1970, UTC; nothing, if it is absent or does not. Errors: as get.
  [[nodiscard]] Result<std::optional<std::uint64_t>> expires_at_us(std::string_view key) const;

  /// True if `key` is present. Errors: as get, without reading the value.
  [[nodiscard]] Result<bool> contains(std::string_view key) const;

  /// Number of keys present, expired ones not among them, exact when no write is in flight. Errors: closed.
  [[nodiscard]] Result<std::uint64_t> size() const;

  /// Called with each key and value; returns false to stop. The views live until it returns. It may
  /// read and write this space, but not close the store.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;

  /// Visits every key that begins with `prefix` (empty: all), in no particular order. A key that is
  /// present from begin to end is visited exactly once, with a value it had during the scan; one
  /// that comes or goes meanwhile is visited at most once. Blocks no writer.
  /// Errors: corruption (the first damaged record that is still current; the visit stops), closed.
  [[nodiscard]] Result<void> scan(std::string_view prefix, const Visitor& visitor) const;

  /// The space as it is now, for as long as the snapshot lives: every write that has returned, and none that begins later;
  /// keys that expire meanwhile stay in it.
  /// Copies no keys. Blocks no writer, and waits for those that have begun.
  /// Errors: closed.
  [[nodiscard]] Result<KvSnapshot> snapshot() const;

  /// A cursor over the keys of `range` in an ordered space (KvSettings::ordered), as they are now: of a snapshot of its own.
  /// Errors: not_supported (the space is not ordered), closed.
  [[nodiscard]] Result<KvCursor> cursor(KvRange range = {}) const;

  /// Visits the keys of `range` in its order, each once, as they are when the call begins. The visitor gets copies of values,
  /// and the views live until it returns; it may read and write the space, but not close the store.
  /// Errors: not_supported, corruption (the first damaged record; the visit stops), closed.
  [[nodiscard]] Result<void> range(const KvRange& range, const Visitor& visitor) const;

  /// The number of keys of `range`, each looked at. Errors: as range, without reading values.
  [[nodiscard]] Result<std::uint64_t> count(const KvRange& range = {}) const;

  /// Called behind each step with bytes of segments that are done, and all there are; returns false to stop.
  using CompactProgress = std::function<bool(std::uint64_t done_bytes, std::uint64_t total_bytes)>;

  /// Gives back what was replaced or erased, in the caller's thread, beside readers and writers: each segment of the space
  /// that holds any of it now. Segments that are still written to are left as they are, and what snapshots, scans and views
  /// look at is given out again behind them.
  /// Durability: what it copies is durable before the old place is free; buffered writes become durable on the way.
  /// Errors: no_space (too little room for copies; what was done by then stays), io, read_only, closed, locked.
  [[nodiscard]] Result<void> compact(const CompactProgress& progress = {});

  /// What the space holds, and what cleaning did. Cost: a step for each segment. Errors: closed.
  [[nodiscard]] Result<KvStatistics> statistics() const;
  /// What is stored with the space. Errors: closed.
  [[nodiscard]] Result<KvSettings> settings() const;

  /// Replaces it; writes that begin later heed it. Durability: immediate.
  /// Errors: invalid_argument (`ordered` is another, a bound is passed), no_space, io, read_only, closed, locked.
  [[nodiscard]] Result<void> set_settings(const KvSettings& settings);

  /// The space's name. Lifetime: as long as any handle of the space.
  [[nodiscard]] std::string_view name() const noexcept;

 private:
  friend class Store;
  friend class Batch;
  friend class BatchCommit;
  friend kv::KvSpace& kv::space_of(const Kv& handle) noexcept;

  Kv(std::shared_ptr<kv::KvSpace> space, KvOptions options) noexcept;

  std::shared_ptr<kv::KvSpace> space_;
  KvOptions options_;
};

}  // namespace holdfast
