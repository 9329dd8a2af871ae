#include "log/log_stream.hpp"

#include <chrono>
#include <cstring>

#include "common/base/check.hpp"

namespace holdfast::log {

Result<void> LogStream::check_payload(std::string_view payload) {
  if (payload.size() <= kPayloadSizeBytesMax) return success();
  Error error{.code = ErrorCode::too_large, .message = "payload is too large"};
  error.expected = "at most " + std::to_string(kPayloadSizeBytesMax) + " bytes";
  error.found = std::to_string(payload.size());
  return Unexpected(error);
}

LogKeyDisk LogStream::key_now() noexcept {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count())};
}

void LogStream::written(const WriteEntry& entry) noexcept {
  HOLDFAST_CHECK(entry.draft.version == index_.next());  // the tail's order is the order of ids
  index_.append(entry.location);
}

Result<LogId> LogStream::append(std::string_view payload, Durability durability) {
  return append_batch({&payload, 1}, durability);
}

Result<LogId> LogStream::append_batch(std::span<const std::string_view> payloads, Durability durability) {
  if (payloads.empty())
    return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = "a batch without payloads has no id"});
  for (const std::string_view payload : payloads)
    if (auto checked = check_payload(payload); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const LogKeyDisk key = key_now();
  if (payloads.size() == 1) {
    WriteEntry single = entry(key, payloads.front());
    if (auto appended = engine->write({&single, 1}, durability); !appended) return Unexpected(appended.error());
    return single.draft.version;
  }
  std::vector<WriteEntry> entries;
  entries.reserve(payloads.size());
  for (const std::string_view payload : payloads) entries.push_back(entry(key, payload));
  if (auto appended = engine->write(entries, durability); !appended) return Unexpected(appended.error());
  return entries.front().draft.version;
}

Result<std::shared_ptr<TicketState>> LogStream::append_async(std::string_view payload, Durability durability) {
  if (auto checked = check_payload(payload); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const LogKeyDisk key = key_now();
  return engine->write_async(entry(key, payload), durability);
}

Error LogStream::lost(const Engine& engine, LogId id) const {
  Error error{.code = ErrorCode::corruption,
              .message = "record of stream '" + name_ + "' is lost, as recovery has reported",
              .path = std::string(engine.storage().path())};
  error.expected = "record " + std::to_string(id);
  error.found = "damage";
  // It lay behind the last record before it that is there.
  for (LogId before = id; --before > 0;) {
    const auto location = index_.find(before);
    if (!location) continue;
    const auto hole = space_.known_damage_behind(location->slice, static_cast<std::uint32_t>(location->offset()));
    if (hole) error.offset = engine.store_offset({location->slice, *hole / 8});
    break;
  }
  return error;
}

Result<RecordView> LogStream::record_at(const Engine& engine, LogId id, bool verify) const {
  const auto location = index_.find(id);
  if (!location) return Unexpected(lost(engine, id));
  auto record = engine.read(*location, verify);
  if (!record) return record;
  const bool is_entry = record->type() == RecordType::log_entry && record->key.size() == sizeof(LogKeyDisk);
  if (is_entry && record->header.version == id) return record;
  Error error{.code = ErrorCode::corruption,
              .message = "another record lies where the index of stream '" + name_ + "' points",
              .path = std::string(engine.storage().path()),
              .offset = engine.store_offset(*location)};
  error.expected = "record " + std::to_string(id);
  error.found = "record " + std::to_string(record->header.version);
  return Unexpected(error);
}

Result<LogEntry> LogStream::read(LogId id, bool verify) const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (id == 0 || id >= index_.next()) {
    Error error{.code = ErrorCode::not_found, .message = "stream '" + name_ + "' has no such record"};
    error.expected = "an id from 1 to " + std::to_string(index_.next() - 1);
    error.found = std::to_string(id);
    return Unexpected(error);
  }
  const auto guard = engine->guard();
  const auto record = record_at(*engine, id, verify);
  if (!record) return Unexpected(record.error());
  auto payload = engine->read_value(*record, verify);
  if (!payload) return Unexpected(payload.error());
  return LogEntry{.id = id, .timestamp_us = timestamp_of(*record), .payload = std::move(*payload)};
}

std::uint64_t LogStream::timestamp_of(const RecordView& record) noexcept {
  LogKeyDisk key;
  std::memcpy(&key, record.key.data(), sizeof key);
  return key.timestamp_us;
}

// Nothing is taken away from a stream yet: its first record has the id 1, and so has the one to come.
Result<LogId> LogStream::first_id() const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return LogId{1};
}

Result<LogId> LogStream::next_id() const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return index_.next();
}

std::vector<ByteRange> LogStream::placements(LogId id) const {
  const auto engine = gate_->enter();
  if (!engine || id == 0 || id >= index_.next()) return {};
  const auto location = index_.find(id);
  return location ? engine->placements(*location) : std::vector<ByteRange>{};
}

}  // namespace holdfast::log
