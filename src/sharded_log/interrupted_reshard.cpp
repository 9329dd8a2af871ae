// What a reshard has left that was interrupted: whether it can be gone on with, and how it goes away.

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/success.hpp"
#include "log/log_stream.hpp"
#include "sharded_log/checkpoint_record.hpp"
#include "sharded_log/resharding.hpp"
#include "sharded_log/shard_streams.hpp"

namespace holdfast::sharded_log {

Result<void> Resharding::drop_generation(ShardedLogState& log, const ReshardRecord& record) {
  if (auto dropped = generation_of(log, record.generation, record.shard_count).drop(0, false); !dropped) return dropped;
  const auto changes = forget_reshard(log.ledger(), log.number());
  return changes ? log.ledger().change(*changes, Durability::immediate) : Unexpected(changes.error());
}

// The other generation is never the log's: what is dropped as not needed would be the log.
Result<std::optional<ReshardRecord>> Resharding::recorded(const ShardedLogState& log) {
  auto record = find_reshard(log.ledger(), log.number());
  if (!record || !*record || (*record)->generation != log.manifest().generation) return record;
  return Unexpected(Error{.code = ErrorCode::corruption,
                          .message = "what the store has kept of a reshard is about the log's own shards",
                          .expected = "another generation than " + std::to_string(log.manifest().generation),
                          .found = "that one"});
}

Result<void> Resharding::drop_unneeded(ShardedLogState& log) {
  const auto record = recorded(log);
  if (!record) return Unexpected(record.error());
  return *record && (*record)->phase == ReshardPhase::dropping ? drop_generation(log, **record) : success();
}

Result<void> Resharding::drop_interrupted(ShardedLogState& log) {
  auto record = recorded(log);
  if (!record) return Unexpected(record.error());
  if (!*record) return success();
  (*record)->phase = ReshardPhase::dropping;
  (*record)->next.clear();
  const LedgerChange dropping = keep_reshard(log.number(), **record);
  if (auto kept = log.ledger().change({&dropping, 1}, Durability::immediate); !kept) return kept;
  return drop_generation(log, **record);
}

Result<std::optional<ReshardRecord>> Resharding::find_interrupted() {
  auto record = recorded(log_);
  if (!record || !*record) return record;
  const auto goes_on = may_go_on(**record);
  if (!goes_on) return Unexpected(goes_on.error());
  if (*goes_on) return record;
  moved_.clear();
  if (auto dropped = drop_interrupted(log_); !dropped) return Unexpected(dropped.error());
  return std::nullopt;
}

// Not where a shard ends before what was copied, which no power cut leaves: it was durable. Not where compaction has passed
// what was copied, and may have left out the erase of a key that is in the copy; nor where records behind the cut of a
// checkpoint were copied whose like in the new shards nobody knows.
Result<bool> Resharding::may_go_on(const ReshardRecord& record) {
  const bool is_asked = record.phase == ReshardPhase::copying && record.shard_count == shard_count_ &&
                        record.generation > from_.generation && record.next.size() == from_.streams.size();
  if (!is_asked || log_.manifest().shard_count == shard_count_) return false;
  for (std::size_t i = 0; i < record.next.size(); ++i) {
    const auto next = from_.streams[i].next_id();
    if (!next) return Unexpected(next.error());
    if (record.next[i] > *next) return false;
    const auto compacted = log::stream_of(from_.streams[i]).compacted_below();
    if (!compacted) return Unexpected(compacted.error());
    if (record.next[i] > 1 && *compacted > record.next[i]) return false;
  }
  const auto cuts = log_.ledger().all(LedgerKind::moved_cut, log_.number());
  if (!cuts) return Unexpected(cuts.error());
  for (const LedgerRecord& kept : *cuts) {
    const auto sequence = decode_sequence(kept.name);
    auto cut = decode_moved_cut(kept.value);
    if (!cut) return Unexpected(cut.error());
    if (sequence && cut->next.size() == shard_count_) moved_.emplace(*sequence, std::move(*cut));
  }
  for (const KeptCheckpoint& kept : log_.checkpoints().all()) {
    if (is_moved(kept)) continue;
    for (std::size_t i = 0; i < record.next.size(); ++i) {
      const auto first = from_.streams[i].first_id();
      if (!first) return Unexpected(first.error());
      if (record.next[i] > std::max(kept.checkpoint->next[i], *first)) return false;
    }
  }
  return true;
}

}  // namespace holdfast::sharded_log
