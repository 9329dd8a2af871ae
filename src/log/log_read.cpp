// Finding single records of a stream.

#include "log/log_stream.hpp"

namespace holdfast::log {

Error LogStream::lost(const Engine& engine, LogId id) const {
  Error error{.code = ErrorCode::corruption,
              .message = "record of stream '" + name_ + "' is lost, as recovery has reported",
              .path = std::string(engine.storage().path())};
  error.expected = "record " + std::to_string(id);
  error.found = "damage";
  // It lay behind the last record before it that is there.
  const auto before = id > first_.load() ? index_.previous_present(id - 1, first_.load()) : std::nullopt;
  const auto location = before ? index_.find(*before) : std::nullopt;
  if (!location) return error;
  const auto hole = space_.known_damage_behind(location->slice, static_cast<std::uint32_t>(location->offset()));
  if (hole) error.offset = engine.store_offset({location->slice, *hole / 8});
  return error;
}

Error LogStream::not_there(LogId id) const {
  const LogId first = first_.load();
  const bool was_there = id >= first && id < index_.next();
  Error error{.code = ErrorCode::not_found,
              .message = "stream '" + name_ + (was_there ? "' has compacted the record away" : "' has no such record")};
  error.expected = "an id from " + std::to_string(first) + " to " + std::to_string(index_.next() - 1);
  if (const auto gap = gaps_.around(id))
    error.expected += ", and none from " + std::to_string(gap->from) + " to " + std::to_string(gap->to - 1);
  error.found = std::to_string(id);
  return error;
}

Error LogStream::told(Error error, LogId id) const {
  if (is_dropped()) return dropped_error();
  return id < first_.load() || is_cut_off(id) || is_compacted(id) ? not_there(id) : error;
}

Error LogStream::no_such_place(const Engine& engine, LogId from) const {
  Error error{.code = ErrorCode::out_of_bounds,
              .message = "stream '" + name_ + "' has no such place to read from",
              .path = std::string(engine.storage().path())};
  error.expected = "an id from " + std::to_string(first_.load()) + " to " + std::to_string(index_.next());
  error.found = std::to_string(from);
  return error;
}

Result<RecordView> LogStream::record_at(const Engine& engine, LogId id, Location location, bool verify) const {
  auto record = engine.read(location, verify);
  if (!record || (is_entry(*record) && record->header.version == id)) return record;
  Error error{.code = ErrorCode::corruption,
              .message = "another record lies where the index of stream '" + name_ + "' points",
              .path = std::string(engine.storage().path()),
              .offset = engine.store_offset(location)};
  error.expected = "record " + std::to_string(id);
  error.found = "record " + std::to_string(record->header.version);
  return Unexpected(error);
}

Result<LogEntry> LogStream::entry_of(const Engine& engine, const Found& found, bool verify) const {
  const auto record = record_at(engine, found.id, found.location, verify);
  if (!record) return Unexpected(told(record.error(), found.id));
  auto payload = read_value(engine, found.location, *record, verify);
  if (!payload) return Unexpected(told(payload.error(), found.id));
  LogEntry entry{.id = found.id, .timestamp_us = log_timestamp_us(record->key), .payload = std::move(*payload)};
  if (const auto key = key_of(*record)) entry.key = std::string(*key);
  entry.erases_key = (record->header.flags & kRecordFlagErasesKey) != 0;
  return entry;
}

Result<LogStream::Found> LogStream::find(const Engine& engine, LogId id) const {
  if (is_dropped()) return Unexpected(dropped_error());
  if (id < first_.load() || id >= index_.next()) return Unexpected(not_there(id));
  if (const auto location = index_.find(id)) return Found{id, *location};
  return Unexpected(told(lost(engine, id), id));
}

Result<LogEntry> LogStream::read(LogId id, bool verify) const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const auto guard = engine->guard();
  const auto found = find(*engine, id);
  return found ? entry_of(*engine, *found, verify) : Unexpected(found.error());
}

std::vector<ByteRange> LogStream::placements(LogId id) const {
  const auto engine = gate_->enter();
  if (!engine) return {};
  const auto guard = engine->guard();
  const auto location = index_.find(id);
  return location ? engine->placements(*location) : std::vector<ByteRange>{};
}

}  // namespace holdfast::log
