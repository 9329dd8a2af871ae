#include "sharded_log/opening.hpp"

#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/base/success.hpp"
#include "sharded_log/checkpoints.hpp"
#include "sharded_log/creation.hpp"
#include "sharded_log/index_records.hpp"
#include "sharded_log/resharding.hpp"
#include "sharded_log/shard_streams.hpp"
#include "store_core.hpp"

namespace holdfast::sharded_log {
namespace {

Unexpected impossible(std::string message, std::string expected, std::string found) {
  return Unexpected(Error{.code = ErrorCode::invalid_argument,
                          .message = std::move(message),
                          .expected = std::move(expected),
                          .found = std::move(found)});
}

Unexpected no_such_log() {
  return Unexpected(Error{.code = ErrorCode::not_found, .message = "no sharded log of that name"});
}

Unexpected log_exists() {
  return Unexpected(Error{.code = ErrorCode::exists, .message = "a sharded log of that name exists"});
}

Result<void> check_log_name(std::string_view name) {
  if (!name.empty() && name.size() <= kShardedLogNameSizeBytesMax) return success();
  return impossible("the name of a sharded log is not possible",
                    "1 to " + std::to_string(kShardedLogNameSizeBytesMax) + " bytes", std::to_string(name.size()));
}

Result<void> check_count(std::uint32_t asked, std::uint32_t there) {
  if (asked == 0 || asked == there) return success();
  return impossible("the sharded log has another number of shards", std::to_string(there), std::to_string(asked));
}

Result<void> check_process(Cores cores) {
  for (const auto& core : cores)
    if (core->gate()->in_child())
      return Unexpected(Error{.code = ErrorCode::locked,
                              .message = "the store belongs to the process that opened it, not to its forked child"});
  return success();
}

Result<bool> is_read_only(std::span<const StorePart> stores) {
  bool any = false;
  for (const StorePart& store : stores) {
    const auto engine = store.gate->enter();
    if (!engine) return Unexpected(EngineGate::closed_error());
    any = any || engine->read_only();
  }
  return any;
}

std::vector<StorePart> parts_of(Cores cores) {
  std::vector<StorePart> parts;
  parts.reserve(cores.size());
  for (const auto& core : cores) parts.push_back({.core = core, .gate = core->gate(), .ledger = core->ledger()});
  return parts;
}

/// Whether the log of that manifest lies in these stores, in this order. Errors: invalid_argument, corruption.
Result<void> check_stores(std::span<const StorePart> stores, std::string_view name, const Manifest& first) {
  const auto place = [](std::uint64_t index, std::uint64_t count) {
    return "store " + std::to_string(index + 1) + " of " + std::to_string(count);
  };
  for (std::size_t i = 0; i < stores.size(); ++i) {
    const auto manifest = i == 0 ? Result<std::optional<Manifest>>(first) : find_manifest(stores[i], name);
    if (!manifest) return Unexpected(manifest.error());
    const bool is_of_it = *manifest && (*manifest)->log_number == first.log_number;
    const bool is_there = is_of_it && (*manifest)->store_index == i && (*manifest)->store_count == stores.size();
    if (is_there) continue;
    return impossible("the sharded log lies in other stores, or in another order", place(i, stores.size()),
                      is_of_it ? place((*manifest)->store_index, (*manifest)->store_count) : "another log, or none");
  }
  return success();
}

/// The first store's manifest of a log that is whole. What is left of one that is not is taken away where it may be.
Result<std::optional<Manifest>> whole_log(std::span<const StorePart> stores, std::string_view name) {
  auto first = find_manifest(stores.front(), name);
  if (!first) return first;
  if (!*first) {
    for (std::size_t i = 1; i < stores.size(); ++i) {
      const auto other = find_manifest(stores[i], name);
      if (!other) return Unexpected(other.error());
      if (*other) return impossible("the sharded log lies in other stores, or in another order", "no log", "another log");
    }
    return first;
  }
  const bool is_first = (*first)->store_index == 0 && (*first)->store_count == stores.size();
  if ((*first)->phase == LogPhase::whole || !is_first) {
    if (auto checked = check_stores(stores, name, **first); !checked) return Unexpected(checked.error());
    return first;
  }
  const auto read_only = is_read_only(stores);
  if (!read_only) return Unexpected(read_only.error());
  if (!*read_only)
    if (auto taken = take_away(stores, name, **first); !taken) return Unexpected(taken.error());
  return std::nullopt;
}

Result<std::shared_ptr<ShardedLogState>> load(std::vector<StorePart> stores, std::string_view name,
                                              const Manifest& manifest, const ShardedLogOptions& options) {
  const auto read_only = is_read_only(stores);
  if (!read_only) return Unexpected(read_only.error());
  LogOptions log = options.log;
  log.mode = OpenMode::existing;
  const ShardStreams streams{
      .stores = stores, .log_name = name, .generation = manifest.generation, .count = manifest.shard_count};
  auto opened = streams.open(log);
  if (!opened && opened.error().code == ErrorCode::not_found) {
    Error error{.code = ErrorCode::corruption, .message = "a shard of the sharded log is missing"};
    error.expected = std::to_string(manifest.shard_count) + " shards";
    error.found = opened.error().message;
    return Unexpected(std::move(error));
  }
  if (!opened) return Unexpected(opened.error());
  auto shards = indexed_shards(manifest.generation, std::move(*opened), options.index_latest);
  if (!shards) return Unexpected(shards.error());
  auto state = std::make_shared<ShardedLogState>(std::string(name), std::move(stores), manifest, options,
                                                 std::move(*shards));
  if (!*read_only)
    if (auto dropped = Resharding::drop_unneeded(*state); !dropped) return Unexpected(dropped.error());
  if (auto loaded = load_checkpoints(*state); !loaded) return Unexpected(loaded.error());
  if (!*read_only) begin_auto_checkpoints(*state);
  return state;
}

/// One that is open already. Errors: exists, invalid_argument, closed.
Result<std::shared_ptr<ShardedLogState>> join(std::shared_ptr<ShardedLogState> state, Cores cores,
                                              const ShardedLogOptions& options) {
  if (auto checked = state->check(); !checked) return Unexpected(checked.error());
  if (options.mode == OpenMode::create) return log_exists();
  bool are_same = state->stores().size() == cores.size();
  for (std::size_t i = 0; are_same && i < cores.size(); ++i) are_same = state->stores()[i].gate == cores[i]->gate();
  if (!are_same) return impossible("the sharded log lies in other stores, or in another order", "those", "others");
  const auto count = static_cast<std::uint32_t>(state->shards()->streams.size());
  if (auto checked = check_count(options.shards, count); !checked) return Unexpected(checked.error());
  return state;
}

Result<void> check_options(Cores cores, const ShardedLogOptions& options) {
  if (options.shards > kLogShardsMax)
    return impossible("too many shards", "at most " + std::to_string(kLogShardsMax), std::to_string(options.shards));
  if (cores.size() > kLogShardsMax)
    return impossible("too many stores", "at most " + std::to_string(kLogShardsMax), std::to_string(cores.size()));
  std::set<const StoreCore*> named;
  for (const auto& core : cores) named.insert(core.get());
  if (named.size() != cores.size())
    return impossible("a store is named twice", "each one once", std::to_string(cores.size()) + " stores");
  return success();
}

}  // namespace

Result<std::shared_ptr<ShardedLogState>> open_log(Cores cores, std::string_view name, const ShardedLogOptions& options) {
  if (auto checked = check_process(cores); !checked) return Unexpected(checked.error());
  if (auto checked = check_log_name(name); !checked) return Unexpected(checked.error());
  if (auto checked = check_options(cores, options); !checked) return Unexpected(checked.error());
  ShardedLogs& open_logs = cores.front()->sharded_logs();
  const std::lock_guard lock(open_logs.mutex());
  if (auto state = open_logs.find(name)) return join(std::move(state), cores, options);
  std::vector<StorePart> stores = parts_of(cores);
  auto manifest = whole_log(stores, name);
  if (!manifest) return Unexpected(manifest.error());
  if (*manifest && options.mode == OpenMode::create) return log_exists();
  if (*manifest) {
    if (auto checked = check_count(options.shards, (*manifest)->shard_count); !checked)
      return Unexpected(checked.error());
  } else {
    const auto read_only = is_read_only(stores);
    if (!read_only) return Unexpected(read_only.error());
    if (*read_only || options.mode == OpenMode::existing || options.mode == OpenMode::read_only) return no_such_log();
    auto created = create_log(stores, name, options);
    if (!created) return Unexpected(created.error());
    *manifest = *created;
  }
  auto state = load(std::move(stores), name, **manifest, options);
  if (state) open_logs.add(name, *state, (*state)->gone());
  return state;
}

Result<std::vector<std::string>> list_logs(StoreCore& core) {
  if (const auto engine = core.gate()->enter(); !engine) return Unexpected(EngineGate::closed_error());
  const auto kept = core.ledger()->all(LedgerKind::sharded_log, 0);
  if (!kept) return Unexpected(kept.error());
  std::vector<std::string> names;
  for (const LedgerRecord& record : *kept) {
    const auto manifest = decode_manifest(record.value);
    if (!manifest) return Unexpected(manifest.error());
    if (manifest->phase == LogPhase::whole && manifest->store_count == 1) names.push_back(record.name);
  }
  return names;
}

Result<void> remove_log(Cores cores, std::string_view name) {
  if (auto checked = check_process(cores); !checked) return checked;
  if (auto checked = check_log_name(name); !checked) return checked;
  if (auto checked = check_options(cores, {}); !checked) return checked;
  ShardedLogs& open_logs = cores.front()->sharded_logs();
  const std::lock_guard lock(open_logs.mutex());
  const std::vector<StorePart> stores = parts_of(cores);
  const auto state = open_logs.find(name);
  std::optional<UpkeepTurn::Turn> upkeep;
  std::unique_lock<std::shared_mutex> checkpoints;
  if (state != nullptr) {
    auto turn = state->upkeep().enter(UpkeepTurn::Kind::brief);
    if (!turn) return Unexpected(turn.error());
    upkeep.emplace(std::move(*turn));
    checkpoints = std::unique_lock(state->checkpoint_turn());
  }
  auto manifest = whole_log(stores, name);
  if (!manifest) return Unexpected(manifest.error());
  if (!*manifest) return no_such_log();
  if (auto begun = begin_removal(stores, name, **manifest); !begun) return begun;
  if (state != nullptr) {
    state->set_removed();
    open_logs.forget(name);
  }
  (*manifest)->phase = LogPhase::removing;
  return take_away(stores, name, **manifest);
}

}  // namespace holdfast::sharded_log
