#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/checkpoint.hpp>
#include <holdfast/error.hpp>

#include "common/format/layout.hpp"

namespace holdfast::sharded_log {

inline constexpr std::uint32_t kCheckpointVersion = 1;

/// Sequences stay below it: none is given out twice for want of another.
inline constexpr std::uint64_t kCheckpointSequenceEnd = std::uint64_t{1} << 63;

/// docs/format.md "Checkpoint": what the ledger keeps of one, under its log's number and the checkpoint's sequence.
/// The shards' next ids follow, 8 bytes each, and behind them the id.
struct CheckpointDisk {
  std::uint32_t version;
  std::uint32_t shard_count;
  std::uint64_t created_us;
};
static_assert(sizeof(CheckpointDisk) == 16 && kIsDiskType<CheckpointDisk>);

/// Errors: invalid_argument (not 1 to kCheckpointIdSizeBytesMax bytes).
[[nodiscard]] Result<void> check_checkpoint_id(std::string_view id);

/// As the ledger keeps it. Requires: a possible id, as many shards as a log may have.
[[nodiscard]] std::string encode_checkpoint(const Checkpoint& checkpoint);

/// What encode_checkpoint() was given. Errors: corruption, version_mismatch.
[[nodiscard]] Result<Checkpoint> decode_checkpoint(std::string_view value);

/// What stands behind the log's number in the record's key: big-endian, so that keys are in the order of sequences.
[[nodiscard]] std::string encode_sequence(std::uint64_t sequence);
/// Nothing: that is no sequence.
[[nodiscard]] std::optional<std::uint64_t> decode_sequence(std::string_view bytes) noexcept;

}  // namespace holdfast::sharded_log
