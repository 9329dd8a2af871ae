#include "sharded_log/manifest.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

#include <holdfast/sharded_log.hpp>

namespace holdfast::sharded_log {
namespace {

Unexpected malformed_manifest(std::string expected, std::string found) {
  return Unexpected(Error{.code = ErrorCode::corruption,
                          .message = "what the store has kept of a sharded log is malformed",
                          .expected = std::move(expected),
                          .found = std::move(found)});
}

bool is_possible(const ShardedLogDisk& disk) noexcept {
  const auto phase = static_cast<LogPhase>(disk.phase);
  const bool is_phase = phase == LogPhase::preparing || phase == LogPhase::whole || phase == LogPhase::removing;
  return is_phase && disk.log_number != 0 && disk.generation != 0 && disk.shard_count != 0 &&
         disk.shard_count <= kLogShardsMax && disk.store_count <= kLogShardsMax &&
         disk.store_index < disk.store_count && disk.reserved_32 == 0 &&
         std::all_of(std::begin(disk.reserved), std::end(disk.reserved), [](std::uint64_t word) { return word == 0; });
}

}  // namespace

std::string encode_manifest(const Manifest& manifest) {
  const ShardedLogDisk disk{.version = kShardedLogVersion,
                            .phase = static_cast<std::uint32_t>(manifest.phase),
                            .log_number = manifest.log_number,
                            .generation = manifest.generation,
                            .seed = manifest.seed,
                            .shard_count = manifest.shard_count,
                            .store_count = manifest.store_count,
                            .store_index = manifest.store_index,
                            .reserved_32 = 0,
                            .reserved = {}};
  return {reinterpret_cast<const char*>(&disk), sizeof disk};  // bytes as text
}

Result<Manifest> decode_manifest(std::string_view value) {
  ShardedLogDisk disk{};
  if (value.size() < sizeof disk.version) return malformed_manifest("a version", std::to_string(value.size()) + " bytes");
  std::memcpy(&disk.version, value.data(), sizeof disk.version);
  if (disk.version > kShardedLogVersion) {
    Error error{.code = ErrorCode::version_mismatch, .message = "the sharded log was made by a newer version"};
    error.expected = "at most " + std::to_string(kShardedLogVersion);
    error.found = std::to_string(disk.version);
    return Unexpected(error);
  }
  if (value.size() != sizeof disk)
    return malformed_manifest(std::to_string(sizeof disk) + " bytes", std::to_string(value.size()));
  std::memcpy(&disk, value.data(), sizeof disk);
  if (disk.version == 0 || !is_possible(disk)) return malformed_manifest("possible numbers", "others");
  return Manifest{.phase = static_cast<LogPhase>(disk.phase),
                  .log_number = disk.log_number,
                  .generation = disk.generation,
                  .seed = disk.seed,
                  .shard_count = disk.shard_count,
                  .store_count = disk.store_count,
                  .store_index = disk.store_index};
}

std::string shard_name(std::string_view log_name, std::uint64_t generation, std::uint32_t index) {
  std::string name(log_name);
  name.append("#").append(std::to_string(index));
  if (generation > 1) name.append(".").append(std::to_string(generation));
  return name;
}

}  // namespace holdfast::sharded_log
