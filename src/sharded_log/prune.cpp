// What lies below a checkpoint goes.

#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/sharded_log.hpp>

#include "common/base/success.hpp"
#include "log/log_stream.hpp"
#include "sharded_log/checkpoint_record.hpp"
#include "sharded_log/checkpoints.hpp"
#include "sharded_log/sharded_log_state.hpp"

namespace holdfast::sharded_log {
namespace {

Unexpected stands_below(const std::string& who, const Log& stream, LogId cut, LogId where) {
  Error error{.code = ErrorCode::busy, .message = who + " of stream '" + std::string(stream.name()) + "' stands below"};
  error.expected = "record " + std::to_string(cut) + " or above";
  error.found = "record " + std::to_string(where);
  return Unexpected(error);
}

/// Whether Log::truncate_before() would do it, as things stand.
Result<void> check_nobody_is_below(const Log& stream, LogId cut) {
  const auto first = stream.first_id();
  if (!first) return Unexpected(first.error());
  if (*first >= cut) return success();  // nothing would go
  const auto reader = log::stream_of(stream).positions().decide([](std::optional<LogId> lowest) { return lowest; });
  if (reader && *reader < cut) return stands_below("a reader", stream, cut, *reader);
  const auto cursors = stream.cursors();
  if (!cursors) return Unexpected(cursors.error());
  for (const LogCursor& cursor : *cursors)
    if (cursor.protects && cursor.next < cut)
      return stands_below("cursor '" + cursor.name + "'", stream, cut, cursor.next);
  return success();
}

// Crash order, as in docs/durability.md "checkpoints", "pruning". All shards are asked before the first one is
// touched; who comes in between stops it half way, and it can be done again.
Result<CheckpointPrune> prune_below(ShardedLogState& log, const KeptCheckpoint& kept) {
  auto streams = streams_of(log);
  const std::vector<LogId>& cut = kept.checkpoint->next;
  for (std::size_t i = 0; i < streams.size(); ++i)
    if (auto checked = check_nobody_is_below(streams[i], cut[i]); !checked) return Unexpected(checked.error());
  if (auto abandoned = log.abandon_reshard(); !abandoned) return Unexpected(abandoned.error());
  CheckpointPrune pruned;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const auto before = streams[i].first_id();
    if (!before) return Unexpected(before.error());
    const auto truncation = streams[i].truncate_before(cut[i]);  // (1)
    if (!truncation) return Unexpected(truncation.error());
    pruned.shards += truncation->first_id > *before ? 1 : 0;
    pruned.segments += truncation->segments;
    pruned.bytes += truncation->bytes;
  }
  const auto older = log.checkpoints().all([&](const KeptCheckpoint& one) { return one.sequence < kept.sequence; });
  const auto forgotten_ones = forget_checkpoints(log, older);  // (2)
  if (!forgotten_ones) return Unexpected(forgotten_ones.error());
  pruned.checkpoints = *forgotten_ones;
  return pruned;
}

}  // namespace
}  // namespace holdfast::sharded_log

namespace holdfast {

Result<CheckpointPrune> ShardedLog::prune_before(std::string_view id) {
  return state_->answer([&]() -> Result<CheckpointPrune> {
    if (auto checked = sharded_log::check_checkpoint_id(id); !checked) return Unexpected(checked.error());
    const auto upkeep = state_->upkeep().enter(sharded_log::UpkeepTurn::Kind::brief);
    if (!upkeep) return Unexpected(upkeep.error());
    const std::shared_lock turn(state_->checkpoint_turn());
    const auto found = state_->checkpoints().find(id);
    if (!found) return Unexpected(Error{.code = ErrorCode::not_found, .message = "no checkpoint of that id"});
    return sharded_log::prune_below(*state_, *found);
  });
}

}  // namespace holdfast
