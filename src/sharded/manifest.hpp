#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/error.hpp>

#include "common/format/layout.hpp"

namespace holdfast::sharded {

inline constexpr std::uint64_t kShardedManifestMagic = 0x5344524148534648;  // "HFSHARDS"
inline constexpr std::uint32_t kShardedManifestVersion = 1;

/// docs/format.md "Sharded data". A ShardDisk for each shard follows.
struct ShardedManifestDisk {
  std::uint64_t check;
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t reserved_32;
  std::uint64_t write_id;
  std::uint64_t size_bytes;
  std::uint64_t shard_size_bytes;
  std::uint64_t shard_count;
  std::uint64_t reserved_64;
};
static_assert(sizeof(ShardedManifestDisk) == 64 && kIsDiskType<ShardedManifestDisk>);
static_assert(offsetof(ShardedManifestDisk, write_id) == 24 && offsetof(ShardedManifestDisk, reserved_64) == 56);

/// Where a shard is, and what its bytes prove themselves by.
struct ShardDisk {
  std::uint64_t region_id;
  std::uint64_t check;
};
static_assert(sizeof(ShardDisk) == 16 && kIsDiskType<ShardDisk>);

/// How many bytes there are, and in which shards.
struct Layout {
  std::uint64_t size_bytes = 0;
  std::uint64_t shard_size_bytes = 0;

  [[nodiscard]] std::uint64_t count() const noexcept {
    return size_bytes == 0 ? 0 : (size_bytes - 1) / shard_size_bytes + 1;
  }
  [[nodiscard]] std::uint64_t offset_of(std::uint64_t index) const noexcept { return index * shard_size_bytes; }
  [[nodiscard]] std::uint64_t size_of(std::uint64_t index) const noexcept {
    return std::min(shard_size_bytes, size_bytes - offset_of(index));
  }

  /// Errors: invalid_argument (the shard size), too_large (the number of shards).
  [[nodiscard]] Result<void> validate() const;
};

/// A data set: its layout, and its shards in order.
struct Manifest {
  std::uint64_t write_id = 0;  ///< That of the write that made it, and of its shards' marks.
  Layout layout{};
  std::vector<ShardDisk> shards{};
};

/// What a region begins with that holds a manifest, whole or damaged.
[[nodiscard]] bool has_manifest_magic(const ShardedManifestDisk& header) noexcept;

/// Size of a whole manifest with that header; nothing that a writer makes is larger than the limits allow.
/// Errors: corruption (a number of shards beyond the limit).
[[nodiscard]] Result<std::uint64_t> manifest_size_bytes(const ShardedManifestDisk& header);

/// As the data set's region holds it.
[[nodiscard]] std::vector<std::byte> encode_manifest(const Manifest& manifest);

/// What encode_manifest() was given. Errors: corruption, version_mismatch.
[[nodiscard]] Result<Manifest> decode_manifest(std::span<const std::byte> bytes);

/// What a shard says of itself in its metadata.
inline constexpr std::string_view kOwner = "holdfast.sharded_data";
inline constexpr const char* kWriteAttribute = "write";
inline constexpr const char* kDataSetAttribute = "data_set";
inline constexpr const char* kShardAttribute = "shard";

/// 16 hexadecimal digits.
[[nodiscard]] std::string hex(std::uint64_t number);

}  // namespace holdfast::sharded
