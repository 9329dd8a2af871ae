#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/sharded_log.hpp>

#include "sharded_log/manifest.hpp"
#include "sharded_log/sharded_log_state.hpp"

namespace holdfast::sharded_log {

#ifdef HOLDFAST_MUTANTS
/// Test builds can say which seed the next new log gets, and the one after it the number behind: so keys fall into the same
/// shards in every run. 0: each draws its own.
inline std::atomic<std::uint64_t> next_seed{0};
#endif

/// What the store keeps of the log of that name, if anything. Errors: corruption, version_mismatch, closed.
[[nodiscard]] Result<std::optional<Manifest>> find_manifest(const StorePart& store, std::string_view name);

/// Appends what a new log shall begin with, and makes it durable.
using Fill = std::function<Result<void>(std::span<const Log> streams)>;

/// Makes a log that is not there yet; the first store's manifest. `seed`: of its hash, instead of one that is drawn.
/// Errors: invalid_argument (settings), exists (a shard's name is taken), no_space, io, read_only, closed; those of `fill`.
[[nodiscard]] Result<Manifest> create_log(std::span<const StorePart> stores, std::string_view name,
                                          const ShardedLogOptions& options, std::optional<std::uint64_t> seed = {},
                                          const Fill& fill = {});

/// From now on the log is one that has to be taken away.
[[nodiscard]] Result<void> begin_removal(std::span<const StorePart> stores, std::string_view name, const Manifest& first);

/// Takes what is left of a log away that is not whole; `first` is the first store's manifest, which goes last.
/// Errors: as ShardStreams::drop, corruption.
[[nodiscard]] Result<void> take_away(std::span<const StorePart> stores, std::string_view name, const Manifest& first);

}  // namespace holdfast::sharded_log
