#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/log.hpp>

#include "common/format/layout.hpp"
#include "store_ledger.hpp"

namespace holdfast::sharded_log {

inline constexpr std::uint32_t kReshardVersion = 1;

enum class ReshardPhase : std::uint32_t {
  copying = 1,   ///< The generation is being made; its shards may not all be there yet.
  dropping = 2,  ///< Nobody needs the generation any more; its shards may still be there.
};

/// docs/format.md "Reshard": what the ledger keeps while a sharded log has shards of two generations. While copying, the id of
/// the record that is to be copied next from each old shard follows.
struct ReshardDisk {
  std::uint32_t version;  ///< kReshardVersion
  std::uint32_t phase;    ///< ReshardPhase
  std::uint64_t generation;
  std::uint32_t shard_count;      ///< Of that generation.
  std::uint32_t old_shard_count;  ///< Of the other; 0 while dropping.
  std::uint64_t done_records;
};
static_assert(sizeof(ReshardDisk) == 32 && kIsDiskType<ReshardDisk>);
static_assert(offsetof(ReshardDisk, generation) == 8 && offsetof(ReshardDisk, done_records) == 24);

/// docs/format.md "Moved cut": where a checkpoint's cut through the old shards is in the new ones. The old next ids follow, and
/// then the new ones.
struct MovedCutDisk {
  std::uint32_t old_shard_count;
  std::uint32_t shard_count;
};
static_assert(sizeof(MovedCutDisk) == 8 && kIsDiskType<MovedCutDisk>);

/// How far a reshard is.
struct ReshardRecord {
  ReshardPhase phase = ReshardPhase::copying;
  std::uint64_t generation = 0;
  std::uint32_t shard_count = 0;
  std::uint64_t done_records = 0;
  std::vector<LogId> next{};  ///< Of each old shard, while copying.
};

struct MovedCut {
  std::vector<LogId> old_next;
  std::vector<LogId> next;
};

[[nodiscard]] std::string encode_reshard(const ReshardRecord& record);
/// Errors: corruption, version_mismatch.
[[nodiscard]] Result<ReshardRecord> decode_reshard(std::string_view value);

[[nodiscard]] std::string encode_moved_cut(const MovedCut& cut);
/// Errors: corruption.
[[nodiscard]] Result<MovedCut> decode_moved_cut(std::string_view value);

/// What the ledger keeps of a log's reshard, if anything. Errors: as decode_reshard, closed.
[[nodiscard]] Result<std::optional<ReshardRecord>> find_reshard(const StoreLedger& ledger, std::uint64_t log_number);

/// The same that it shall keep.
[[nodiscard]] LedgerChange keep_reshard(std::uint64_t log_number, const ReshardRecord& record);

/// That it shall keep nothing of a reshard any more. Errors: corruption, closed.
[[nodiscard]] Result<std::vector<LedgerChange>> forget_reshard(const StoreLedger& ledger, std::uint64_t log_number);

}  // namespace holdfast::sharded_log
