#include "log/compaction.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "common/base/rollback.hpp"
#include "common/base/success.hpp"
#include "log/log_settings.hpp"
#include "log/log_stream.hpp"

namespace holdfast::log {
namespace {

constexpr std::uint64_t kUsPerMs = 1'000;
constexpr std::uint64_t kPercent = 100;

// A step takes no more segments.
constexpr std::size_t kGroupMax = 16;

// So many small segments that compaction has left become one, though nothing in them can go.
constexpr std::size_t kSmallSegmentsMax = 4;

// What a run leaves for the next one: records that erase keys whose older ones it has taken away.
constexpr int kRunsMax = 2;

std::uint64_t earlier(std::uint64_t a, std::uint64_t b) noexcept { return a == 0 || (b != 0 && b < a) ? b : a; }

}  // namespace

Result<LogCompaction> Compaction::run() {
  compaction_.segments_before = stream_.space_.segments().uses().size();
  for (int i = 0; i < kRunsMax; ++i) {
    const auto ended = run_once();
    if (!ended) return Unexpected(ended.error());
    if (*ended != Ended::again) break;
  }
  compaction_.segments_after = stream_.space_.segments().uses().size();
  return compaction_;
}

// Those that hold any, by their ids.
std::vector<SegmentUse> Compaction::segments_in_order() const {
  auto uses = stream_.space_.segments().uses();
  std::erase_if(uses, [](const SegmentUse& use) { return use.entries == 0; });
  std::sort(uses.begin(), uses.end(), [](const SegmentUse& a, const SegmentUse& b) { return a.id_min < b.id_min; });
  return uses;
}

bool Compaction::has_damage() const {
  const auto uses = stream_.space_.segments().uses();
  return std::any_of(uses.begin(), uses.end(), [](const SegmentUse& use) { return use.is_damaged; });
}

bool Compaction::is_old_enough(const SegmentUse& use, std::uint64_t now_us) const noexcept {
  if (settings_.compact_age_ms_min == 0) return true;
  return now_us > use.time_max_us && now_us - use.time_max_us >= settings_.compact_age_ms_min * kUsPerMs;
}

// What is shown when the sync begins is durable behind it, and may replace others.
Result<Compaction::Ended> Compaction::run_once() {
  const LogId end = stream_.index_.next();
  if (auto synced = engine_.sync_records(); !synced) return Unexpected(synced.error());
  const std::uint64_t now_us = engine_.expiry_clock().read_us();
  const LogId limit = std::min(end, stream_.lowest_place().value_or(end));
  KeyScanTerms terms{.first = stream_.first_.load(),
                     .end = end,
                     .limit = limit,
                     .now_us = now_us,
                     .tombstone_us = settings_.tombstone_ms * kUsPerMs,
                     .drops_tombstones = !has_damage(),
                     .key_slots_max = key_slots_max_};
  const auto uses = segments_in_order();
  const LogId last_begins = uses.empty() ? end : uses.back().id_min;
  auto scan = std::make_unique<KeyScan>(stream_, engine_, terms);
  if (auto looked = scan->run(); !looked) return Unexpected(looked.error());
  if (scan->found_damage() && std::exchange(terms.drops_tombstones, false)) {
    scan = std::make_unique<KeyScan>(stream_, engine_, terms);
    if (auto looked = scan->run(); !looked) return Unexpected(looked.error());
  }
  due_us_ = scan->tombstone_due_us();
  const std::vector<Group> groups = choose(*scan, end, now_us);
  const std::uint64_t removed_before = compaction_.records_removed;
  const auto ended = rewrite_all(*scan, groups);
  if (!ended || *ended == Ended::early) return ended;
  stream_.note_compacted(std::min(last_begins, limit), due_us_);
  const bool is_worth_it = scan->has_waiting_tombstones() && compaction_.records_removed > removed_before;
  return is_worth_it ? Ended::again : Ended::done;
}

// The last segment stays: it is gone on with. Groups end at segments that stay, so that what a new segment holds lies between
// the ids of its neighbours.
std::vector<Compaction::Group> Compaction::choose(const KeyScan& scan, LogId end, std::uint64_t now_us) {
  const std::uint64_t percent_min =
      settings_.compact_garbage_percent_min == 0 ? kCompactGarbagePercentDefault : settings_.compact_garbage_percent_min;
  const std::uint64_t size_max = stream_.space_.segment_size_bytes();
  std::vector<Group> groups;
  Group group;
  const auto end_group = [&] {
    if (group.has_garbage || group.segments.size() >= kSmallSegmentsMax) groups.push_back(group);
    group = {};
  };
  auto uses = segments_in_order();
  if (!uses.empty()) uses.pop_back();
  for (const SegmentUse& use : uses) {
    const KeyScan::Gone gone = scan.gone_of(use.place.segment_id);
    const bool has_garbage = gone.records != 0 && gone.bytes * kPercent >= percent_min * use.written_bytes;
    const bool is_small = use.is_of_copies && use.place.size_bytes * 2 <= size_max;
    const bool is_old = is_old_enough(use, now_us);
    if (has_garbage && !is_old)
      due_us_ = earlier(due_us_, std::min(use.time_max_us, kTimeUsMax) + settings_.compact_age_ms_min * kUsPerMs);
    if (!is_old || !use.is_cleanable || use.id_max >= end || (!has_garbage && !is_small)) {
      end_group();
      continue;
    }
    const std::uint64_t live_bytes = use.written_bytes - std::min(use.written_bytes, gone.bytes);
    if (group.segments.size() == kGroupMax || group.live_bytes + live_bytes > size_max) end_group();
    group.segments.push_back(use);
    group.gone_records += gone.records;
    group.gone_bytes += gone.bytes;
    group.live_bytes += live_bytes;
    group.has_garbage = group.has_garbage || has_garbage;
  }
  end_group();
  return groups;
}

Result<Compaction::Ended> Compaction::rewrite_all(const KeyScan& scan, const std::vector<Group>& groups) {
  const auto size_of = [](const Group& group) {
    std::uint64_t bytes = 0;
    for (const SegmentUse& use : group.segments) bytes += use.place.size_bytes;
    return bytes;
  };
  std::uint64_t total_bytes = done_bytes_;
  for (const Group& group : groups) total_bytes += size_of(group);
  for (const Group& group : groups) {
    if (stream_.gate_->is_closing()) return Ended::early;
    const auto thinned = rewrite(scan, group);
    if (!thinned) return Unexpected(thinned.error());
    stream_.count_compacted(*thinned);
    compaction_.records_removed += thinned->gone_records;
    compaction_.bytes_freed += thinned->bytes - std::min(thinned->bytes, thinned->made_bytes);
    done_bytes_ += size_of(group);
    if (progress_ && !progress_(done_bytes_, total_bytes)) return Ended::early;
  }
  return Ended::done;
}

// One step, with nothing else that takes records away beside it. Readers and cursors may have gone back since, and truncation
// may have taken what the findings rest on.
Result<Engine::Thinned> Compaction::rewrite(const KeyScan& scan, const Group& group) {
  const std::lock_guard lock(stream_.upkeep_mutex_);
  if (stream_.is_dropped()) return Unexpected(LogStream::dropped_error());
  if (!stream_.index_.find(scan.latest())) return Engine::Thinned{};
  const LogId first = stream_.first_.load();
  const LogId limit = stream_.lowest_place().value_or(stream_.index_.next());
  const LogId below = group.segments.back().id_max + 1;
  SequenceIndex& index = stream_.index_;
  auto lost = stream_.lost_.lost_below(below, index, first);
  std::uint64_t already_gone = 0;
  const auto keeps = [&](Location location, const RecordView& record) {
    const LogId id = record.header.version;
    const bool is_there = id >= first && index.find(id) == location;
    already_gone += is_there ? 0 : 1;
    return is_there && !(id < limit && scan.gone().contains(id));
  };
  const auto moved = [&](std::span<const Engine::MovedEntry> entries) {
    stream_.lost_.thin_to(below, std::move(lost));
    auto entry = entries.begin();
    const auto is_old = [&](Location location) {
      const SegmentId segment = engine_.segment_of(location);
      return std::any_of(group.segments.begin(), group.segments.end(),
                         [segment](const SegmentUse& use) { return use.place.segment_id == segment; });
    };
    for (auto id = index.next_present(std::max(first, group.segments.front().id_min), below); id;
         id = index.next_present(*id + 1, below)) {
      const auto location = index.find(*id);
      while (entry != entries.end() && entry->id < *id) ++entry;
      if (entry != entries.end() && entry->id == *id)
        static_cast<void>(index.move(*id, entry->from, entry->to));
      else if (location && is_old(*location))
        static_cast<void>(index.erase(*id, *location));
    }
  };
  auto thinned = engine_.thin_log(stream_.space_, {.segments = group.segments,
                                                   .below = below,
                                                   .gone_records = group.gone_records,
                                                   .gone_bytes = group.gone_bytes,
                                                   .keeps = keeps,
                                                   .moved = moved});
  if (thinned) thinned->gone_records -= std::min(thinned->gone_records, already_gone);
  return thinned;
}

// --- of the stream ---

Result<LogCompaction> LogStream::compact(const Log::CompactProgress& progress, std::size_t key_slots_max) {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::lock_guard lock(compact_mutex_);
  return compact(*engine, progress, key_slots_max);
}

void LogStream::pause_compaction() {
  const std::lock_guard lock(compact_mutex_);
  compaction_pauses_.fetch_add(1);
}

Result<LogId> LogStream::compacted_below() const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return engine->log_thinned(space_.id());
}

bool LogStream::compact_if_due(bool needs_room) {
  const auto engine = gate_->enter();
  if (!engine || engine->read_only() || is_dropped()) return false;
  if (is_compacting_.load()) return false;  // maybe by this thread, which finds no room on the way
  const std::unique_lock lock(compact_mutex_, std::try_to_lock);
  if (!lock || compaction_pauses_.load() != 0 || !is_compaction_due(*engine, needs_room)) return false;
  const auto compaction = compact(*engine, {}, KeyScanTerms::kKeySlotsMax);
  return compaction && compaction->bytes_freed != 0;
}

// Requires: compact_mutex_.
Result<LogCompaction> LogStream::compact(Engine& engine, const Log::CompactProgress& progress,
                                         std::size_t key_slots_max) {
  const auto kept = decode_settings(engine.space_metadata(space_.id()));
  if (is_dropped()) return Unexpected(dropped_error());  // then there are none
  if (compaction_pauses_.load() != 0)
    return Unexpected(Error{.code = ErrorCode::busy, .message = "stream '" + name_ + "' is being resharded"});
  if (!kept) return Unexpected(kept.error());
  if (!kept->compact_by_key)
    return Unexpected(Error{.code = ErrorCode::invalid_argument,
                            .message = "stream '" + name_ + "' does not compact by key: its settings do not say so"});
  is_compacting_.store(true);
  const Rollback over([this] { is_compacting_.store(false); });
  return Compaction(*this, engine, *kept, progress, key_slots_max).run();
}

// A run looks at the whole stream. So it waits until what has come since the last one may make it worth it; or until what was
// too young then has come of age. Requires: compact_mutex_.
bool LogStream::is_compaction_due(const Engine& engine, bool needs_room) const {
  if (compact_due_us_ != 0 && engine.expiry_clock().read_us() >= compact_due_us_) return true;
  const auto uses = space_.segments().uses();
  LogId last_begins = 0;
  for (const SegmentUse& use : uses)
    if (use.entries != 0) last_begins = std::max(last_begins, use.id_min);
  const LogId limit = lowest_place().value_or(last_begins);
  std::uint64_t all_bytes = 0;
  std::uint64_t new_bytes = 0;
  for (const SegmentUse& use : uses) {
    if (use.entries == 0 || use.id_min == last_begins) continue;
    all_bytes += use.written_bytes;
    if (use.id_min >= compacted_to_ && use.id_min < limit) new_bytes += use.written_bytes;
  }
  const std::uint64_t percent_min = compact_percent_min_.load(std::memory_order_relaxed);
  return new_bytes != 0 && (needs_room || new_bytes * kPercent >= percent_min * all_bytes);
}

std::optional<LogId> LogStream::lowest_place() const {
  return positions_.decide([this](std::optional<LogId> lowest) {
    const auto cursor = cursors_.lowest_protecting();
    if (cursor) lowest = std::min(lowest.value_or(cursor->second), cursor->second);
    return lowest;
  });
}

void LogStream::count_compacted(const Engine::Thinned& thinned) noexcept {
  compacted_segments_.fetch_add(thinned.segments, std::memory_order_relaxed);
  compacted_records_.fetch_add(thinned.gone_records, std::memory_order_relaxed);
  compaction_bytes_.fetch_add(thinned.copied_bytes, std::memory_order_relaxed);
}

}  // namespace holdfast::log
