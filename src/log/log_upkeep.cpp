// What of a stream goes, and what it keeps.

#include "common/base/success.hpp"
#include "log/log_settings.hpp"
#include "log/log_stream.hpp"
#include "log/retention.hpp"

namespace holdfast::log {

// Crash order, as in docs/durability.md "truncation". Requires: upkeep_mutex_, id <= next().
Result<LogTruncation> LogStream::cut(Engine& engine, LogId id, bool is_asked) {
  const LogId before = first_.load();
  LogTruncation truncation{.first_id = gaps_.passed_forward(before)};
  const auto refused = [&](const std::string& who, LogId where) {
    Error error{.code = ErrorCode::busy, .message = who + " of stream '" + name_ + "' stands below"};
    error.expected = "record " + std::to_string(id) + " or above";
    error.found = "record " + std::to_string(where);
    return Unexpected(error);
  };
  const auto decided = positions_.decide([&](std::optional<LogId> lowest) -> Result<LogId> {  // (1)
    const auto cursor = cursors_.lowest_protecting();
    const LogId cut = std::min({id, lowest.value_or(id), cursor ? cursor->second : id});
    if (cut < id && is_asked)
      return lowest.value_or(id) == cut ? refused("a reader", cut) : refused("cursor '" + cursor->first + "'", cut);
    if (cut > before) first_.store(cut);
    return cut;
  });
  if (!decided) return Unexpected(decided.error());
  const bool moves = *decided > before;
  const auto may_go = [&](const SegmentUse& use) {
    return use.entries != 0 && ((moves && use.id_max < *decided) || is_all_cut_off(use));
  };
  std::vector<SegmentId> segments;
  for (const SegmentUse& use : space_.segments().uses())
    if (!use.is_in_use && may_go(use)) segments.push_back(use.place.segment_id);
  if (!moves && segments.empty()) return truncation;
  Engine::Forget forget;
  if (moves) forget = [this, first = *decided] { return index_.forget_below(first); };
  const auto freed = engine.truncate_log(space_, moves ? *decided : 0, segments, may_go, forget);  // (2) to (4)
  if (!freed) {
    first_.store(before);
    return Unexpected(freed.error());
  }
  if (moves) gaps_.forget_below(*decided);
  truncation = {.first_id = gaps_.passed_forward(first_.load()), .segments = freed->segments, .bytes = freed->bytes};
  truncated_segments_.fetch_add(freed->segments, std::memory_order_relaxed);
  return truncation;
}

Result<LogTruncation> LogStream::truncate_before(LogId id) {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::lock_guard lock(upkeep_mutex_);
  if (is_dropped()) return Unexpected(dropped_error());
  if (id > index_.next()) return Unexpected(no_such_place(*engine, id));
  return cut(*engine, id, true);
}

Result<LogTruncation> LogStream::retain() {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::lock_guard lock(upkeep_mutex_);
  if (is_dropped()) return Unexpected(dropped_error());
  const auto kept = decode_settings(engine->space_metadata(space_.id()));
  if (!kept) return Unexpected(kept.error());
  const LogId next = index_.next();  // before the segments: what they hold beyond is not shown yet
  const LogId first = first_.load();
  const LogId kept_from = gaps_.back_by(kept->keep_records_min, first, next);
  auto truncation = cut(
      *engine, retention_cut(*kept, uses_to_retain(), first, next, kept_from, engine->expiry_clock().read_us()),
      false);
  if (truncation) has_cut_segments_.store(!cut_off_segments().empty(), std::memory_order_relaxed);
  return truncation;
}

Result<LogSettings> LogStream::settings() const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (is_dropped()) return Unexpected(dropped_error());
  return decode_settings(engine->space_metadata(space_.id()));
}

Result<void> LogStream::set_settings(const LogSettings& settings) {
  if (auto checked = check_settings(settings); !checked) return checked;
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::lock_guard lock(upkeep_mutex_);
  if (is_dropped()) return Unexpected(dropped_error());
  if (auto kept = engine->set_space_metadata(space_.id(), encode_settings(settings)); !kept) return kept;
  apply(settings);
  if (compacts()) engine->keep_room_for_cleaning();
  if (has_retention() || compacts()) engine->want_sweep_now();
  return success();
}

// (1) No write finds room any more; (2) those that have begun are over; (3) the catalog forgets the stream.
Result<void> LogStream::drop() {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::lock_guard lock(upkeep_mutex_);
  if (dropped_.exchange(true)) return Unexpected(dropped_error());
  if (auto dropped = engine->drop_log(space_); !dropped) {  // (1) to (3)
    dropped_.store(false);
    return dropped;
  }
  return success();
}

}  // namespace holdfast::log
