#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <holdfast/error.hpp>

#include "common/format/layout.hpp"

namespace holdfast::sharded_log {

inline constexpr std::uint32_t kShardedLogVersion = 1;

/// How far a sharded log has come into being, or out of it.
enum class LogPhase : std::uint32_t {
  preparing = 1,  ///< Some of its shards may be there, all of them empty.
  whole = 2,
  removing = 3,  ///< Some of its shards may be there.
};

/// docs/format.md "Sharded log": what the ledger of each of its stores keeps, under the log's name. Records of the ledger prove
/// themselves.
struct ShardedLogDisk {
  std::uint32_t version;  ///< kShardedLogVersion
  std::uint32_t phase;    ///< LogPhase
  std::uint64_t log_number;
  std::uint64_t generation;
  std::uint64_t seed;
  std::uint32_t shard_count;
  std::uint32_t store_count;
  std::uint32_t store_index;
  std::uint32_t reserved_32;
  std::uint64_t reserved[2];
};
static_assert(sizeof(ShardedLogDisk) == 64 && kIsDiskType<ShardedLogDisk>);
static_assert(offsetof(ShardedLogDisk, log_number) == 8 && offsetof(ShardedLogDisk, reserved) == 48);

/// What there is of a sharded log in one of its stores.
struct Manifest {
  LogPhase phase = LogPhase::whole;
  std::uint64_t log_number = 0;  ///< Drawn at random: the same in all its stores, and in no other log. Not 0.
  std::uint64_t generation = 1;  ///< Of the shards: each reshard makes another.
  std::uint64_t seed = 0;        ///< Of the hash by which keys are dealt out.
  std::uint32_t shard_count = 0;
  std::uint32_t store_count = 1;
  std::uint32_t store_index = 0;  ///< Of the store it lies in.
};

/// As the ledger keeps it.
[[nodiscard]] std::string encode_manifest(const Manifest& manifest);

/// What encode_manifest() was given. Errors: corruption, version_mismatch.
[[nodiscard]] Result<Manifest> decode_manifest(std::string_view value);

/// The stream that a shard lies in: "name#index", and in later generations "name#index.generation".
[[nodiscard]] std::string shard_name(std::string_view log_name, std::uint64_t generation, std::uint32_t index);

}  // namespace holdfast::sharded_log
