#include "sharded_log/resharding.hpp"

#include <algorithm>
#include <limits>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>

#include "common/base/success.hpp"
#include "log/log_stream.hpp"
#include "sharded_log/checkpoint_record.hpp"
#include "sharded_log/checkpoints.hpp"
#include "sharded_log/index_records.hpp"
#include "sharded_log/shard_streams.hpp"

namespace holdfast::sharded_log {
namespace {

// How often what was appended meanwhile is copied, before appends have to wait for the rest.
constexpr int kRoundsMax = 8;

Unexpected impossible_count(std::uint32_t shards) {
  Error error{.code = ErrorCode::invalid_argument, .message = "no sharded log has so many shards"};
  error.expected = "1 to " + std::to_string(kLogShardsMax);
  error.found = std::to_string(shards);
  return Unexpected(std::move(error));
}

}  // namespace

Result<void> Resharding::run(ShardedLogState& log, std::uint32_t shards, const ShardedLog::OnReshard& progress) {
  if (shards == 0 || shards > kLogShardsMax) return impossible_count(shards);
  if (log.stores().size() > 1)
    return Unexpected(
        Error{.code = ErrorCode::not_supported, .message = "a log over several stores can't be resharded"});
  const auto turn = log.upkeep().enter(UpkeepTurn::Kind::reshard);
  if (!turn) return Unexpected(turn.error());
  if (auto checked = log.check(); !checked) return checked;  // removed meanwhile
  // Nobody but who has the turn puts others in their place.
  Resharding resharding(log, *log.shards(), shards, progress);
  auto interrupted = resharding.find_interrupted();
  if (!interrupted) return Unexpected(interrupted.error());
  if (log.manifest().shard_count == shards) return success();
  if (auto checked = resharding.check_readers(); !checked) return checked;
  if (!*interrupted) {
    auto begun = resharding.begin();
    if (!begun) return Unexpected(begun.error());
    *interrupted = std::move(*begun);
  }
  if (auto prepared = resharding.prepare(**interrupted); !prepared) return prepared;
  if (auto copied = resharding.copy_most(); !copied) return copied;
  if (auto finished = resharding.finish(); !finished) return finished;
  return drop_unneeded(log);
}

Result<ReshardRecord> Resharding::begin() {
  if (from_.generation == std::numeric_limits<std::uint64_t>::max())
    return Unexpected(Error{.code = ErrorCode::too_large, .message = "no generation is left for other shards"});
  ReshardRecord record{.generation = from_.generation + 1, .shard_count = shard_count_};
  if (auto free = generation_of(log_, record.generation, shard_count_).check_names_are_free(); !free)
    return Unexpected(free.error());
  for (const Log& stream : from_.streams) {
    const auto first = stream.first_id();
    if (!first) return Unexpected(first.error());
    record.next.push_back(*first);
  }
  const LedgerChange begun = keep_reshard(log_.number(), record);
  if (auto kept = log_.ledger().change({&begun, 1}, Durability::immediate); !kept) return Unexpected(kept.error());
  return record;
}

Result<void> Resharding::prepare(const ReshardRecord& record) {
  const auto settings = from_.streams.front().settings();
  if (!settings) return Unexpected(settings.error());
  LogOptions options = log_.options().log;
  options.mode = OpenMode::open_or_create;
  options.settings = *settings;
  auto streams = generation_of(log_, record.generation, record.shard_count).open(options);
  if (!streams) return Unexpected(streams.error());
  auto shards = indexed_shards(record.generation, std::move(*streams), log_.options().index_latest);
  if (!shards) return Unexpected(shards.error());
  to_ = std::move(*shards);
  if (auto checked = check_moved(); !checked) return checked;
  copier_.emplace(log_, from_, *to_, record);
  const auto next = log_.next_ids();
  if (!next) return Unexpected(next.error());
  total_records_ = record.done_records;
  for (std::size_t i = 0; i < next->size(); ++i)
    total_records_ += (*next)[i] > record.next[i] ? (*next)[i] - record.next[i] : 0;
  return success();
}

// What is written with the copies rises with them, and names none that is not there.
Result<void> Resharding::check_moved() const {
  std::vector<LogId> before(to_->streams.size(), 1);
  std::vector<LogId> next;
  for (const Log& stream : to_->streams) {
    const auto id = stream.next_id();
    if (!id) return Unexpected(id.error());
    next.push_back(*id);
  }
  for (const KeptCheckpoint& kept : log_.checkpoints().all()) {
    if (!is_moved(kept)) continue;
    const std::vector<LogId>& moved = moved_.at(kept.sequence).next;
    if (goes_back(moved, before) || goes_back(next, moved))
      return Unexpected(Error{.code = ErrorCode::corruption,
                              .message = "the new shards do not have what a moved cut says",
                              .expected = "a cut behind those before, and not beyond a shard's end",
                              .found = "another one"});
    before = moved;
  }
  return success();
}

// None but a checkpoint in the making stands between its cut and the book.
Result<Resharding::Sight> Resharding::look() const {
  std::unique_lock<std::shared_mutex> turn(log_.checkpoint_turn(), std::defer_lock);
  if (!is_alone_) turn.lock();
  auto next = log_.next_ids();
  if (!next) return Unexpected(next.error());
  return Sight{.next = std::move(*next), .checkpoints = log_.checkpoints().all()};
}

bool Resharding::is_moved(const KeptCheckpoint& checkpoint) const {
  const auto found = moved_.find(checkpoint.sequence);
  return found != moved_.end() && found->second.old_next == checkpoint.checkpoint->next;
}

bool Resharding::are_moved(const Sight& sight) const {
  return std::all_of(sight.checkpoints.begin(), sight.checkpoints.end(),
                     [this](const KeptCheckpoint& checkpoint) { return is_moved(checkpoint); });
}

// What is copied is durable in the old shards before: no power cut takes it from these alone.
Result<void> Resharding::copy_below(const Sight& sight) {
  if (auto synced = log_.sync(); !synced) return synced;
  for (const KeptCheckpoint& checkpoint : sight.checkpoints)
    if (!is_moved(checkpoint))
      if (auto copied = copy_stage(checkpoint.checkpoint->next, &checkpoint); !copied) return copied;
  return copy_stage(sight.next, nullptr);
}

// The last batch of a checkpoint's stage says where its cut is in the new shards.
Result<void> Resharding::copy_stage(std::span<const LogId> limit, const KeptCheckpoint* checkpoint) {
  for (bool is_done = false; !is_done;) {
    const auto gathered = copier_->gather(limit);
    if (!gathered) return Unexpected(gathered.error());
    is_done = *gathered;
    std::vector<LedgerChange> changes;
    std::optional<MovedCut> cut;
    if (is_done && checkpoint != nullptr) {
      auto next = copier_->next_ids_behind();
      if (!next) return Unexpected(next.error());
      cut = MovedCut{.old_next = checkpoint->checkpoint->next, .next = std::move(*next)};
      changes.push_back({.kind = LedgerKind::moved_cut,
                         .number = log_.number(),
                         .name = encode_sequence(checkpoint->sequence),
                         .value = encode_moved_cut(*cut)});
    }
    if (changes.empty() && copier_->is_idle()) return success();
    changes.push_back(copier_->progress());
    if (auto written = copier_->write(changes); !written) return written;
    if (cut) moved_.insert_or_assign(checkpoint->sequence, std::move(*cut));
    if (!is_alone_) tell_progress();
  }
  return success();
}

Result<void> Resharding::copy_most() {
  for (int round = 0; round < kRoundsMax; ++round) {
    const std::uint64_t before = copier_->record().done_records;
    const auto sight = look();
    if (!sight) return Unexpected(sight.error());
    if (auto copied = copy_below(*sight); !copied) return copied;
    if (copier_->record().done_records - before <= ShardCopier::kBatchRecordsMax / 4) break;  // so is what has come since
  }
  return success();
}

Result<void> Resharding::finish() {
  std::unique_ptr<Shards> before;
  {
    const std::unique_lock turn(log_.checkpoint_turn());
    auto switched = log_.gate().alone([&]() -> Result<void> {
      is_alone_ = true;
      auto done = switch_over();
      if (done) before = log_.show(std::move(to_));
      return done;
    });
    if (!switched) return switched;
  }
  is_alone_ = false;
  log_.wait_for_views();  // who looks at the old shards is not told that they were dropped
  tell_progress();
  return success();
}

Result<void> Resharding::switch_over() {
  if (auto checked = check_readers(); !checked) return checked;
  const auto sight = look();
  if (!sight) return Unexpected(sight.error());
  auto gathered = are_moved(*sight) ? copier_->gather(sight->next) : Result<bool>(false);
  if (gathered && !*gathered) {
    if (auto copied = copy_below(*sight); !copied) return copied;
    gathered = copier_->gather(sight->next);
  }
  if (!gathered) return Unexpected(gathered.error());

  Manifest manifest = log_.manifest();
  manifest.generation = to_->generation;
  manifest.shard_count = shard_count_;
  auto changes = forget_reshard(log_.ledger(), log_.number());
  if (!changes) return Unexpected(changes.error());
  changes->front() = keep_reshard(log_.number(), {.phase = ReshardPhase::dropping,
                                                  .generation = from_.generation,
                                                  .shard_count = static_cast<std::uint32_t>(from_.streams.size())});
  changes->push_back({.kind = LedgerKind::sharded_log, .name = log_.name(), .value = encode_manifest(manifest)});
  std::vector<KeptCheckpoint> checkpoints;
  for (const KeptCheckpoint& old : sight->checkpoints) {
    Checkpoint moved = *old.checkpoint;
    moved.next = moved_.at(old.sequence).next;
    checkpoints.push_back({log_.checkpoints().next_sequence(), std::make_shared<const Checkpoint>(std::move(moved))});
    changes->push_back(forgotten(log_.number(), old.sequence));
    changes->push_back(kept_as(log_.number(), checkpoints.back().sequence, *checkpoints.back().checkpoint));
  }
  const auto superseded = log_.checkpoints().superseded();
  for (const std::uint64_t sequence : superseded) changes->push_back(forgotten(log_.number(), sequence));
  if (auto written = copier_->write(*changes); !written) return written;
  log_.checkpoints().forget_superseded(superseded);
  log_.checkpoints().replace_all(std::move(checkpoints));
  log_.resharded(manifest.generation, manifest.shard_count);
  return success();
}

// Readers would be told that the stream was dropped.
Result<void> Resharding::check_readers() const {
  for (const Log& stream : from_.streams) {
    const auto reader = log::stream_of(stream).positions().decide([](std::optional<LogId> lowest) { return lowest; });
    if (!reader) continue;
    Error error{.code = ErrorCode::busy,
                .message = "a reader stands in stream '" + std::string(stream.name()) + "', which is to go"};
    error.expected = "no reader";
    error.found = "one before record " + std::to_string(*reader);
    return Unexpected(std::move(error));
  }
  return success();
}

void Resharding::tell_progress() const {
  if (!progress_) return;
  const std::uint64_t done = copier_->record().done_records;
  progress_({.done_records = done, .total_records = std::max(done, total_records_)});
}

}  // namespace holdfast::sharded_log
