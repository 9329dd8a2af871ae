#include "sharded_log/reshard_record.hpp"

#include <algorithm>
#include <cstring>

#include <holdfast/sharded_log.hpp>

namespace holdfast::sharded_log {
namespace {

Unexpected malformed_reshard(std::string expected, std::string found) {
  return Unexpected(Error{.code = ErrorCode::corruption,
                          .message = "what the store has kept of a reshard is malformed",
                          .expected = std::move(expected),
                          .found = std::move(found)});
}

void append_ids(std::string& value, const std::vector<LogId>& ids) {
  value.append(reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(LogId));  // bytes as text
}

std::vector<LogId> take_ids(std::string_view& bytes, std::size_t count) {
  std::vector<LogId> ids(count);
  if (count != 0) std::memcpy(ids.data(), bytes.data(), count * sizeof(LogId));
  bytes.remove_prefix(count * sizeof(LogId));
  return ids;
}

bool is_count(std::uint32_t count) noexcept { return count != 0 && count <= kLogShardsMax; }

}  // namespace

std::string encode_reshard(const ReshardRecord& record) {
  const ReshardDisk disk{.version = kReshardVersion,
                         .phase = static_cast<std::uint32_t>(record.phase),
                         .generation = record.generation,
                         .shard_count = record.shard_count,
                         .old_shard_count = static_cast<std::uint32_t>(record.next.size()),
                         .done_records = record.done_records};
  std::string value(reinterpret_cast<const char*>(&disk), sizeof disk);  // bytes as text
  append_ids(value, record.next);
  return value;
}

Result<ReshardRecord> decode_reshard(std::string_view value) {
  ReshardDisk disk{};
  if (value.size() < sizeof disk)
    return malformed_reshard("at least " + std::to_string(sizeof disk) + " bytes", std::to_string(value.size()));
  std::memcpy(&disk, value.data(), sizeof disk);
  if (disk.version > kReshardVersion) {
    Error error{.code = ErrorCode::version_mismatch, .message = "the log is being resharded by a newer version"};
    error.expected = "at most " + std::to_string(kReshardVersion);
    error.found = std::to_string(disk.version);
    return Unexpected(error);
  }
  value.remove_prefix(sizeof disk);
  const auto phase = static_cast<ReshardPhase>(disk.phase);
  const bool is_copying = phase == ReshardPhase::copying;
  const bool is_possible = disk.version != 0 && (is_copying || phase == ReshardPhase::dropping) &&
                           disk.generation != 0 && is_count(disk.shard_count) &&
                           (is_copying ? is_count(disk.old_shard_count) : disk.old_shard_count == 0);
  if (!is_possible) return malformed_reshard("possible numbers", "others");
  if (value.size() != disk.old_shard_count * sizeof(LogId))
    return malformed_reshard(std::to_string(disk.old_shard_count) + " ids", std::to_string(value.size()) + " bytes");
  return ReshardRecord{.phase = phase,
                       .generation = disk.generation,
                       .shard_count = disk.shard_count,
                       .done_records = disk.done_records,
                       .next = take_ids(value, disk.old_shard_count)};
}

std::string encode_moved_cut(const MovedCut& cut) {
  const MovedCutDisk disk{.old_shard_count = static_cast<std::uint32_t>(cut.old_next.size()),
                          .shard_count = static_cast<std::uint32_t>(cut.next.size())};
  std::string value(reinterpret_cast<const char*>(&disk), sizeof disk);  // bytes as text
  append_ids(value, cut.old_next);
  append_ids(value, cut.next);
  return value;
}

Result<MovedCut> decode_moved_cut(std::string_view value) {
  MovedCutDisk disk{};
  if (value.size() < sizeof disk) return malformed_reshard("a cut", std::to_string(value.size()) + " bytes");
  std::memcpy(&disk, value.data(), sizeof disk);
  value.remove_prefix(sizeof disk);
  const bool is_possible = is_count(disk.old_shard_count) && is_count(disk.shard_count) &&
                           value.size() == (disk.old_shard_count + disk.shard_count) * sizeof(LogId);
  if (!is_possible) return malformed_reshard("a cut", std::to_string(value.size()) + " bytes of ids");
  MovedCut cut;
  cut.old_next = take_ids(value, disk.old_shard_count);
  cut.next = take_ids(value, disk.shard_count);
  if (std::find(cut.next.begin(), cut.next.end(), LogId{0}) != cut.next.end()) return malformed_reshard("ids from 1 on", "0");
  return cut;
}

Result<std::optional<ReshardRecord>> find_reshard(const StoreLedger& ledger, std::uint64_t log_number) {
  const auto kept = ledger.find(LedgerKind::reshard, log_number, {});
  if (!kept) return Unexpected(kept.error());
  if (!*kept) return std::nullopt;
  return decode_reshard(**kept);
}

LedgerChange keep_reshard(std::uint64_t log_number, const ReshardRecord& record) {
  return {.kind = LedgerKind::reshard, .number = log_number, .value = encode_reshard(record)};
}

Result<std::vector<LedgerChange>> forget_reshard(const StoreLedger& ledger, std::uint64_t log_number) {
  std::vector<LedgerChange> changes{{.kind = LedgerKind::reshard, .number = log_number}};
  const auto cuts = ledger.all(LedgerKind::moved_cut, log_number);
  if (!cuts) return Unexpected(cuts.error());
  for (const LedgerRecord& cut : *cuts)
    changes.push_back({.kind = LedgerKind::moved_cut, .number = log_number, .name = cut.name});
  return changes;
}

}  // namespace holdfast::sharded_log
