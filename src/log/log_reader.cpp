#include <holdfast/log_reader.hpp>

#include <utility>

#include "common/base/success.hpp"
#include "log/log_stream.hpp"

namespace holdfast {

/// Where a reader stands, and a copy of the record it has moved over: so it holds nothing of the store between two moves
/// but its place.
class LogReader::State {
 public:
  State(std::shared_ptr<log::LogStream> stream, const log::ReadTerms& terms, LogId from)
      : stream_(std::move(stream)), terms_(terms), place_(stream_->positions(), from), position_(from) {}

  [[nodiscard]] Result<void> check(LogId from) const {
    const auto engine = stream_->gate()->enter();
    if (!engine) return Unexpected(EngineGate::closed_error());
    if (stream_->is_dropped()) return Unexpected(log::LogStream::dropped_error());
    const auto next = stream_->next_id();
    if (!next) return Unexpected(next.error());
    return from >= stream_->begin() && from <= *next ? success() : Unexpected(stream_->no_such_place(*engine, from));
  }

  [[nodiscard]] Result<bool> move(log::LogStream::Direction direction) {
    const bool is_forward = direction == log::LogStream::Direction::forward;
    const auto engine = stream_->gate()->enter();
    if (!engine) return Unexpected(EngineGate::closed_error());
    const auto first = stream_->first_id();
    const auto next = stream_->next_id();
    if (!first || !next) return Unexpected(first ? next.error() : first.error());
    for (LogId at = position_; is_forward ? at < *next : at > *first;) {
      const auto guard = engine->guard();
      auto found = stream_->look(*engine, is_forward ? at : at - 1, is_forward ? *next : *first, direction, terms_,
                                 skipped_);
      if (!found) return Unexpected(found.error());
      if (!*found) break;
      auto entry = stream_->entry_of(*engine, **found, terms_.verify);
      const LogId id = (*found)->id;
      if (entry) {
        stand_at(is_forward ? id + 1 : id);
        entry_ = std::move(*entry);
        show();
        return true;
      }
      if (stream_->is_cut_off(id) || (entry.error().code == ErrorCode::not_found && stream_->is_compacted(id))) {  // meanwhile
        at = is_forward ? id + 1 : id;
        continue;
      }
      if (entry.error().code != ErrorCode::corruption) return Unexpected(entry.error());
      if (terms_.on_damage != OnDamage::skip) {
        Error error = entry.error();
        error.found = "damage in record " + std::to_string(id);
        return Unexpected(std::move(error));
      }
      ++skipped_;
      at = is_forward ? id + 1 : id;
    }
    stand_at(is_forward ? *next : *first);  // also over damage that was passed over
    return false;
  }

  void stand_at(LogId id) noexcept {
    position_ = id;
    place_.move_to(id);
  }

  [[nodiscard]] log::LogStream& stream() const noexcept { return *stream_; }
  [[nodiscard]] LogId position() const noexcept { return position_; }
  [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_; }
  [[nodiscard]] const LogEntryView& entry() const noexcept { return view_; }

 private:
  void show() {
    view_ = {.id = entry_.id, .timestamp_us = entry_.timestamp_us, .payload = entry_.payload,
             .erases_key = entry_.erases_key};
    if (entry_.key) view_.key = *entry_.key;
  }

  std::shared_ptr<log::LogStream> stream_;
  log::ReadTerms terms_;
  log::ReaderPositions::Place place_;
  LogId position_;
  std::uint64_t skipped_ = 0;
  LogEntry entry_;
  LogEntryView view_;
};

LogReader::LogReader(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
LogReader::LogReader(LogReader&&) noexcept = default;
LogReader& LogReader::operator=(LogReader&&) noexcept = default;
LogReader::~LogReader() = default;

Result<bool> LogReader::next() {
  return state_->stream().gate()->answer([&] { return state_->move(log::LogStream::Direction::forward); });
}

Result<bool> LogReader::next(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    auto moved = next();
    if (!moved || *moved) return moved;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return moved;
    const auto grown = state_->stream().gate()->answer([&] { return state_->stream().wait(position(), left); });
    if (!grown) return Unexpected(grown.error());
  }
}

Result<bool> LogReader::previous() {
  return state_->stream().gate()->answer([&] { return state_->move(log::LogStream::Direction::backward); });
}

const LogEntryView& LogReader::entry() const noexcept { return state_->entry(); }

LogId LogReader::position() const noexcept { return state_->position(); }

std::uint64_t LogReader::skipped() const noexcept { return state_->skipped(); }

Result<void> LogReader::seek(LogId id) {
  return state_->stream().gate()->answer([&]() -> Result<void> {
    const LogId before = state_->position();
    state_->stand_at(id);  // first, so that it is not taken away behind the check
    auto checked = state_->check(id);
    if (!checked) state_->stand_at(before);
    return checked;
  });
}

Result<LogReader> Log::reader(LogId from) const {
  return stream_->gate()->answer([&]() -> Result<LogReader> {
    auto state = std::make_unique<LogReader::State>(stream_, log::terms_of(options_), from);
    if (auto checked = state->check(from); !checked) return Unexpected(checked.error());
    return LogReader(std::move(state));
  });
}

}  // namespace holdfast
