#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <holdfast/checkpoint.hpp>
#include <holdfast/error.hpp>
#include <holdfast/log.hpp>

#include "sharded_log/checkpoint_book.hpp"
#include "store_ledger.hpp"

namespace holdfast::sharded_log {

class ShardedLogState;

/// Whether the cut stands above one of the shards' ends: then the power was cut before what is below it was durable.
[[nodiscard]] bool stands_beyond(const Checkpoint& checkpoint, std::span<const LogId> next_ids) noexcept;

/// Whether the cut `next` is below the cut `before` in some shard: none is below that of a checkpoint before it.
[[nodiscard]] bool goes_back(std::span<const LogId> next, std::span<const LogId> before) noexcept;

/// What the ledger has of a log's checkpoints, by their sequence. Errors: corruption, version_mismatch, closed.
[[nodiscard]] Result<std::vector<KeptCheckpoint>> recorded_checkpoints(const StoreLedger& ledger,
                                                                       std::uint64_t log_number);

/// The change that keeps it, and the one that forgets it.
[[nodiscard]] LedgerChange kept_as(std::uint64_t log_number, std::uint64_t sequence, const Checkpoint& checkpoint);
[[nodiscard]] LedgerChange forgotten(std::uint64_t log_number, std::uint64_t sequence);

/// Fills the book with what the ledger has; what stands beyond the shards' ends is not shown, and goes. Before
/// anybody else uses the log. Errors: corruption (of a record; another number of shards), version_mismatch, no_space,
/// io, closed.
[[nodiscard]] Result<void> load_checkpoints(ShardedLogState& log);

/// As ShardedLog::create_checkpoint, without a look at the id. Requires: checkpoint_turn() is held, shared.
[[nodiscard]] Result<Checkpoint> make_checkpoint(ShardedLogState& log, std::string_view id);

/// Forgets these, and what was superseded; how many were shown. Durable on return. Requires: checkpoint_turn() is held.
/// Errors: no_space, io, read_only, closed, locked.
[[nodiscard]] Result<std::uint64_t> forget_checkpoints(ShardedLogState& log, std::span<const KeptCheckpoint> victims);

/// Lets the log make checkpoints of itself, if its options ask for it: at once, if one is due. Before anybody else
/// uses the log, the last step of opening it.
void begin_auto_checkpoints(ShardedLogState& log);

/// Fills in what concerns checkpoints.
void add_checkpoint_statistics(const ShardedLogState& log, ShardedLogStatistics& statistics);

/// The streams of the shards, in order. Requires: a turn of upkeep(), or gate().alone(): else a reshard drops them.
[[nodiscard]] std::vector<Log> streams_of(const ShardedLogState& log);

}  // namespace holdfast::sharded_log
