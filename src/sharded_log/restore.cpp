// What lies behind a checkpoint goes.

#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/sharded_log.hpp>

#include "common/base/success.hpp"
#include "sharded_log/checkpoint_record.hpp"
#include "sharded_log/checkpoints.hpp"
#include "sharded_log/end_cuts.hpp"
#include "sharded_log/sharded_log_state.hpp"

namespace holdfast::sharded_log {
namespace {

/// The ends behind the cut. Errors: out_of_bounds, closed, not_found.
Result<std::vector<EndCut>> ends_behind(const ShardedLogState& log, const Checkpoint& checkpoint) {
  const auto streams = streams_of(log);
  std::vector<EndCut> ends;
  ends.reserve(streams.size());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const auto begin = begin_of(streams[i]);
    if (!begin) return Unexpected(begin.error());
    if (*begin > checkpoint.next[i]) return begins_behind(streams[i], checkpoint.next[i], *begin);
    ends.push_back({streams[i], checkpoint.next[i]});
  }
  return ends;
}

/// Makes checkpoints what they were whose records have just been erased; best effort, for who has changed nothing else.
void keep_again(ShardedLogState& log, const std::vector<KeptCheckpoint>& gone) {
  std::vector<LedgerChange> changes;
  changes.reserve(gone.size());
  for (const KeptCheckpoint& kept : gone) changes.push_back(kept_as(log.number(), kept.sequence, *kept.checkpoint));
  if (!log.ledger().change(changes, Durability::immediate)) return;
  for (const KeptCheckpoint& kept : gone) log.checkpoints().show(kept);
}

// Crash order, as in docs/durability.md "checkpoints", "restoring". Nobody appends meanwhile: what is acknowledged
// behind the cut of the ends is behind the gap as well.
Result<void> restore_to(ShardedLogState& log, const KeptCheckpoint& kept) {
  const auto ends = ends_behind(log, *kept.checkpoint);
  if (!ends) return Unexpected(ends.error());
  const auto younger = log.checkpoints().all([&](const KeptCheckpoint& one) { return one.sequence > kept.sequence; });
  if (!younger.empty())
    if (auto gone = forget_checkpoints(log, younger); !gone) return Unexpected(gone.error());  // (1)
  if (auto cut = cut_ends(*ends); !cut) {                                                      // (2)
    keep_again(log, younger);
    return cut;
  }
  return log.rebuild_index();
}

}  // namespace
}  // namespace holdfast::sharded_log

namespace holdfast {

Result<void> ShardedLog::restore(std::string_view id) {
  return state_->answer([&]() -> Result<void> {
    if (auto checked = sharded_log::check_checkpoint_id(id); !checked) return checked;
    if (state_->stores().size() > 1)
      return Unexpected(Error{.code = ErrorCode::not_supported,
                              .message = "a log over several stores can't be restored in one step"});
    const auto upkeep = state_->upkeep().enter(sharded_log::UpkeepTurn::Kind::brief);
    if (!upkeep) return Unexpected(upkeep.error());
    const std::unique_lock turn(state_->checkpoint_turn());
    const auto found = state_->checkpoints().find(id);
    if (!found) return Unexpected(Error{.code = ErrorCode::not_found, .message = "no checkpoint of that id"});
    if (auto abandoned = state_->abandon_reshard(); !abandoned) return abandoned;
    return state_->gate().alone([&] { return sharded_log::restore_to(*state_, *found); });
  });
}

}  // namespace holdfast
