#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/log.hpp>

namespace holdfast {

/// Bound of a checkpoint's id.
inline constexpr std::size_t kCheckpointIdSizeBytesMax = 65'535;

/// A consistent cut through the shards of a ShardedLog.
struct Checkpoint {
  std::string id;
  std::uint64_t created_us = 0;  ///< Microseconds since 1970, UTC.
  std::vector<LogId> next;       ///< A shard's records below are in the cut: where a reader goes on that has seen it.
};

/// When a ShardedLog makes checkpoints by itself, whichever comes first; 0: not for that. In the background, under "auto-1", "auto-2",
/// ..., and never when nothing was appended since the last one.
struct AutoCheckpoint {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  ///< Of keys and payloads.
  std::uint64_t ms = 0;
  std::uint64_t keep = 16;  ///< Of those made so; older ones are forgotten. 0: all stay.
};

/// What ShardedLog::prune_before() took away.
struct CheckpointPrune {
  std::uint64_t shards = 0;    ///< That lost records.
  std::uint64_t segments = 0;  ///< That went whole.
  std::uint64_t bytes = 0;     ///< Of them.
  std::uint64_t checkpoints = 0;
};

/// What a ShardedLog holds. Counters count from its open on.
struct ShardedLogStatistics {
  std::vector<LogStatistics> shards;
  std::uint64_t keys = 0;             ///< In the index of latest records; 0 without one.
  std::uint64_t checkpoints = 0;
  std::uint64_t auto_checkpoints = 0;  ///< Made by itself.
  std::optional<Error> auto_checkpoint_error{};  ///< Why the last of them failed, if it did.
};

}  // namespace holdfast
