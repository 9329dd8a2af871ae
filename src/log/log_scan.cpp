// Going through a stream in the order of its ids, or against it.

#include <array>

#include "log/log_stream.hpp"

namespace holdfast::log {
namespace {

Unexpected damaged(Error error, LogId id) {
  error.found = "damage in record " + std::to_string(id);
  return Unexpected(std::move(error));
}

}  // namespace

// Requires: a guard is held.
Result<std::optional<LogStream::Found>> LogStream::look(const Engine& engine, LogId from, LogId border,
                                                        Direction direction, const ReadTerms& terms,
                                                        std::uint64_t& skipped) const {
  const auto is_within = [&] { return direction == Direction::forward ? from < border : from >= border; };
  while (is_within()) {
    if (from < first_.load()) return Unexpected(no_such_place(engine, from));
    if (const auto location = index_.find(from)) return Found{from, *location};
    if (from < first_.load()) return Unexpected(no_such_place(engine, from));  // it has been taken away meanwhile
    if (const auto gap = gaps_.around(from)) {
      from = direction == Direction::forward ? gap->to : gap->from - 1;
      continue;
    }
    LogId begin = from;  // of what is missing and lies in no gap
    LogId end = from + 1;
    if (direction == Direction::forward) {
      const LogId limit = gaps_.end_of_run(from, border);
      end = index_.next_present(from, limit).value_or(limit);
    } else {
      const LogId limit = gaps_.begin_of_run(from, border);
      begin = index_.previous_present(from, limit).value_or(limit - 1) + 1;
    }
    if (terms.on_damage != OnDamage::skip)
      if (const auto id = direction == Direction::forward ? lost_.first_in(begin, end) : lost_.last_in(begin, end))
        return damaged(lost(engine, *id), *id);
    skipped += lost_.count_in(begin, end);
    from = direction == Direction::forward ? end : begin - 1;
  }
  return std::nullopt;
}

/// Visits records in runs: those of a run lie in one segment, are found under one guard and read under one pin.
/// Threads: one.
class EntryWalk {
 public:
  EntryWalk(const LogStream& stream, const Engine& engine, const ReadTerms& terms, LogStream::Direction direction)
      : stream_(stream), engine_(engine), terms_(terms), is_forward_(direction == LogStream::Direction::forward),
        direction_(direction) {}

  /// From `from` to before `end`, or back to `end`; where it stopped, as Log::scan and Log::scan_back say.
  Result<LogId> run(LogId from, LogId border, const Log::Visitor& visitor, ReaderPositions::Place& place) {
    LogId at = from;
    while (is_forward_ ? at < border : at >= border) {
      auto gathered = gather(at, border);
      if (!gathered) return Unexpected(gathered.error());
      if (run_size_ == 0) break;
      for (std::size_t i = 0; i < run_size_; ++i) {
        const auto goes_on = visit(run_[i], visitor);
        if (!goes_on) {
          const LogId id = run_[i].id;
          if (stream_.is_cut_off(id) || (goes_on.error().code == ErrorCode::not_found && stream_.is_compacted(id)))
            continue;  // since it was looked for
          if (terms_.on_damage == OnDamage::skip && goes_on.error().code == ErrorCode::corruption) continue;
          return goes_on.error().code == ErrorCode::corruption ? damaged(goes_on.error(), run_[i].id)
                                                               : Unexpected(goes_on.error());
        }
        at = behind(run_[i].id);
        if (!*goes_on) return at;
      }
      at = behind(run_[run_size_ - 1].id);
      if (is_forward_) place.move_to(at);  // backwards all lower ones are still to come
    }
    return is_forward_ ? border : border - 1;
  }

 private:
  static constexpr std::size_t kRunMax = 64;
  static constexpr ReadTerms kPassesNothing{.verify = true, .on_damage = OnDamage::fail};

  [[nodiscard]] LogId behind(LogId id) const noexcept { return is_forward_ ? id + 1 : id - 1; }

  Result<void> gather(LogId from, LogId border) {
    run_size_ = 0;
    const auto guard = engine_.guard();
    if (stream_.is_dropped()) return Unexpected(LogStream::dropped_error());
    std::uint64_t skipped = 0;
    auto found = stream_.look(engine_, from, border, direction_, terms_, skipped);
    if (!found) return Unexpected(found.error());
    if (!*found) return {};
    const SegmentId segment = engine_.segment_of((*found)->location);
    if (segment != segment_) {
      pin_.emplace(engine_.pin(segment));
      segment_ = segment;
    }
    run_[run_size_++] = **found;
    while (run_size_ < kRunMax) {
      const auto next = found_behind(run_[run_size_ - 1].id, border);
      if (!next || engine_.segment_of(next->location) != segment_) break;
      run_[run_size_++] = *next;
    }
    return {};
  }

  // Most often the next id is there; else what was compacted away is passed over, and damage ends the run.
  [[nodiscard]] std::optional<LogStream::Found> found_behind(LogId last, LogId border) const {
    const LogId id = behind(last);
    if (is_forward_ ? id >= border : id < border) return std::nullopt;
    if (const auto location = stream_.index_.find(id)) return LogStream::Found{id, *location};
    std::uint64_t skipped = 0;
    const auto found = stream_.look(engine_, id, border, direction_, kPassesNothing, skipped);
    return found ? *found : std::nullopt;
  }

  Result<bool> visit(const LogStream::Found& found, const Log::Visitor& visitor) {
    const auto record = stream_.record_at(engine_, found.id, found.location, terms_.verify);
    if (!record) return Unexpected(record.error());
    LogEntryView view{.id = found.id,
                      .timestamp_us = log_timestamp_us(record->key),
                      .payload = record->payload,
                      .key = key_of(*record),
                      .erases_key = (record->header.flags & kRecordFlagErasesKey) != 0};
    if (!is_in_place(*record)) {
      const auto guard = engine_.guard();  // parts lie in extents of their own
      auto payload = read_value(engine_, found.location, *record, terms_.verify);
      if (!payload) return Unexpected(stream_.told(payload.error(), found.id));
      gathered_ = std::move(*payload);
      view.payload = gathered_;
    }
    return visitor(view);
  }

  const LogStream& stream_;
  const Engine& engine_;
  const ReadTerms terms_;
  const bool is_forward_;
  const LogStream::Direction direction_;
  std::array<LogStream::Found, kRunMax> run_{};
  std::size_t run_size_ = 0;
  SegmentId segment_ = 0;
  std::optional<SegmentPins::Pin> pin_;
  std::string gathered_;  // a payload that does not lie in its record as it is
};

// The stream as of now: what is shown has its place for good, so the scan needs no lock and holds up nobody.
Result<LogId> LogStream::scan(LogId from, const Log::Visitor& visitor, const ReadTerms& terms) const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (is_dropped()) return Unexpected(dropped_error());
  ReaderPositions::Place place(positions_, from);
  const LogId end = index_.next();
  if (from < first_.load() || from > end) return Unexpected(no_such_place(*engine, from));
  return EntryWalk(*this, *engine, terms, Direction::forward).run(from, end, visitor, place);
}

Result<LogId> LogStream::scan_back(LogId from, const Log::Visitor& visitor, const ReadTerms& terms) const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (is_dropped()) return Unexpected(dropped_error());
  ReaderPositions::Place place(positions_, 0);  // nothing is taken away meanwhile
  const LogId end = index_.next();
  const LogId first = first_.load();
  if (from > end || from + 1 < first) return Unexpected(no_such_place(*engine, from));
  if (from == end) --from;
  return EntryWalk(*this, *engine, terms, Direction::backward).run(from, first, visitor, place);
}

// Segments tell the highest timestamp they hold; the records of the first that reaches it are looked through.
Result<LogId> LogStream::find_time(std::uint64_t timestamp_us, const ReadTerms& terms) const {
  LogId from = SliceUsage::kNoFloor;
  {
    const auto engine = gate_->enter();
    if (!engine) return Unexpected(EngineGate::closed_error());
    if (is_dropped()) return Unexpected(dropped_error());
    for (const SegmentUse& use : space_.segments().uses())
      if (use.entries != 0 && use.time_max_us >= timestamp_us) from = std::min(from, use.id_min);
  }
  const auto first = first_id();
  if (!first) return first;
  const auto next = next_id();
  if (!next || from >= *next) return next;
  std::optional<LogId> found;
  const auto end = scan(std::max(from, *first), [&](const LogEntryView& entry) {
    if (entry.timestamp_us >= timestamp_us) found = entry.id;
    return !found;
  }, terms);
  if (!end) return end;
  return found.value_or(*end);
}

}  // namespace holdfast::log
