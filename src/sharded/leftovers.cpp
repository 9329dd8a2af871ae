// What is left of writes that were not completed, and of data sets that were replaced or removed when a crash came.
//
// A shard is a leftover if no manifest names its write. The order in which one looks makes that true beside writers:
// (1) the shards that are there; (2) the writes under way; (3) the manifests. Who wrote a shard of (1) is still at work in
// (2), or has ended and is in (3), or was replaced since, and then nobody needs it.

#include "sharded/leftovers.hpp"

#include <charconv>
#include <optional>
#include <set>
#include <vector>

#include "common/base/out_of_memory.hpp"
#include "sharded/data_set.hpp"

namespace holdfast::sharded {
namespace {

struct MarkedShard {
  RegionId region = 0;
  std::uint64_t write_id = 0;
};

/// Only a region without a name: whoever has named one wants to keep it.
std::optional<MarkedShard> marked_shard(const RegionInfo& info) {
  if (!info.name.empty() || info.metadata.owner != kOwner) return std::nullopt;
  const auto mark = info.metadata.attributes.find(kWriteAttribute);
  if (mark == info.metadata.attributes.end() || mark->second.size() != 16) return std::nullopt;
  MarkedShard shard{.region = info.id};
  const char* const end = mark->second.data() + mark->second.size();
  if (std::from_chars(mark->second.data(), end, shard.write_id, 16).ptr != end) return std::nullopt;
  return shard;
}

Result<std::set<std::uint64_t>> writes_in_manifests(Store& store, ActiveWrites& writes) {
  const auto regions = store.regions();
  if (!regions) return Unexpected(regions.error());
  std::set<std::uint64_t> ids;
  for (const RegionInfo& info : *regions) {
    if (info.name.empty()) continue;
    const auto region = store.region(info.id);
    const auto manifest = region ? load_manifest(writes, *region) : Unexpected(region.error());
    if (manifest && *manifest) ids.insert((*manifest)->write_id);
    if (!manifest && manifest.error().code != ErrorCode::not_found) return Unexpected(manifest.error());
  }
  return ids;
}

}  // namespace

RegionMetadata mark_of(std::string_view data_set, std::uint64_t write_id, std::uint64_t index) {
  return {.owner = std::string(kOwner),
          .description = "shard of a data set",
          .attributes = {{kWriteAttribute, hex(write_id)},
                         {kDataSetAttribute, std::string(data_set)},
                         {kShardAttribute, std::to_string(index)}}};
}

Result<std::uint64_t> remove_leftovers(Store& store, ActiveWrites& writes) {
  const auto regions = store.regions();  // (1)
  if (!regions) return Unexpected(regions.error());
  std::vector<MarkedShard> shards;
  for (const RegionInfo& info : *regions)
    if (const auto shard = marked_shard(info)) shards.push_back(*shard);
  if (shards.empty()) return 0;
  const auto active = writes.ids();  // (2)
  if (writes.has_unknown_outcome()) return 0;
  const auto kept = writes_in_manifests(store, writes);  // (3)
  if (!kept) return Unexpected(kept.error());
  std::uint64_t removed_count = 0;
  for (const MarkedShard& shard : shards) {
    if (active.contains(shard.write_id) || kept->contains(shard.write_id)) continue;
    auto region = store.region(shard.region);
    const auto removed = region ? region->remove() : Unexpected(region.error());
    if (removed) ++removed_count;
    if (!removed && removed.error().code != ErrorCode::not_found) return Unexpected(removed.error());
  }
  return removed_count;
}

void try_remove_leftovers(Store& store, ActiveWrites& writes) {
  if (!writes.may_have_leftovers()) return;
  writes.set_may_have_leftovers(false);  // first: whoever leaves some meanwhile says so
  if (!remove_leftovers(store, writes)) writes.set_may_have_leftovers(true);
}

void remove_shards(Store& store, ActiveWrites& writes, std::span<const ShardDisk> shards) noexcept {
  for (const ShardDisk& shard : shards) {
    const auto removed = without_bad_alloc([&] {
      auto region = store.region(shard.region_id);
      return region ? region->remove() : Result<void>(Unexpected(region.error()));
    });
    if (!removed && removed.error().code != ErrorCode::not_found) writes.set_may_have_leftovers(true);
  }
}

}  // namespace holdfast::sharded
