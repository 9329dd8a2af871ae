#include "sharded/manifest.hpp"

#include <array>
#include <cstring>

#include <holdfast/sharded_data.hpp>

#include "common/base/checksum.hpp"

namespace holdfast::sharded {
namespace {

Unexpected damaged(std::string message, std::string expected, std::string found) {
  return Unexpected(Error{.code = ErrorCode::corruption,
                          .message = std::move(message),
                          .expected = std::move(expected),
                          .found = std::move(found)});
}

}  // namespace

std::string hex(std::uint64_t number) {
  std::string text(16, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, number >>= 4) *digit = "0123456789abcdef"[number & 15];
  return text;
}

Result<void> Layout::validate() const {
  if (shard_size_bytes == 0 || shard_size_bytes > kRegionSizeBytesMax) {
    Error error{.code = ErrorCode::invalid_argument, .message = "no size that a shard can have"};
    error.expected = "1 to " + std::to_string(kRegionSizeBytesMax) + " bytes";
    error.found = std::to_string(shard_size_bytes);
    return Unexpected(error);
  }
  if (count() > kShardCountMax) {
    Error error{.code = ErrorCode::too_large, .message = "the data set would have too many shards"};
    error.expected = "at most " + std::to_string(kShardCountMax);
    error.found = std::to_string(count());
    return Unexpected(error);
  }
  return {};
}

bool has_manifest_magic(const ShardedManifestDisk& header) noexcept { return header.magic == kShardedManifestMagic; }

Result<std::uint64_t> manifest_size_bytes(const ShardedManifestDisk& header) {
  if (header.shard_count > kShardCountMax)
    return damaged("a data set's list has more shards than there can be", "at most " + std::to_string(kShardCountMax),
                   std::to_string(header.shard_count));
  return sizeof header + header.shard_count * sizeof(ShardDisk);
}

std::vector<std::byte> encode_manifest(const Manifest& manifest) {
  ShardedManifestDisk header{.check = 0,
                             .magic = kShardedManifestMagic,
                             .version = kShardedManifestVersion,
                             .reserved_32 = 0,
                             .write_id = manifest.write_id,
                             .size_bytes = manifest.layout.size_bytes,
                             .shard_size_bytes = manifest.layout.shard_size_bytes,
                             .shard_count = manifest.shards.size(),
                             .reserved_64 = 0};
  const auto shards = std::as_bytes(std::span(manifest.shards));
  std::vector<std::byte> bytes(sizeof header + shards.size());
  std::memcpy(bytes.data(), &header, sizeof header);
  if (!shards.empty()) std::memcpy(bytes.data() + sizeof header, shards.data(), shards.size());
  header.check = checksum(std::span(bytes).subspan(sizeof header.check), kShardedManifestMagic);
  std::memcpy(bytes.data(), &header.check, sizeof header.check);
  return bytes;
}

Result<Manifest> decode_manifest(std::span<const std::byte> bytes) {
  ShardedManifestDisk header;
  if (bytes.size() < sizeof header)
    return damaged("a data set's list is cut", "at least " + std::to_string(sizeof header) + " bytes",
                   std::to_string(bytes.size()));
  std::memcpy(&header, bytes.data(), sizeof header);
  // First: it stands in every version, and behind it nothing is by accident.
  const std::uint64_t check = checksum(bytes.subspan(sizeof header.check), kShardedManifestMagic);
  if (header.check != check || !has_manifest_magic(header))
    return damaged("a data set's list of shards fails its checksum", hex(header.check), hex(check));
  if (header.version > kShardedManifestVersion) {
    Error error{.code = ErrorCode::version_mismatch, .message = "the data set was written by a newer version"};
    error.expected = "at most " + std::to_string(kShardedManifestVersion);
    error.found = std::to_string(header.version);
    return Unexpected(error);
  }
  Manifest manifest{.write_id = header.write_id, .layout = {header.size_bytes, header.shard_size_bytes}};
  const auto size_bytes = manifest_size_bytes(header);
  if (!size_bytes) return Unexpected(size_bytes.error());
  if (!manifest.layout.validate() || manifest.layout.count() != header.shard_count || *size_bytes != bytes.size())
    return damaged("a data set's list contradicts itself",
                   std::to_string(header.shard_count) + " shards of " + std::to_string(header.shard_size_bytes) + " bytes",
                   std::to_string(header.size_bytes) + " bytes in all, a list of " + std::to_string(bytes.size()));
  manifest.shards.resize(header.shard_count);
  if (header.shard_count > 0)
    std::memcpy(manifest.shards.data(), bytes.data() + sizeof header, header.shard_count * sizeof(ShardDisk));
  return manifest;
}

}  // namespace holdfast::sharded
