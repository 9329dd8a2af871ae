// How a sharded log comes into being over several steps, and goes.

#include "sharded_log/creation.hpp"

#include <string>
#include <utility>

#include "common/base/random.hpp"
#include "common/base/success.hpp"
#include "log/log_settings.hpp"
#include "sharded_log/reshard_record.hpp"
#include "sharded_log/shard_streams.hpp"

namespace holdfast::sharded_log {
namespace {

constexpr std::uint32_t kShardsByDefault = 8;

Result<std::uint64_t> new_seed() {
#ifdef HOLDFAST_MUTANTS
  if (next_seed.load(std::memory_order_relaxed) != 0) return next_seed.fetch_add(1, std::memory_order_relaxed);
#endif
  return random_u64();
}

LedgerChange keep_manifest(std::string_view name, const Manifest& manifest) {
  return {.kind = LedgerKind::sharded_log, .name = std::string(name), .value = encode_manifest(manifest)};
}

Result<void> write_manifest(std::span<const StorePart> stores, std::string_view name, Manifest manifest,
                            std::size_t store) {
  manifest.store_index = static_cast<std::uint32_t>(store);
  return stores[store].ledger->change({{keep_manifest(name, manifest)}}, Durability::immediate);
}

ShardStreams streams_in(std::span<const StorePart> stores, std::string_view name, const Manifest& manifest) {
  return {.stores = stores, .log_name = name, .generation = manifest.generation, .count = manifest.shard_count};
}

/// Of the first store: besides its shards, what belongs to the whole log.
Result<void> take_away_first(std::span<const StorePart> stores, std::string_view name, const Manifest& first) {
  const StoreLedger& ledger = *stores.front().ledger;
  const auto reshard = find_reshard(ledger, first.log_number);
  if (!reshard) return Unexpected(reshard.error());
  if (*reshard) {
    ShardStreams others = streams_in(stores, name, first);
    others.generation = (*reshard)->generation;
    others.count = (*reshard)->shard_count;
    if (auto dropped = others.drop(0, false); !dropped) return dropped;
  }
  if (auto dropped = streams_in(stores, name, first).drop(0, first.phase == LogPhase::preparing); !dropped)
    return dropped;
  auto changes = forget_reshard(ledger, first.log_number);
  if (!changes) return Unexpected(changes.error());
  const auto checkpoints = ledger.all(LedgerKind::checkpoint, first.log_number);
  if (!checkpoints) return Unexpected(checkpoints.error());
  for (const LedgerRecord& checkpoint : *checkpoints)
    changes->push_back({.kind = LedgerKind::checkpoint, .number = first.log_number, .name = checkpoint.name});
  changes->push_back({.kind = LedgerKind::sharded_log, .name = std::string(name)});
  return stores.front().ledger->change(*changes, Durability::immediate);
}

/// Of one of the others, where it has got that far.
Result<void> take_away_other(std::span<const StorePart> stores, std::string_view name, const Manifest& first,
                             std::size_t store) {
  const auto manifest = find_manifest(stores[store], name);
  if (!manifest) return Unexpected(manifest.error());
  if (!*manifest || (*manifest)->log_number != first.log_number) return success();
  if (auto dropped = streams_in(stores, name, first).drop(store, first.phase == LogPhase::preparing); !dropped)
    return dropped;
  return stores[store].ledger->change({{{.kind = LedgerKind::sharded_log, .name = std::string(name)}}},
                                      Durability::immediate);
}

}  // namespace

Result<std::optional<Manifest>> find_manifest(const StorePart& store, std::string_view name) {
  const auto kept = store.ledger->find(LedgerKind::sharded_log, 0, name);
  if (!kept) return Unexpected(kept.error());
  if (!*kept) return std::nullopt;
  return decode_manifest(**kept);
}

// Crash order, as in docs/durability.md "sharded logs": (1) each store knows that shards are being prepared, the first one
// first; (2) the shards are there, and (2a) once they are not empty any more they count as what is to be taken away; (3) each store
// has the log, the first one last.
Result<Manifest> create_log(std::span<const StorePart> stores, std::string_view name, const ShardedLogOptions& options,
                            std::optional<std::uint64_t> asked_seed, const Fill& fill) {
  if (auto checked = log::check_settings(options.log.settings); !checked) return Unexpected(checked.error());
  const auto number = random_u64();
  const auto seed = asked_seed ? Result<std::uint64_t>(*asked_seed) : new_seed();
  if (!number || !seed) return Unexpected(number ? seed.error() : number.error());
  Manifest manifest{.phase = LogPhase::preparing,
                    .log_number = *number == 0 ? 1 : *number,
                    .seed = *seed,
                    .shard_count = options.shards == 0 ? kShardsByDefault : options.shards,
                    .store_count = static_cast<std::uint32_t>(stores.size())};
  const ShardStreams streams = streams_in(stores, name, manifest);
  if (auto free = streams.check_names_are_free(); !free) return Unexpected(free.error());
  const auto made = [&]() -> Result<void> {
    for (std::size_t store = 0; store < stores.size(); ++store)
      if (auto written = write_manifest(stores, name, manifest, store); !written) return written;  // (1)
    LogOptions log = options.log;
    log.mode = OpenMode::create;
    const auto opened = streams.open(log);  // (2)
    if (!opened) return Unexpected(opened.error());
    if (fill) {
      manifest.phase = LogPhase::removing;
      if (auto begun = begin_removal(stores, name, manifest); !begun) return begun;  // (2a)
      if (auto filled = fill(*opened); !filled) return filled;
    }
    Manifest whole = manifest;
    whole.phase = LogPhase::whole;
    for (std::size_t store = stores.size(); store-- > 0;)
      if (auto written = write_manifest(stores, name, whole, store); !written) return written;  // (3)
    return success();
  }();
  if (!made) {
    static_cast<void>(take_away(stores, name, manifest));  // else the next open does it
    return Unexpected(made.error());
  }
  manifest.phase = LogPhase::whole;
  return manifest;
}

Result<void> begin_removal(std::span<const StorePart> stores, std::string_view name, const Manifest& first) {
  Manifest removing = first;
  removing.phase = LogPhase::removing;
  return write_manifest(stores, name, removing, 0);
}

// Crash order, as in docs/durability.md "sharded logs": the first store, which says that the log has to go, forgets it last.
Result<void> take_away(std::span<const StorePart> stores, std::string_view name, const Manifest& first) {
  for (std::size_t store = stores.size(); store-- > 1;)
    if (auto taken = take_away_other(stores, name, first, store); !taken) return taken;
  return take_away_first(stores, name, first);
}

}  // namespace holdfast::sharded_log
