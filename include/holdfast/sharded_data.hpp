#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include <holdfast/error.hpp>
#include <holdfast/options.hpp>
#include <holdfast/region.hpp>
#include <holdfast/store.hpp>

namespace holdfast {

/// Limit of a data set: 2^20 shards.
inline constexpr std::uint64_t kShardCountMax = std::uint64_t{1} << 20;

/// A shard of a data set.
struct ShardInfo {
  std::uint64_t index = 0;
  std::uint64_t offset = 0;      ///< Of its first byte, in the data set.
  std::uint64_t size_bytes = 0;  ///< The shard size; of the last shard maybe less, never 0.
  RegionId region = 0;           ///< The region that holds it, one without a name.
  std::uint64_t checksum = 0;    ///< XXH3-64 of its bytes, seed 0, as when they were written.
};

namespace sharded {
struct DataSet;
}  // namespace sharded

/// A large array of bytes in a Store, kept as regions of one size and written as a whole: in parallel, with bounded
/// memory, and a checksum for each shard.
///
/// The shards are regions without a name; the region of the data set's name lists them with their checksums. It comes
/// last and in one step, so a data set is whole or not there, and one that is replaced is the old or the new one. Its
/// other name is that region's Region::rename(). Shards of a write that a crash has ended are leftovers, marked as such:
/// the first write() behind an open takes them away, and so does remove_leftovers().
///
/// A handle is cheap to copy, may outlive its Store (then every call answers `closed`), and shows the data set as it was
/// when the handle was made: once that is replaced or removed, calls that read answer `not_found`, and open() has the
/// new one. What a handle reads is never a mixture.
///
/// Memory: write() and all that reads take none for the bytes; write_from() one buffer of the shard size a thread.
/// Threads: every method may be called from any number of threads. Of two that write or remove one name at the same
/// time the second gets `busy`.
class ShardedData {
 public:
  /// Fills `bytes`, those of the data set from `offset` on: one shard. Called from up to ShardedDataOptions::threads
  /// threads at once, once a shard, in no order; with one thread in theirs. Lifetime: `bytes` until it returns.
  using Source = std::function<Result<void>(std::uint64_t offset, std::span<std::byte> bytes)>;

  /// Stores `bytes` as the data set `name`; replaces one that is there (ShardedDataOptions::mode).
  /// Durability: on return. After a crash before that it is there as a whole or not at all; of a replacement, the old one or
  ///             the new one.
  /// Cost: two syncs or fences a shard, and two for the data set. While it is replaced both have their room.
  /// Errors:     invalid_argument (name, shard size), too_large (more than kShardCountMax shards), exists (by mode, or the
  ///             name belongs to something else), not_found (by mode), busy (somebody is writing or removing that name),
  ///             no_space, read_only, closed, locked: nothing changed, and the shards that were written are gone, or
  ///             leftovers where they can't be removed any more. no_memory, io: as of any write, the next open may show it.
  [[nodiscard]] static Result<ShardedData> write(Store& store, std::string_view name, std::span<const std::byte> bytes,
                                                 ShardedDataOptions options = {});

  /// The same for `size_bytes` bytes that `source` makes, shard by shard.
  /// Durability, Cost, Errors: as write(); and `source`'s, that of the first shard where several fail: nothing changed.
  [[nodiscard]] static Result<ShardedData> write_from(Store& store, std::string_view name, std::uint64_t size_bytes,
                                                      const Source& source, ShardedDataOptions options = {});

  /// The data set of that name. Reads the list of shards, and sees that each is there in its size.
  /// Errors: invalid_argument (name), not_found, exists (the name belongs to something else), corruption (the list fails its
  ///         checksum, or a shard is missing or of another size), version_mismatch (a list of a newer format), closed.
  [[nodiscard]] static Result<ShardedData> open(Store& store, std::string_view name, ShardedDataOptions options = {});

  /// Removes the data set of that name, a damaged one as well. Views of its shards stay readable.
  /// Durability: it is gone for good on return. After a crash before that it is there as a whole or not at all, and then
  ///             its shards are leftovers.
  /// Errors:     not_found, exists (the name belongs to something else), invalid_argument, busy, no_space, io, read_only,
  ///             closed, locked.
  [[nodiscard]] static Result<void> remove(Store& store, std::string_view name);

  /// Removes all shards that belong to no data set and no write under way; how many there were. Looks at every region.
  /// After a write that ended with io or no_memory it removes nothing until the store is opened again: only then can be told
  /// what that write has left.
  /// Errors: corruption (the list of a data set is damaged, so nobody knows which shards are its own; nothing was
  ///         removed), version_mismatch (likewise), no_space, io, read_only, closed, locked.
  [[nodiscard]] static Result<std::uint64_t> remove_leftovers(Store& store);

  /// Fills `bytes` with those from `offset` on. Of shards that are read as a whole the checksum is checked
  /// (ShardedDataOptions::verify_on_read), of those read in part it is not.
  /// Errors: out_of_bounds (not all inside the data set; nothing was read), corruption (a shard does not match its checksum:
  ///         message, offset in the data set, expected and found say which), not_found (replaced or removed), closed.
  [[nodiscard]] Result<void> read(std::uint64_t offset, std::span<std::byte> bytes) const;

  /// Called with each shard and its bytes where they lie. `bytes` lives until it returns.
  using Visitor = std::function<Result<void>(const ShardInfo& shard, const RegionView& bytes)>;

  /// Visits every shard once, from up to ShardedDataOptions::threads threads at the same time and in no order; with one
  /// thread in theirs. Each is checked before the visitor gets it (ShardedDataOptions::verify_on_read).
  /// Errors: as read(); the visitor's. The first one ends the visit, that of the first shard where several fail.
  [[nodiscard]] Result<void> for_each_shard(const Visitor& visitor) const;

  /// Reads every shard and holds it against its checksum.
  /// Errors: corruption (names the first damaged shard, and says how many there are), not_found (replaced or removed), io,
  ///         closed.
  [[nodiscard]] Result<void> verify() const;

  /// Bytes in the data set.
  [[nodiscard]] std::uint64_t size_bytes() const noexcept;
  [[nodiscard]] std::uint64_t shard_size_bytes() const noexcept;
  [[nodiscard]] std::uint64_t shard_count() const noexcept;

  /// What is known of a shard. Requires: index < shard_count().
  [[nodiscard]] ShardInfo shard(std::uint64_t index) const noexcept;

 private:
  explicit ShardedData(std::shared_ptr<const sharded::DataSet> data) noexcept;

  std::shared_ptr<const sharded::DataSet> data_;
};

}  // namespace holdfast
