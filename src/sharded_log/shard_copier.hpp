#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/log.hpp>

#include "sharded_log/reshard_record.hpp"
#include "sharded_log/sharded_log_state.hpp"
#include "store_ledger.hpp"

namespace holdfast::sharded_log {

/// Copies records of the old shards to the new ones, each old shard in the order of its ids, so that a key's records keep theirs.
/// A batch of them is one write with what the ledger keeps: so nobody copies a record twice, or never.
/// Threads: one.
class ShardCopier {
 public:
  /// Bounds of a batch; one record is taken in any case.
  static constexpr std::size_t kBatchRecordsMax = 4'096;
  static constexpr std::size_t kBatchBytesMax = std::size_t{1} << 20;

  ShardCopier(const ShardedLogState& log, const Shards& from, const Shards& to, ReshardRecord record)
      : log_(log), from_(from), to_(to), record_(std::move(record)), next_(record_.next) {}

  /// Takes the next batch of records below `limit`, an id of each old shard; whether none is left behind it.
  /// Errors: corruption (a record is damaged, or has no key), closed.
  [[nodiscard]] Result<bool> gather(std::span<const LogId> limit);

  /// Whether there is nothing to tell the ledger of.
  [[nodiscard]] bool is_idle() const noexcept { return batch_.empty() && next_ == record_.next; }

  /// The new shards' next ids, once the batch is written. Errors: closed.
  [[nodiscard]] Result<std::vector<LogId>> next_ids_behind() const;

  /// Writes the batch, durable on return, and makes `changes` in the same step, to which progress() belongs if it is not the
  /// last. Errors: as StoreLedger::change; then the batch may be written again.
  [[nodiscard]] Result<void> write(std::span<const LedgerChange> changes);

  /// What the ledger shall keep of the batch.
  [[nodiscard]] LedgerChange progress() const { return keep_reshard(log_.number(), with_batch()); }

  /// How far all is that was written.
  [[nodiscard]] const ReshardRecord& record() const noexcept { return record_; }

 private:
  struct Copy {
    std::string key;
    std::string payload;
    std::uint64_t timestamp_us;
    bool erases_key;
    std::uint32_t shard;  ///< Of the new ones.
  };

  [[nodiscard]] Result<bool> gather_from(std::size_t shard, LogId limit);
  void take(std::size_t shard, const LogEntryView& entry);
  [[nodiscard]] bool is_full() const noexcept {
    return batch_.size() >= kBatchRecordsMax || batch_bytes_ >= kBatchBytesMax;
  }
  [[nodiscard]] ReshardRecord with_batch() const;

  const ShardedLogState& log_;
  const Shards& from_;
  const Shards& to_;
  ReshardRecord record_;
  std::vector<LogId> next_;  // behind the batch
  std::vector<Copy> batch_;
  std::size_t batch_bytes_ = 0;
};

}  // namespace holdfast::sharded_log
