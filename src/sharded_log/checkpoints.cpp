// Cuts through all shards: made, shown, forgotten.

#include "sharded_log/checkpoints.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include <holdfast/sharded_log.hpp>

#include "common/base/success.hpp"
#include "sharded_log/checkpoint_record.hpp"
#include "sharded_log/sharded_log_state.hpp"

namespace holdfast::sharded_log {
namespace {

Unexpected unlike_the_log(std::string message, std::string expected, std::string found) {
  return Unexpected(Error{.code = ErrorCode::corruption,
                          .message = std::move(message),
                          .expected = std::move(expected),
                          .found = std::move(found)});
}

Unexpected no_such_checkpoint(std::string message) {
  return Unexpected(Error{.code = ErrorCode::not_found, .message = std::move(message)});
}

std::vector<LedgerChange> forgetting(const ShardedLogState& log, std::span<const std::uint64_t> sequences) {
  std::vector<LedgerChange> changes;
  changes.reserve(sequences.size() + 1);
  for (const std::uint64_t sequence : sequences) changes.push_back(forgotten(log.number(), sequence));
  return changes;
}

}  // namespace

bool goes_back(std::span<const LogId> next, std::span<const LogId> before) noexcept {
  for (std::size_t i = 0; i < std::min(next.size(), before.size()); ++i)
    if (next[i] < before[i]) return true;
  return false;
}

bool stands_beyond(const Checkpoint& checkpoint, std::span<const LogId> next_ids) noexcept {
  for (std::size_t i = 0; i < std::min(checkpoint.next.size(), next_ids.size()); ++i)
    if (checkpoint.next[i] > next_ids[i]) return true;
  return false;
}

LedgerChange kept_as(std::uint64_t log_number, std::uint64_t sequence, const Checkpoint& checkpoint) {
  return {.kind = LedgerKind::checkpoint,
          .number = log_number,
          .name = encode_sequence(sequence),
          .value = encode_checkpoint(checkpoint)};
}

LedgerChange forgotten(std::uint64_t log_number, std::uint64_t sequence) {
  return {.kind = LedgerKind::checkpoint, .number = log_number, .name = encode_sequence(sequence)};
}

std::vector<Log> streams_of(const ShardedLogState& log) { return log.shards()->streams; }

Result<std::vector<KeptCheckpoint>> recorded_checkpoints(const StoreLedger& ledger, std::uint64_t log_number) {
  const auto records = ledger.all(LedgerKind::checkpoint, log_number);
  if (!records) return Unexpected(records.error());
  std::vector<KeptCheckpoint> all;
  all.reserve(records->size());
  for (const LedgerRecord& record : *records) {
    const auto sequence = decode_sequence(record.name);
    if (!sequence)
      return unlike_the_log("a checkpoint that the store has kept has no sequence", "8 bytes",
                            std::to_string(record.name.size()));
    if (*sequence >= kCheckpointSequenceEnd)
      return unlike_the_log("a checkpoint has a sequence that no log gives out",
                            "less than " + std::to_string(kCheckpointSequenceEnd), std::to_string(*sequence));
    auto checkpoint = decode_checkpoint(record.value);
    if (!checkpoint) return Unexpected(checkpoint.error());
    all.push_back({*sequence, std::make_shared<const Checkpoint>(std::move(*checkpoint))});
  }
  return all;
}

// Of several with one id the youngest counts; the others go with the next change.
Result<void> load_checkpoints(ShardedLogState& log) {
  const auto next_ids = log.next_ids();
  if (!next_ids) return Unexpected(next_ids.error());
  auto recorded = recorded_checkpoints(log.ledger(), log.number());
  if (!recorded) return Unexpected(recorded.error());
  std::vector<LedgerChange> beyond;
  std::vector<LogId> before;  // of the one of the sequence before
  for (KeptCheckpoint& kept : *recorded) {
    if (kept.checkpoint->next.size() != next_ids->size())
      return unlike_the_log("a checkpoint is of another number of shards", std::to_string(next_ids->size()),
                            std::to_string(kept.checkpoint->next.size()));
    if (goes_back(kept.checkpoint->next, before))
      return unlike_the_log("a checkpoint goes back behind an older one", "cuts that rise from one to the next",
                            "one that does not");
    before = kept.checkpoint->next;
    if (stands_beyond(*kept.checkpoint, *next_ids))
      beyond.push_back(forgotten(log.number(), kept.sequence));
    else
      log.checkpoints().show(std::move(kept));
  }
  if (beyond.empty()) return success();
  const auto engine = log.stores().front().gate->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return engine->read_only() ? success() : log.ledger().change(beyond, Durability::immediate);
}

// Crash order, as in docs/durability.md "checkpoints".
Result<Checkpoint> make_checkpoint(ShardedLogState& log, std::string_view id) {
  CheckpointBook& book = log.checkpoints();
  KeptCheckpoint kept;
  Checkpoint made;
  made.id = id;
  bool one_sync_covers_all = false;
  {
    const auto engine = log.stores().front().gate->enter();
    if (!engine) return Unexpected(EngineGate::closed_error());
    made.created_us = engine->expiry_clock().read_us();
    // Else what is shown was fenced by its own write.
    one_sync_covers_all = log.stores().size() == 1 && engine->storage().capabilities().shares_syncs;
  }
  auto next_ids = log.gate().cut([&] {  // (1)
    kept.sequence = book.next_sequence();
    return log.next_ids();
  });
  if (!next_ids) return Unexpected(next_ids.error());
  made.next = std::move(*next_ids);
  kept.checkpoint = std::make_shared<const Checkpoint>(made);

  const auto superseded = book.superseded();
  auto changes = forgetting(log, superseded);
  changes.push_back(kept_as(log.number(), kept.sequence, made));
  if (log.stores().size() > 1)
    if (auto synced = log.sync(); !synced) return Unexpected(synced.error());  // (2)
  const Durability level = one_sync_covers_all ? Durability::buffered : Durability::immediate;
  if (auto written = log.ledger().change(changes, level); !written) return Unexpected(written.error());  // (3)
  if (one_sync_covers_all)
    if (auto synced = log.sync(); !synced) return Unexpected(synced.error());  // (4)
  book.forget_superseded(superseded);
  book.show(std::move(kept));  // (5)
  return made;
}

Result<std::uint64_t> forget_checkpoints(ShardedLogState& log, std::span<const KeptCheckpoint> victims) {
  CheckpointBook& book = log.checkpoints();
  const auto superseded = book.superseded();
  std::vector<std::uint64_t> sequences;
  sequences.reserve(victims.size() + superseded.size());
  for (const KeptCheckpoint& victim : victims) sequences.push_back(victim.sequence);
  sequences.insert(sequences.end(), superseded.begin(), superseded.end());
  if (sequences.empty()) return 0;
  const auto changes = forgetting(log, sequences);
  if (auto written = log.ledger().change(changes, Durability::immediate); !written) return Unexpected(written.error());
  book.forget_superseded(superseded);
  return book.hide(sequences);
}

}  // namespace holdfast::sharded_log

namespace holdfast {

Result<Checkpoint> ShardedLog::create_checkpoint(std::string_view id) {
  return state_->answer([&]() -> Result<Checkpoint> {
    if (auto checked = sharded_log::check_checkpoint_id(id); !checked) return Unexpected(checked.error());
    const std::shared_lock turn(state_->checkpoint_turn());
    return sharded_log::make_checkpoint(*state_, id);
  });
}

Result<Checkpoint> ShardedLog::checkpoint(std::string_view id) const {
  return state_->answer([&]() -> Result<Checkpoint> {
    if (auto checked = sharded_log::check_checkpoint_id(id); !checked) return Unexpected(checked.error());
    const auto found = state_->checkpoints().find(id);
    if (!found) return sharded_log::no_such_checkpoint("no checkpoint of that id");
    return *found->checkpoint;
  });
}

Result<Checkpoint> ShardedLog::latest_checkpoint() const {
  return state_->answer([&]() -> Result<Checkpoint> {
    const auto latest = state_->checkpoints().latest();
    if (!latest) return sharded_log::no_such_checkpoint("the log has no checkpoint");
    return *latest->checkpoint;
  });
}

Result<std::vector<Checkpoint>> ShardedLog::checkpoints() const {
  return state_->answer([&]() -> Result<std::vector<Checkpoint>> {
    std::vector<Checkpoint> all;
    for (const auto& kept : state_->checkpoints().all()) all.push_back(*kept.checkpoint);
    return all;
  });
}

Result<std::uint64_t> ShardedLog::keep_checkpoints(std::uint64_t keep) {
  return state_->answer([&]() -> Result<std::uint64_t> {
    const std::shared_lock turn(state_->checkpoint_turn());
    const auto all = state_->checkpoints().all();
    const auto victims =
        std::span(all).first(all.size() - static_cast<std::size_t>(std::min<std::uint64_t>(keep, all.size())));
    return sharded_log::forget_checkpoints(*state_, victims);
  });
}

}  // namespace holdfast
