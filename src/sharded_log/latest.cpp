// Finding the latest record of a key, by the index and, where it can't tell, by looking.

#include "sharded_log/latest.hpp"

#include <string>
#include <utility>

#include "sharded_log/appending.hpp"

namespace holdfast::sharded_log {
namespace {

/// One look for one key. Threads: one.
class LatestSearch {
 public:
  LatestSearch(const Shards& shards, std::uint32_t shard, std::string_view key, OnDamage on_damage)
      : shards_(shards), shard_(shard), stream_(shards.streams[shard]), key_(key), on_damage_(on_damage) {}

  /// The latest record, one that erases the key as well.
  Result<std::optional<LogEntry>> run() const {
    const auto first = stream_.first_id();
    if (!first) return Unexpected(first.error());
    const auto indexed = shards_.index.find(shard_, key_);
    if (const LogId end = shards_.damage_end[shard_]; end > *first && indexed.value_or(0) < end)
      if (on_damage_ == OnDamage::fail) return Unexpected(damaged(end - 1));
    if (shards_.index.is_partial()) {
      const auto next = stream_.next_id();
      return next ? look_down(*next) : Unexpected(next.error());
    }
    if (!indexed) return std::nullopt;
    auto entry = stream_.read(*indexed);
    if (entry && entry->key == key_) return std::move(*entry);
    if (entry) return look_down(*indexed - 1);  // another key with the same hash
    if (entry.error().code == ErrorCode::not_found) return look_behind_hole(*indexed);
    if (entry.error().code == ErrorCode::corruption && on_damage_ == OnDamage::skip) return look_down(*indexed - 1);
    return Unexpected(entry.error());
  }

 private:
  /// The record was taken away: with all below, or only with those above, and then there may be an older one.
  Result<std::optional<LogEntry>> look_behind_hole(LogId hole) const {
    auto found = look_down(hole - 1);
    if (found) shards_.index.amend(shard_, key_, hole, *found ? std::optional((*found)->id) : std::nullopt);
    return found;
  }

  /// From `from` on downwards.
  Result<std::optional<LogEntry>> look_down(LogId from) const {
    std::optional<LogEntry> found;
    const auto end = stream_.scan_back(from, [&](const LogEntryView& entry) {
      if (entry.key != key_) return true;
      found = LogEntry{.id = entry.id,
                       .timestamp_us = entry.timestamp_us,
                       .payload = std::string(entry.payload),
                       .key = std::string(key_),
                       .erases_key = entry.erases_key};
      return false;
    });
    if (!end && end.error().code != ErrorCode::out_of_bounds) return Unexpected(end.error());  // all below has gone
    return found;
  }

  [[nodiscard]] Error damaged(LogId id) const {
    Error error{.code = ErrorCode::corruption,
                .message = "a record of stream '" + std::string(stream_.name()) +
                           "' is damaged, which may be the latest of this key"};
    error.expected = "no damage behind the key's records";
    error.found = "damage in record " + std::to_string(id);
    return error;
  }

  const Shards& shards_;
  const std::uint32_t shard_;
  const Log& stream_;
  const std::string_view key_;
  const OnDamage on_damage_;
};

}  // namespace

Result<std::optional<LogEntry>> latest_of(const ShardedLogState& log, std::string_view key) {
  if (!log.options().index_latest)
    return Unexpected(
        Error{.code = ErrorCode::not_supported, .message = "the log was opened without an index of latest records"});
  if (auto checked = check_key(key); !checked) return Unexpected(checked.error());
  const auto shards = log.shards();
  auto found = LatestSearch(*shards, log.shard_of(*shards, key), key, log.options().log.on_damage).run();
  if (found && *found && (*found)->erases_key) return std::nullopt;
  return found;
}

}  // namespace holdfast::sharded_log
