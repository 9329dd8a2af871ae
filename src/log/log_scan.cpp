#include "log/log_stream.hpp"

namespace holdfast::log {

// The stream as of now: what is shown has its place for good, so the scan needs no lock and holds up nobody.
Result<LogId> LogStream::scan(LogId from, const Log::Visitor& visitor, bool verify) const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const LogId end = index_.next();
  if (from == 0 || from > end) {
    Error error{.code = ErrorCode::out_of_bounds,
                .message = "stream '" + name_ + "' has no such place to scan from",
                .path = std::string(engine->storage().path())};
    error.expected = "an id from 1 to " + std::to_string(end);
    error.found = std::to_string(from);
    return Unexpected(error);
  }
  const auto damaged = [](Error error, LogId id) {
    error.found = "damage in record " + std::to_string(id);
    return Unexpected(std::move(error));
  };
  std::string gathered;  // a payload in parts
  for (LogId id = from; id < end; ++id) {
    const auto record = record_at(*engine, id, verify);
    if (!record) return damaged(record.error(), id);
    LogEntryView view{.id = id, .timestamp_us = timestamp_of(*record), .payload = record->payload};
    if ((record->header.flags & kRecordFlagValueParts) != 0) {
      auto payload = engine->read_value(*record, verify);
      if (!payload) return damaged(payload.error(), id);
      gathered = std::move(*payload);
      view.payload = gathered;
    }
    if (!visitor(view)) return id + 1;
  }
  return end;
}

}  // namespace holdfast::log
