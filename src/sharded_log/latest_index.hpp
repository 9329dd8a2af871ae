#pragma once

#include <tbb/concurrent_hash_map.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <holdfast/log.hpp>

namespace holdfast::sharded_log {

/// The latest record of each key, by its shard and a hash of the key: 64 bits, by a seed of the index's own.
///
/// Keys of one shard and hash share an entry, which names the latest record of them all; so it costs no look at a record to
/// keep it. Who asks compares the key of that record, and where it is another one, which next to never is, looks for its own
/// further down. Where memory ran out for an entry the index is partial: then whoever finds nothing looks for it too.
/// Threads: any.
class LatestIndex {
 public:
  explicit LatestIndex(std::uint64_t seed) noexcept : seed_(seed) {}

  /// Errors of memory make the index partial. The higher id counts, in whatever order they are noted.
  void note(std::uint32_t shard, std::string_view key, LogId id) noexcept;

  /// The entry of the key's hash.
  [[nodiscard]] std::optional<LogId> find(std::uint32_t shard, std::string_view key) const;

  /// The entry, if it names `from` still, names `to`; nothing: goes.
  void amend(std::uint32_t shard, std::string_view key, LogId from, std::optional<LogId> to) noexcept;

  [[nodiscard]] bool is_partial() const noexcept { return is_partial_.load(); }
  [[nodiscard]] std::uint64_t size() const noexcept { return entries_.size(); }

  /// Forgets all. Requires: nobody else uses the index.
  void clear() noexcept;

 private:
  struct Place {
    std::uint64_t hash;
    std::uint32_t shard;
  };
  struct SamePlace {
    [[nodiscard]] static std::size_t hash(const Place& place) noexcept { return place.hash; }
    [[nodiscard]] static bool equal(const Place& left, const Place& right) noexcept {
      return left.hash == right.hash && left.shard == right.shard;
    }
  };
  using Entries = tbb::concurrent_hash_map<Place, LogId, SamePlace>;

  [[nodiscard]] Place place_of(std::uint32_t shard, std::string_view key) const noexcept;

  const std::uint64_t seed_;
  Entries entries_;
  std::atomic<bool> is_partial_{false};
};

}  // namespace holdfast::sharded_log
