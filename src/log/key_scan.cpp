#include "log/key_scan.hpp"

#include <algorithm>
#include <optional>

#include "common/base/key_hash.hpp"
#include "common/base/success.hpp"
#include "log/log_stream.hpp"

namespace holdfast::log {
namespace {

// So many are looked at under one guard.
constexpr int kIdsAtOnce = 64;

}  // namespace

Result<void> KeyScan::run() {
  for (std::optional<std::uint64_t> low = 0; low; low = keys_.next_window()) {
    keys_.begin_window(*low);
    if (auto looked = look_through(); !looked) return looked;
    mark_tombstones();
  }
  return success();
}

Result<void> KeyScan::look_through() {
  for (LogId at = terms_.end; at > terms_.first;) {
    if (stream_.gate_->is_closing()) return Unexpected(EngineGate::closed_error());
    const auto guard = engine_.guard();
    if (stream_.is_dropped()) return Unexpected(LogStream::dropped_error());
    const LogId first = std::max(terms_.first, stream_.first_.load());
    for (int i = 0; i < kIdsAtOnce; ++i) {
      const auto id = at > first ? stream_.index_.previous_present(at - 1, first) : std::nullopt;
      if (!id) return success();
      look_at(*id);
      at = *id;
    }
  }
  return success();
}

// Requires: a guard is held.
void KeyScan::look_at(LogId id) {
  const auto location = stream_.index_.find(id);
  if (!location) return;
  latest_ = std::max(latest_, id);
  const auto record = stream_.record_at(engine_, id, *location, true);
  if (!record) {
    if (id < stream_.first_.load()) return;
    found_damage_ = true;
    return stream_.space_.segments().set_damaged(engine_.segment_of(*location));
  }
  const auto key = key_of(*record);
  if (!key) return;
  const std::uint64_t hash = key_hash(*key);
  if (!keys_.covers(hash)) return;
  LatestKeys::Slot* const slot = keys_.find(hash);
  if (slot == nullptr) return add_key(id, hash, *record);
  has_waiting_tombstones_ = has_waiting_tombstones_ || slot->may_go();
  slot->stays();
  if (id < terms_.limit && has_key(slot->id(), *key)) mark(id, *location, *record);
}

void KeyScan::add_key(LogId id, std::uint64_t hash, const RecordView& record) {
  bool may_go = (record.header.flags & kRecordFlagErasesKey) != 0 && terms_.drops_tombstones && id < terms_.limit;
  if (may_go && terms_.tombstone_us != 0) {
    const std::uint64_t due_us = std::min(log_timestamp_us(record.key), kTimeUsMax) + terms_.tombstone_us;
    may_go = due_us <= terms_.now_us;
    if (!may_go) tombstone_due_us_ = tombstone_due_us_ == 0 ? due_us : std::min(tombstone_due_us_, due_us);
  }
  keys_.add(hash, id, may_go);
}

// It was proved when it was met.
bool KeyScan::has_key(LogId id, std::string_view key) const {
  const auto location = stream_.index_.find(id);
  if (!location) return false;
  const auto record = stream_.record_at(engine_, id, *location, false);
  return record && key_of(*record) == key;
}

void KeyScan::mark(LogId id, Location location, const RecordView& record) {
  if (!gone_.add(id)) return;
  Gone& gone = gone_by_segment_[engine_.segment_of(location)];
  ++gone.records;
  gone.bytes += record.header.padded_size_bytes;
}

// Those of which no older record of the key was met.
void KeyScan::mark_tombstones() {
  keys_.for_each([this](const LatestKeys::Slot& slot) {
    if (!slot.may_go()) return;
    const auto guard = engine_.guard();
    if (stream_.is_dropped() || slot.id() < stream_.first_.load()) return;
    const auto location = stream_.index_.find(slot.id());
    const auto record = location ? stream_.record_at(engine_, slot.id(), *location, false) : Result<RecordView>();
    if (location && record) mark(slot.id(), *location, *record);
  });
}

KeyScan::Gone KeyScan::gone_of(SegmentId segment) const {
  const auto found = gone_by_segment_.find(segment);
  return found == gone_by_segment_.end() ? Gone{} : found->second;
}

}  // namespace holdfast::log
