#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/kv.hpp>
#include <holdfast/log.hpp>
#include <holdfast/region.hpp>

namespace holdfast {

/// Operations that Store::commit makes visible after a crash all together or not at all, over any mix of
/// spaces, streams and regions of one store.
///
/// The batch keeps its own copy of keys, values, payloads and bytes. Of several operations on one key, or cursor, the last one
/// counts; of appends each one does, and those on one region apply in their order. Where memory runs out for one that is added, Store::commit answers no_memory until
/// clear(): no operation is lost alone. Threads: one at a time.
class Batch {
 public:
  /// Adds Kv::put. Arguments are checked by Store::commit. Of the options the time to live counts, from the commit on, or
  /// the time of expiry; how durable it is the commit says.
  void put(const Kv& space, std::string_view key, std::string_view value, const PutOptions& options = {});

  /// Adds Kv::erase.
  void erase(const Kv& space, std::string_view key);

  /// Adds Log::append. The appends to one stream get consecutive ids, in this order, and are shown once the
  /// batch is as durable as was asked. Of the options key and timestamp count; how durable it is the commit says.
  void append(const Log& stream, std::string_view payload, AppendOptions options = {});

  /// Adds Log::commit_cursor: what was made of the records and how far they were handled are there together, so each counts
  /// exactly once. The place is one that the stream has before the commit, its own appends do not count. Of the options
  /// `protects` counts; how durable it is the commit says. Errors of Store::commit: as Log::commit_cursor as well.
  void commit_cursor(const Log& stream, std::string_view name, LogId next, CursorOptions options = {});

  /// Adds Region::write_at, all or nothing as Region::update(). A batch with an operation on a region is durable when
  /// Store::commit returns, whatever its level says; other writes to that region wait meanwhile.
  void write_at(const Region& region, std::uint64_t offset, std::span<const std::byte> bytes);

  /// Adds Region::truncate_write. As write_at().
  void truncate_write(const Region& region, std::uint64_t offset, std::span<const std::byte> bytes);

  /// Operations added so far.
  [[nodiscard]] std::uint64_t count() const noexcept { return operations_.size(); }

  /// Forgets all operations; the memory is kept for reuse.
  void clear() noexcept;

 private:
  friend class BatchCommit;
  friend class BatchCursors;
  friend class BatchRegions;
  enum class Kind : std::uint8_t { put, erase, append, commit_cursor, write_at, truncate_write };

  /// One operation; its bytes are the key, if it has one, and behind it the value or payload.
  struct Operation {
    std::size_t start = 0;  ///< In bytes_.
    std::size_t key_size_bytes = 0;
    std::size_t value_size_bytes = 0;
    std::uint32_t handle = 0;  ///< In spaces_, of an append or a cursor in streams_, of a region's in regions_.
    Kind kind{};
    std::uint64_t offset = 0;  ///< In the region; of a cursor its place.
    std::optional<std::uint64_t> ttl_ms{};         ///< Of a put.
    std::optional<std::uint64_t> expires_at_us{};  ///< Of a put.
    std::optional<std::uint64_t> timestamp_us{};   ///< Of an append.
    bool is_keyed = false;                         ///< Of an append: it has a key, which may be empty.
    bool protects = true;                          ///< Of a cursor, whose name is the key.

    [[nodiscard]] bool is_of_region() const noexcept { return kind == Kind::write_at || kind == Kind::truncate_write; }
  };

  template <class Handle>
  void add(Operation operation, const Handle& handle, std::string_view key, std::string_view value);
  [[nodiscard]] std::uint32_t handle_of(const Kv& space);
  [[nodiscard]] std::uint32_t handle_of(const Log& stream);
  [[nodiscard]] std::uint32_t handle_of(const Region& region);

  std::vector<Kv> spaces_;  // each handle once, however many operations name it
  std::vector<Log> streams_;
  std::vector<Region> regions_;
  std::vector<Operation> operations_;
  std::string bytes_;
  bool is_short_ = false;  // memory ran out for one that was to be added
};

}  // namespace holdfast
