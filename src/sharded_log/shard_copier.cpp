#include "sharded_log/shard_copier.hpp"

#include <algorithm>
#include <utility>

#include "common/base/success.hpp"
#include "log/entry_batch.hpp"
#include "log/log_stream.hpp"

namespace holdfast::sharded_log {
namespace {

Unexpected keyless(const Log& stream, LogId id) {
  Error error{.code = ErrorCode::corruption,
              .message = "a record of stream '" + std::string(stream.name()) + "' has no key, and can't be dealt out"};
  error.expected = "records of the sharded log alone";
  error.found = "record " + std::to_string(id);
  return Unexpected(std::move(error));
}

}  // namespace

ReshardRecord ShardCopier::with_batch() const {
  ReshardRecord record = record_;
  record.done_records += batch_.size();
  record.next = next_;
  return record;
}

void ShardCopier::take(std::size_t shard, const LogEntryView& entry) {
  batch_.push_back({.key = std::string(*entry.key),
                    .payload = std::string(entry.payload),
                    .timestamp_us = entry.timestamp_us,
                    .erases_key = entry.erases_key,
                    .shard = log_.shard_of(to_, *entry.key)});
  batch_bytes_ += entry.key->size() + entry.payload.size();
  next_[shard] = entry.id + 1;
}

// What is not there any more below the limit has been taken away, and is passed over; what is lost to damage is not.
Result<bool> ShardCopier::gather_from(std::size_t shard, LogId limit) {
  const Log& stream = from_.streams[shard];
  for (;;) {
    const auto first = stream.first_id();
    if (!first) return Unexpected(first.error());
    next_[shard] = std::max(next_[shard], *first);
    if (next_[shard] >= limit) return true;
    if (is_full()) return false;
    LogId without_key = 0;
    const auto visit = [&](const LogEntryView& entry) {
      if (entry.id >= limit) return false;
      if (!entry.key) without_key = entry.id;
      if (!entry.key) return false;
      take(shard, entry);
      return !is_full() && next_[shard] < limit;
    };
    const auto end = log::stream_of(stream).scan(next_[shard], visit, {.verify = true, .on_damage = OnDamage::fail});
    if (!end && end.error().code == ErrorCode::out_of_bounds) continue;  // retention was here
    if (!end) return Unexpected(end.error());
    if (without_key != 0) return keyless(stream, without_key);
    if (is_full()) return next_[shard] >= limit;
    next_[shard] = limit;
    return true;
  }
}

Result<bool> ShardCopier::gather(std::span<const LogId> limit) {
  batch_.clear();
  batch_bytes_ = 0;
  next_ = record_.next;
  for (std::size_t shard = 0; shard < next_.size(); ++shard) {
    const auto is_done = gather_from(shard, limit[shard]);
    if (!is_done || !*is_done) return is_done;
  }
  return true;
}

Result<std::vector<LogId>> ShardCopier::next_ids_behind() const {
  std::vector<LogId> ids;
  ids.reserve(to_.streams.size());
  for (const Log& stream : to_.streams) {
    const auto next = stream.next_id();
    if (!next) return Unexpected(next.error());
    ids.push_back(*next);
  }
  for (const Copy& copy : batch_) ++ids[copy.shard];
  return ids;
}

Result<void> ShardCopier::write(std::span<const LedgerChange> changes) {
  log::EntryBatch entries(batch_.size());
  for (const Copy& copy : batch_)
    entries.add(log::stream_of(to_.streams[copy.shard]), copy.timestamp_us, copy.key, copy.payload, copy.erases_key);
  ReshardRecord written = with_batch();
  if (auto changed = log_.ledger().change(changes, Durability::immediate, entries.entries()); !changed) return changed;
  record_ = std::move(written);
  for (std::size_t i = 0; i < batch_.size(); ++i)
    log_.note(to_, batch_[i].shard, batch_[i].key, entries.entries()[i].draft.version);
  batch_.clear();
  batch_bytes_ = 0;
  return success();
}

}  // namespace holdfast::sharded_log
