#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/log.hpp>
#include <holdfast/options.hpp>

#include "sharded_log/sharded_log_state.hpp"

namespace holdfast::sharded_log {

/// The streams of one generation of a log's shards, shard i in store i modulo their number.
struct ShardStreams {
  std::span<const StorePart> stores;
  std::string_view log_name;
  std::uint64_t generation = 1;
  std::uint32_t count = 0;

  /// Errors: exists (a space has the name of one), closed.
  [[nodiscard]] Result<void> check_names_are_free() const;

  /// Opens all, or makes them: as options.mode says for each. Errors: as Store::log.
  [[nodiscard]] Result<std::vector<Log>> open(const LogOptions& options) const;

  /// Drops those that are there and lie in that store. Errors: no_space, io, read_only, closed; exists (`only_empty`, and one
  /// is not).
  [[nodiscard]] Result<void> drop(std::size_t store, bool only_empty) const;

  [[nodiscard]] const StorePart& store_of(std::uint32_t index) const noexcept { return stores[index % stores.size()]; }
};

/// Of a generation of `log` that has `count` shards.
[[nodiscard]] inline ShardStreams generation_of(const ShardedLogState& log, std::uint64_t generation, std::uint32_t count) {
  return {.stores = log.stores(), .log_name = log.name(), .generation = generation, .count = count};
}

}  // namespace holdfast::sharded_log
