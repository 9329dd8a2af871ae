// Records where they lie.

#include <holdfast/log_view.hpp>

#include <utility>

#include "log/log_stream.hpp"

namespace holdfast {

/// What a view keeps: the store's addresses, the segments that key and payload lie in; what it had to copy.
struct LogView::Content {
  EngineGate::Pin gate;  // before the segments: those are counted in the engine
  SegmentPins::Pin record;
  SegmentPins::Pin part;  // of a payload in an extent of its own
  std::string copy{};
  LogEntryView entry{};
};

LogView::LogView(std::unique_ptr<Content> content) noexcept : content_(std::move(content)) {}
LogView::LogView(LogView&&) noexcept = default;
LogView& LogView::operator=(LogView&&) noexcept = default;
LogView::~LogView() = default;

const LogEntryView& LogView::entry() const noexcept {
  static constexpr LogEntryView kNone{};
  return content_ != nullptr ? content_->entry : kNone;
}

bool LogView::ok() const noexcept { return content_ == nullptr || !content_->gate.is_faulted(); }

namespace log {

Result<LogView> LogStream::view(LogId id, bool verify) const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const auto guard = engine->guard();
  const auto found = find(*engine, id);
  if (!found) return Unexpected(found.error());
  const auto record = record_at(*engine, id, found->location, verify);
  if (!record) return Unexpected(told(record.error(), id));
  LogEntryView entry{.id = id,
                     .timestamp_us = log_timestamp_us(record->key),
                     .payload = record->payload,
                     .key = key_of(*record),
                     .erases_key = (record->header.flags & kRecordFlagErasesKey) != 0};
  std::optional<ValuePiece> part;
  std::string copy;
  if (!is_in_place(*record)) {
    if (!is_compressed(*record)) {
      auto pieces = pieces_of(*engine, found->location, *record, verify);
      if (!pieces) return Unexpected(told(pieces.error(), id));
      if (pieces->size() == 1) part = pieces->front();
    }
    if (part) {
      entry.payload = part->bytes;
    } else {
      auto payload = read_value(*engine, found->location, *record, verify);
      if (!payload) return Unexpected(told(payload.error(), id));
      copy = std::move(*payload);
    }
  }
  std::unique_ptr<LogView::Content> content(
      new LogView::Content{.gate = EngineGate::Pin(gate_),
                           .record = engine->pin(engine->segment_of(found->location)),
                           .part = part ? engine->pin(part->segment) : SegmentPins::Pin(),
                           .copy = std::move(copy),
                           .entry = entry});
  if (!is_in_place(*record) && !part) content->entry.payload = content->copy;
  return LogView(std::move(content));
}

}  // namespace log
}  // namespace holdfast
