// Named places in a stream that outlive their readers.

#include <algorithm>
#include <functional>

#include "common/base/success.hpp"
#include "log/log_stream.hpp"

namespace holdfast::log {
namespace {

LogCursor shown(std::string_view name, const CursorState& cursor, LogId first, LogId next, const StreamGaps& gaps) {
  const LogId from = std::max(cursor.next, first);
  return {.name = std::string(name),
          .next = cursor.next,
          .lag = next > from ? next - from - gaps.count(from, next) : 0,
          .committed_us = cursor.committed_us,
          .protects = cursor.protects};
}

}  // namespace

Result<void> LogStream::check_cursor_name(std::string_view name) {
  if (!name.empty() && name.size() <= kLogCursorNameSizeBytesMax) return success();
  Error error{.code = ErrorCode::invalid_argument, .message = "the name of a cursor is not possible"};
  error.expected = "1 to " + std::to_string(kLogCursorNameSizeBytesMax) + " bytes";
  error.found = std::to_string(name.size());
  return Unexpected(error);
}

std::mutex& LogStream::cursor_mutex(std::string_view name) noexcept {
  return cursor_mutexes_[std::hash<std::string_view>{}(name) % cursor_mutexes_.size()];
}

// Crash order, as in docs/durability.md "cursors". Until it is kept it protects what it has protected before as well, and what
// it will: so it is shown twice, first under the lock that truncation decides under. Not under truncation's own mutex: a
// cursor for which there is no room lets retention run in this thread.
Result<void> LogStream::commit_cursor(std::string_view name, LogId next, const CursorOptions& options,
                                      Durability durability) {
  if (auto checked = check_cursor_name(name); !checked) return checked;
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::lock_guard lock(cursor_mutex(name));
  CursorMove move{.stream = this,
                  .name = name,
                  .cursor = {.next = next,
                             .committed_us = engine->expiry_clock().read_us(),
                             .protects = options.protects}};
  if (auto begun = begin_move(*engine, move); !begun) return begun;
  auto kept = cursor_store_->keep(space_.id(), name, move.cursor, durability);
  end_move(move, kept.has_value());
  return kept;
}

Result<void> LogStream::begin_move(const Engine& engine, CursorMove& move) {
  if (is_dropped()) return Unexpected(dropped_error());
  const LogId next = move.cursor.next;
  move.before = cursors_.find(move.name);
  const auto& before = move.before;
  const bool goes_on = before && before->protects && before->next < next;
  const bool is_shown = positions_.decide([&](std::optional<LogId>) {
    if (next < first_.load() || next > index_.next()) return false;
    cursors_.set(move.name, goes_on ? *before : move.cursor);
    return true;
  });
  return is_shown ? success() : Unexpected(no_such_place(engine, next));
}

// The name is in the table, which needs no memory then.
void LogStream::end_move(const CursorMove& move, bool is_kept) noexcept {
  if (is_kept) return cursors_.set(move.name, move.cursor);
  move.before ? cursors_.set(move.name, *move.before) : cursors_.erase(move.name);
}

Result<bool> LogStream::drop_cursor(std::string_view name) {
  if (auto checked = check_cursor_name(name); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::lock_guard lock(cursor_mutex(name));
  if (is_dropped()) return Unexpected(dropped_error());
  if (!cursors_.find(name)) return false;
  if (auto forgotten = cursor_store_->forget(space_.id(), name); !forgotten) return Unexpected(forgotten.error());
  cursors_.erase(name);
  return true;
}

Result<std::optional<LogCursor>> LogStream::cursor(std::string_view name) const {
  if (auto checked = check_cursor_name(name); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (is_dropped()) return Unexpected(dropped_error());
  const auto found = cursors_.find(name);
  if (!found) return std::nullopt;
  return shown(name, *found, first_.load(), index_.next(), gaps_);
}

Result<std::vector<LogCursor>> LogStream::cursors() const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (is_dropped()) return Unexpected(dropped_error());
  std::vector<LogCursor> cursors;
  for (const auto& [name, cursor] : cursors_.all())
    cursors.push_back(shown(name, cursor, first_.load(), index_.next(), gaps_));
  return cursors;
}

// Records that it had passed may have gone with a power cut, and their ids be given out again: it must not pass those. That
// it is below the begin needs no writing: the same comes out at every open.
bool LogStream::recover_cursor(std::string_view name, CursorState& cursor) {
  const bool is_beyond = cursor.next > index_.next();
  if (is_beyond) cursor.next = index_.next();
  if (cursor.protects) cursor.next = std::max(cursor.next, first_.load());
  cursors_.set(name, cursor);
  return is_beyond;
}

}  // namespace holdfast::log
