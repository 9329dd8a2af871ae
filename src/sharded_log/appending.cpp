#include "sharded_log/appending.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/success.hpp"
#include "log/entry_batch.hpp"
#include "log/log_stream.hpp"

namespace holdfast::sharded_log {
namespace {

void tell_observer(const ShardedLogState& log, std::uint64_t records, std::uint64_t size_bytes) noexcept {
  if (log.observer() != nullptr) log.observer()->appended(records, size_bytes);
}

LogDraft draft_of(const ShardedLogDraft& record) noexcept {
  return {.payload = record.payload, .key = record.key, .timestamp_us = record.timestamp_us};
}

/// What of the records goes to one store: one write, with as many syncs as one append.
Result<void> append_part(const ShardedLogState& log, const Shards& shards, std::size_t store,
                         std::span<const ShardedLogDraft> records, std::span<ShardedLogId> places,
                         Durability durability) {
  const auto is_here = [&](const ShardedLogId& place) { return place.shard % log.stores().size() == store; };
  const auto count = static_cast<std::size_t>(std::count_if(places.begin(), places.end(), is_here));
  if (count == 0) return success();
  const auto engine = log.stores()[store].gate->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::uint64_t now_us = engine->expiry_clock().read_us();
  log::EntryBatch batch(count);
  for (std::size_t i = 0; i < records.size(); ++i)
    if (is_here(places[i]))
      batch.add(log::stream_of(shards.streams[places[i].shard]), records[i].timestamp_us.value_or(now_us), records[i].key,
                records[i].payload);
  if (auto written = engine->write(batch.entries(), durability); !written) return written;
  auto entry = batch.entries().begin();
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!is_here(places[i])) continue;
    places[i].id = (entry++)->draft.version;
    log.note(shards, places[i].shard, records[i].key, places[i].id);
    log::stream_of(shards.streams[places[i].shard]).ask_for_retention(*engine);
  }
  return success();
}

}  // namespace

Result<void> check_key(std::string_view key) {
  if (key.empty()) return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = "the key is empty"});
  return log::LogStream::check_draft({.key = key});
}

Result<ShardedLogId> append_one(const ShardedLogState& log, std::string_view key, std::string_view payload,
                                const AppendOptions& options, std::uint8_t flags) {
  if (key.empty()) [[unlikely]]  // one that is too large is the stream's to refuse
    return Unexpected(check_key(key).error());
  ShardedLogId place;
  {
    const auto pass = log.gate().enter(CutGate::Kind::single);
    const Shards& shards = log.shards(pass);
    place.shard = log.shard_of(shards, key);
    const auto id = log::stream_of(shards.streams[place.shard])
                        .append(payload, key, options.timestamp_us,
                                options.durability.value_or(log.options().log.durability), flags);
    if (!id) return Unexpected(id.error());
    place.id = *id;
    log.note(shards, place.shard, key, place.id);
  }
  tell_observer(log, 1, key.size() + payload.size());
  return place;
}

Result<std::vector<ShardedLogId>> append_all(const ShardedLogState& log, std::span<const ShardedLogDraft> records,
                                             Durability durability, CutGate::Kind kind) {
  std::uint64_t size_bytes = 0;
  for (const ShardedLogDraft& record : records) {
    if (auto checked = check_key(record.key); !checked) return Unexpected(checked.error());
    if (auto checked = log::LogStream::check_draft(draft_of(record)); !checked) return Unexpected(checked.error());
    size_bytes += record.key.size() + record.payload.size();
  }
  std::vector<ShardedLogId> places(records.size());
  if (records.empty()) return places;
  {
    const auto pass = log.gate().enter(kind);
    const Shards& shards = log.shards(pass);
    for (std::size_t i = 0; i < records.size(); ++i) places[i].shard = log.shard_of(shards, records[i].key);
    for (std::size_t store = 0; store < log.stores().size(); ++store)
      if (auto appended = append_part(log, shards, store, records, places, durability); !appended)
        return Unexpected(appended.error());
  }
  tell_observer(log, records.size(), size_bytes);
  return places;
}

}  // namespace holdfast::sharded_log
