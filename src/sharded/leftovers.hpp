#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <holdfast/sharded_data.hpp>

#include "common/base/active_writes.hpp"
#include "sharded/manifest.hpp"

namespace holdfast::sharded {

/// What a shard is marked with: by its write, so that it can be told whether a data set has it.
[[nodiscard]] RegionMetadata mark_of(std::string_view data_set, std::uint64_t write_id, std::uint64_t index);

/// Removes all marked regions whose write is in no data set's manifest and not under way; how many.
/// Errors: as ShardedData::remove_leftovers.
[[nodiscard]] Result<std::uint64_t> remove_leftovers(Store& store, ActiveWrites& writes);

/// The same where there may be some. What fails is left to the next time.
void try_remove_leftovers(Store& store, ActiveWrites& writes);

/// Removes shards that no data set has any more; what can't be removed is noted as leftovers.
void remove_shards(Store& store, ActiveWrites& writes, std::span<const ShardDisk> shards) noexcept;

}  // namespace holdfast::sharded
