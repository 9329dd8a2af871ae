#include "sharded/data_set.hpp"

#include <cstring>
#include <mutex>
#include <shared_mutex>

namespace holdfast::sharded {

ShardInfo DataSet::info(std::uint64_t index) const noexcept {
  const ShardDisk& shard = manifest.shards[index];
  return {.index = index,
          .offset = layout().offset_of(index),
          .size_bytes = layout().size_of(index),
          .region = shard.region_id,
          .checksum = shard.check};
}

Result<void> DataSet::check(std::uint64_t index, std::uint64_t found) const {
  const ShardInfo shard = info(index);
  if (shard.checksum == found) return {};
  Error error{.code = ErrorCode::corruption, .message = {}, .offset = shard.offset};
  error.message = "shard " + std::to_string(index) + " of the data set, region " + std::to_string(shard.region) + " of " +
                  std::to_string(shard.size_bytes) + " bytes, does not match its checksum";
  error.expected = hex(shard.checksum);
  error.found = hex(found);
  return Unexpected(std::move(error));
}

Result<std::optional<Region>> find_list(Store& store, std::string_view name) {
  auto region = store.region(name, {.mode = OpenMode::existing});
  if (region) return std::optional(std::move(*region));
  if (region.error().code == ErrorCode::not_found) return std::optional<Region>();
  return Unexpected(std::move(region.error()));
}

namespace {

/// The bytes of what may be a manifest; nothing, if it is none.
Result<std::optional<std::vector<std::byte>>> read_manifest(const Region& list) {
  const auto info = list.info();
  if (!info) return Unexpected(info.error());
  ShardedManifestDisk header{};
  std::vector<std::byte> bytes(std::min<std::uint64_t>(info->size_bytes, sizeof header));
  if (auto read = list.read_at(0, bytes); !read) return Unexpected(read.error());
  if (!bytes.empty()) std::memcpy(&header, bytes.data(), bytes.size());
  // Whoever has given the region other metadata has not made its shards leftovers; nor has damage to the magic. A shard
  // with a name is none.
  const bool is_marked = info->metadata.owner == kOwner && !info->metadata.attributes.contains(kWriteAttribute);
  if (!has_manifest_magic(header) && !is_marked) return std::optional<std::vector<std::byte>>();
  if (bytes.size() < sizeof header) return bytes;
  const auto size_bytes = manifest_size_bytes(header);
  if (!size_bytes) return bytes;  // decode_manifest() says why
  bytes.resize(std::min(*size_bytes, info->size_bytes));
  if (auto read = list.read_at(0, bytes); !read) return Unexpected(read.error());
  return bytes;
}

}  // namespace

Result<std::optional<Manifest>> load_manifest(ActiveWrites& writes, const Region& list) {
  const std::shared_lock lock(writes.lists());
  const auto bytes = read_manifest(list);
  if (!bytes) return Unexpected(bytes.error());
  if (!*bytes) return std::optional<Manifest>();
  auto manifest = decode_manifest(**bytes);
  if (!manifest) return Unexpected(std::move(manifest.error()));
  return std::optional(std::move(*manifest));
}

Error not_a_data_set() {
  return {.code = ErrorCode::exists, .message = "the name belongs to a region that is no sharded data set"};
}

Error busy() {
  return {.code = ErrorCode::busy, .message = "a data set of that name is being written or removed"};
}

Error shard_error(Error error) {
  if (error.code == ErrorCode::not_found) error.message = "the data set was replaced or removed";
  return error;
}

}  // namespace holdfast::sharded
