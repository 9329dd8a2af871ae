#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/log.hpp>
#include <holdfast/sharded_log.hpp>

#include "common/engine/engine_gate.hpp"
#include "common/engine/read_guards.hpp"
#include "sharded_log/append_observer.hpp"
#include "sharded_log/checkpoint_book.hpp"
#include "sharded_log/cut_gate.hpp"
#include "sharded_log/latest_index.hpp"
#include "sharded_log/manifest.hpp"
#include "sharded_log/upkeep_turn.hpp"
#include "store_ledger.hpp"
#include "store_sharded_logs.hpp"

namespace holdfast {
class StoreCore;
}  // namespace holdfast

namespace holdfast::sharded_log {

/// A store under a sharded log, which the log may outlive.
struct StorePart {
  std::weak_ptr<StoreCore> core;  ///< For creating and dropping streams; held for a moment only.
  std::shared_ptr<EngineGate> gate;
  std::shared_ptr<StoreLedger> ledger;
};

/// The shards of one generation; a reshard makes another.
struct Shards {
  Shards(std::uint64_t of_generation, std::uint64_t index_seed) : generation(of_generation), index(index_seed) {}

  const std::uint64_t generation;
  std::vector<Log> streams;       ///< In order. Never changes once others see it.
  std::vector<LogId> damage_end;  ///< Of each: behind the last damaged record, whose key the index does not know; 0: none.
  mutable LatestIndex index;      ///< Empty where ShardedLogOptions::index_latest is off.
};

/// A sharded log at work: one of each in a process, whatever the number of handles.
///
/// Locks, each taken before those behind it: a turn of upkeep(), checkpoint_turn(), the gate(). Whoever appends holds
/// none but its pass.
/// Threads: any.
class ShardedLogState : public std::enable_shared_from_this<ShardedLogState> {
 public:
  ShardedLogState(std::string name, std::vector<StorePart> stores, const Manifest& manifest,
                  const ShardedLogOptions& options, std::unique_ptr<Shards> shards);
  ShardedLogState(const ShardedLogState&) = delete;
  ShardedLogState& operator=(const ShardedLogState&) = delete;
  ~ShardedLogState();

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// What the ledger keeps of this log is kept under it.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  /// Of the hash by which keys are dealt out.
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  [[nodiscard]] const ShardedLogOptions& options() const noexcept { return options_; }
  [[nodiscard]] const std::vector<StorePart>& stores() const noexcept { return stores_; }
  /// Of the first store.
  [[nodiscard]] StoreLedger& ledger() const noexcept { return *stores_.front().ledger; }

  /// Errors: closed (any store), not_found (the log was removed), locked (forked child). First of all in every call.
  [[nodiscard]] Result<void> check() const;

  /// What a facade's whole operation answers: check(), and as EngineGate::answer of each store.
  template <class Call>
  [[nodiscard]] auto answer(Call&& call) const -> decltype(call()) {
    return told([&]() -> decltype(call()) {
      if (auto checked = check(); !checked) return Unexpected(checked.error());
      return call();
    });
  }

  /// The same of one that enters a store by itself, and is told there that it is closed.
  template <class Call>
  [[nodiscard]] auto answer_append(Call&& call) const -> decltype(call()) {
    return told([&]() -> decltype(call()) {
      if (auto checked = check_process(); !checked) return Unexpected(checked.error());
      return call();
    });
  }

  [[nodiscard]] CutGate& gate() const noexcept { return gate_; }
  [[nodiscard]] UpkeepTurn& upkeep() const noexcept { return upkeep_; }

  /// Who makes checkpoints or forgets them holds it shared, from before the cut until the book shows it; resharding and removing
  /// hold it alone.
  [[nodiscard]] std::shared_mutex& checkpoint_turn() const noexcept { return checkpoint_turn_; }
  [[nodiscard]] CheckpointBook& checkpoints() const noexcept { return checkpoints_; }

  /// The shards as they are now; they stay while it lives. Never held while its holder waits for the gate.
  class View {
   public:
    View(ReadGuards::Guard guard, const Shards* shards) noexcept : guard_(std::move(guard)), shards_(shards) {}
    [[nodiscard]] const Shards& operator*() const noexcept { return *shards_; }
    [[nodiscard]] const Shards* operator->() const noexcept { return shards_; }

   private:
    ReadGuards::Guard guard_;
    const Shards* shards_;
  };
  [[nodiscard]] View shards() const noexcept {
    auto guard = views_.enter();
    return {std::move(guard), shards_.load()};
  }
  /// The same for who appends, or is alone: while the pass lives no others come.
  [[nodiscard]] const Shards& shards(const CutGate::Pass&) const noexcept { return *shards_.load(); }

  /// The shards' next ids, one after the other; a cut inside gate().cut(). Errors: closed, not_found.
  [[nodiscard]] Result<std::vector<LogId>> next_ids() const;

  /// Makes what has been appended durable, in the stores from `first_store` on. Errors: as Store::sync.
  [[nodiscard]] Result<void> sync(std::size_t first_store = 0) const;

  [[nodiscard]] std::uint32_t shard_of(const Shards& shards, std::string_view key) const noexcept;

  /// A record of a key was appended.
  void note(const Shards& shards, std::uint32_t shard, std::string_view key, LogId id) const noexcept;

  /// Looks at all records anew, for who has taken away the youngest. Requires: inside gate().alone(), and a turn of upkeep().
  /// Errors: closed, io.
  [[nodiscard]] Result<void> rebuild_index();

  /// Shows others from now on. Requires: inside gate().alone(), and a turn of upkeep(). Those from before may still be
  /// looked at until wait_for_views() returns, which needs the turn alone.
  [[nodiscard]] std::unique_ptr<Shards> show(std::unique_ptr<Shards> shards) noexcept;
  void wait_for_views() noexcept;

  /// What makes it, but for the phase. Requires: a turn of upkeep().
  [[nodiscard]] const Manifest& manifest() const noexcept { return manifest_; }
  void resharded(std::uint64_t generation, std::uint32_t shard_count) noexcept;

  /// Before anybody else uses the log; null: nobody wants to know.
  void observe_appends(std::unique_ptr<AppendObserver> observer) noexcept { observer_ = std::move(observer); }
  [[nodiscard]] AppendObserver* observer() const noexcept { return observer_.get(); }

  /// What an interrupted reshard has copied goes, because records that it may have copied are taken away; the next one begins
  /// anew. Requires: a brief turn of upkeep(). Errors: no_space, io, read_only, closed.
  [[nodiscard]] Result<void> abandon_reshard();

  /// The log has gone: every call answers not_found from now on.
  void set_removed() noexcept { is_removed_.store(true); }

  /// Set when the last work of this log in the process is done.
  [[nodiscard]] const ShardedLogs::Gone& gone() const noexcept { return gone_; }

 private:
  [[nodiscard]] Result<void> check_process() const;

  template <class Call>
  [[nodiscard]] auto told(Call&& call) const -> decltype(call()) {
    auto result = stores_.front().gate->answer(call);
    for (std::size_t i = 1; i < stores_.size(); ++i)
      if (stores_[i].gate->is_faulted()) [[unlikely]]
        return stores_[i].gate->answer([&] { return std::move(result); });
    return result;
  }

  const ShardedLogs::Gone gone_ = std::make_shared<std::atomic<bool>>(false);
  const std::string name_;
  const std::vector<StorePart> stores_;
  const std::uint64_t number_;
  const std::uint64_t seed_;
  Manifest manifest_;
  const ShardedLogOptions options_;
  mutable CutGate gate_;
  mutable UpkeepTurn upkeep_;
  mutable std::shared_mutex checkpoint_turn_;
  mutable CheckpointBook checkpoints_;
  mutable ReadGuards views_;
  std::unique_ptr<Shards> owned_shards_;
  std::atomic<Shards*> shards_;
  std::atomic<bool> is_removed_{false};
  std::unique_ptr<AppendObserver> observer_;  // last: it may use all of the above until it has gone
};

}  // namespace holdfast::sharded_log
