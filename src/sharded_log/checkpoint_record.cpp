#include "sharded_log/checkpoint_record.hpp"

#include <algorithm>
#include <cstring>

#include "common/base/success.hpp"

namespace holdfast::sharded_log {
namespace {

Unexpected malformed_checkpoint(std::string expected, std::string found) {
  return Unexpected(Error{.code = ErrorCode::corruption,
                          .message = "a checkpoint that the store has kept is malformed",
                          .expected = std::move(expected),
                          .found = std::move(found)});
}

}  // namespace

Result<void> check_checkpoint_id(std::string_view id) {
  if (!id.empty() && id.size() <= kCheckpointIdSizeBytesMax) return success();
  Error error{.code = ErrorCode::invalid_argument, .message = "the id of a checkpoint is not possible"};
  error.expected = "1 to " + std::to_string(kCheckpointIdSizeBytesMax) + " bytes";
  error.found = std::to_string(id.size());
  return Unexpected(error);
}

std::string encode_checkpoint(const Checkpoint& checkpoint) {
  const CheckpointDisk disk{.version = kCheckpointVersion,
                            .shard_count = static_cast<std::uint32_t>(checkpoint.next.size()),
                            .created_us = checkpoint.created_us};
  const std::size_t next_size_bytes = checkpoint.next.size() * sizeof(LogId);
  std::string value;
  value.reserve(sizeof disk + next_size_bytes + checkpoint.id.size());
  value.append(reinterpret_cast<const char*>(&disk), sizeof disk);                       // bytes as text
  value.append(reinterpret_cast<const char*>(checkpoint.next.data()), next_size_bytes);  // bytes as text
  value.append(checkpoint.id);
  return value;
}

Result<Checkpoint> decode_checkpoint(std::string_view value) {
  CheckpointDisk disk{};
  if (value.size() < sizeof disk)
    return malformed_checkpoint("at least " + std::to_string(sizeof disk) + " bytes", std::to_string(value.size()));
  std::memcpy(&disk, value.data(), sizeof disk);
  if (disk.version > kCheckpointVersion) {
    Error error{.code = ErrorCode::version_mismatch, .message = "a checkpoint was written by a newer version"};
    error.expected = "at most " + std::to_string(kCheckpointVersion);
    error.found = std::to_string(disk.version);
    return Unexpected(error);
  }
  if (disk.version == 0) return malformed_checkpoint("version 1", "0");
  value.remove_prefix(sizeof disk);
  if (disk.shard_count == 0 || disk.shard_count > value.size() / sizeof(LogId))
    return malformed_checkpoint("1 to " + std::to_string(value.size() / sizeof(LogId)) + " shards",
                                std::to_string(disk.shard_count));
  const std::size_t next_size_bytes = disk.shard_count * sizeof(LogId);
  Checkpoint checkpoint{.id = std::string(value.substr(next_size_bytes)), .created_us = disk.created_us, .next = {}};
  if (auto checked = check_checkpoint_id(checkpoint.id); !checked)
    return malformed_checkpoint("an id of " + checked.error().expected, checked.error().found);
  checkpoint.next.resize(disk.shard_count);
  std::memcpy(checkpoint.next.data(), value.data(), next_size_bytes);
  if (std::find(checkpoint.next.begin(), checkpoint.next.end(), LogId{0}) != checkpoint.next.end())
    return malformed_checkpoint("ids from 1 on", "0");
  return checkpoint;
}

std::string encode_sequence(std::uint64_t sequence) {
  std::string bytes(sizeof sequence, '\0');
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, sequence >>= 8)
    *byte = static_cast<char>(sequence & 0xFF);
  return bytes;
}

std::optional<std::uint64_t> decode_sequence(std::string_view bytes) noexcept {
  if (bytes.size() != sizeof(std::uint64_t)) return std::nullopt;
  std::uint64_t sequence = 0;
  for (const char byte : bytes) sequence = sequence << 8 | static_cast<std::uint8_t>(byte);
  return sequence;
}

}  // namespace holdfast::sharded_log
