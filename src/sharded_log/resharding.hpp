#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/sharded_log.hpp>

#include "sharded_log/checkpoint_book.hpp"
#include "sharded_log/compaction_pause.hpp"
#include "sharded_log/reshard_record.hpp"
#include "sharded_log/shard_copier.hpp"
#include "sharded_log/sharded_log_state.hpp"

namespace holdfast::sharded_log {

/// Makes a new generation of shards out of the old one while appends go on.
///
/// Crash order, as in docs/durability.md "sharded logs", "reshard": (1) the ledger knows of the new generation; (2) its shards are
/// there; (3) records are copied, batch by batch, with how far that is; all below the cut of the oldest checkpoint first,
/// then all below the next one's, so that each cut has its like in the new shards; (4) no append is under way, the rest
/// is copied, and in the same step the log is of the new generation, and its checkpoints are; (5) the old shards go. Before
/// (4) the log is the old one, and goes on from where it was; behind it the next open goes on with (5).
/// Threads: one.
class Resharding {
 public:
  /// As ShardedLog::reshard.
  [[nodiscard]] static Result<void> run(ShardedLogState& log, std::uint32_t shards, const ShardedLog::OnReshard& progress);

  /// (5), if a reshard has got there. Requires: a turn of upkeep(), or nobody else uses the log yet.
  [[nodiscard]] static Result<void> drop_unneeded(ShardedLogState& log);

  /// As ShardedLogState::abandon_reshard.
  [[nodiscard]] static Result<void> drop_interrupted(ShardedLogState& log);

 private:
  Resharding(ShardedLogState& log, const Shards& from, std::uint32_t shards, const ShardedLog::OnReshard& progress)
      : log_(log), from_(from), compaction_pause_(from.streams), shard_count_(shards), progress_(progress) {}

  /// What the ledger keeps of a reshard, if anything. Errors: corruption, version_mismatch, closed.
  [[nodiscard]] static Result<std::optional<ReshardRecord>> recorded(const ShardedLogState& log);
  [[nodiscard]] static Result<void> drop_generation(ShardedLogState& log, const ReshardRecord& record);

  /// What there is to go on with; what there is besides goes.
  [[nodiscard]] Result<std::optional<ReshardRecord>> find_interrupted();
  [[nodiscard]] Result<bool> may_go_on(const ReshardRecord& record);
  [[nodiscard]] Result<ReshardRecord> begin();                       // (1)
  [[nodiscard]] Result<void> prepare(const ReshardRecord& record);   // (2)
  [[nodiscard]] Result<void> copy_most();                            // (3)
  [[nodiscard]] Result<void> finish();                               // (4)
  [[nodiscard]] Result<void> switch_over();

  /// What is there at one moment: every checkpoint that comes later has a cut that is not below `next`.
  struct Sight {
    std::vector<LogId> next;
    std::vector<KeptCheckpoint> checkpoints;
  };
  [[nodiscard]] Result<void> check_moved() const;
  [[nodiscard]] Result<Sight> look() const;
  [[nodiscard]] Result<void> copy_below(const Sight& sight);
  [[nodiscard]] Result<void> copy_stage(std::span<const LogId> limit, const KeptCheckpoint* checkpoint);
  [[nodiscard]] bool is_moved(const KeptCheckpoint& checkpoint) const;
  [[nodiscard]] bool are_moved(const Sight& sight) const;
  [[nodiscard]] Result<void> check_readers() const;
  void tell_progress() const;

  ShardedLogState& log_;
  const Shards& from_;
  const CompactionPause compaction_pause_;
  const std::uint32_t shard_count_;
  const ShardedLog::OnReshard& progress_;
  std::unique_ptr<Shards> to_;
  std::optional<ShardCopier> copier_;
  std::map<std::uint64_t, MovedCut> moved_;  // by the checkpoint's sequence
  std::uint64_t total_records_ = 0;
  bool is_alone_ = false;
};

}  // namespace holdfast::sharded_log
