// Checkpoints of sharded logs that a power cut has left without what is below them.

#include <vector>

#include "common/base/success.hpp"
#include "sharded_log/checkpoint_record.hpp"
#include "sharded_log/manifest.hpp"
#include "store_core.hpp"

namespace holdfast {
namespace {

/// Whether the cut stands above the end of one of its shards. What is malformed, or of shards that are not there, is
/// told whoever opens the log.
Result<bool> stands_beyond_an_end(const Checkpoint& checkpoint, const sharded_log::Manifest& manifest,
                                  std::string_view log_name, const auto& streams) {
  if (checkpoint.next.size() != manifest.shard_count) return false;
  for (std::uint32_t i = 0; i < manifest.shard_count; ++i) {
    const auto stream = streams.find(sharded_log::shard_name(log_name, manifest.generation, i));
    if (stream == streams.end()) return false;
    const auto next = stream->second->next_id();
    if (!next) return Unexpected(next.error());
    if (checkpoint.next[i] > *next) return true;
  }
  return false;
}

}  // namespace

// Crash order, as in docs/durability.md "checkpoints": they go for good before an id is given out again, else they
// would count as soon as their ids had come again. Over several stores nothing is looked for: there the record is
// written behind the syncs of what is below it.
Result<void> StoreCore::recover_checkpoints(const Engine& engine) {
  if (engine.read_only()) return success();
  const auto logs = ledger_->all(LedgerKind::sharded_log, 0);
  if (!logs) return Unexpected(logs.error());
  std::vector<LedgerChange> beyond;
  for (const LedgerRecord& log : *logs) {
    const auto manifest = sharded_log::decode_manifest(log.value);
    if (!manifest || manifest->store_count != 1) continue;
    const auto kept = ledger_->all(LedgerKind::checkpoint, manifest->log_number);
    if (!kept) return Unexpected(kept.error());
    for (const LedgerRecord& record : *kept) {
      const auto checkpoint = sharded_log::decode_checkpoint(record.value);
      if (!checkpoint) continue;
      const auto is_beyond = stands_beyond_an_end(*checkpoint, *manifest, log.name, log_streams_);
      if (!is_beyond) return Unexpected(is_beyond.error());
      if (*is_beyond)
        beyond.push_back({.kind = LedgerKind::checkpoint, .number = manifest->log_number, .name = record.name});
    }
  }
  return beyond.empty() ? success() : ledger_->change(beyond, Durability::immediate);
}

}  // namespace holdfast
