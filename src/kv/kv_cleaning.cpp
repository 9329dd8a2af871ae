// What cleaning asks the index of a key-value space, and what a space says of its room.

#include <algorithm>

#include "common/base/key_hash.hpp"
#include "common/base/success.hpp"
#include "common/engine/cleaning_policy.hpp"
#include "kv/kv_space.hpp"

namespace holdfast::kv {
namespace {

// Of a sum whose parts are looked at one after the other, beside writers.
std::uint64_t unsigned_of(std::int64_t sum) noexcept { return sum > 0 ? static_cast<std::uint64_t>(sum) : 0; }

}  // namespace

// The stripe's lock orders this with the outcome of the write: either it is pending still, or the index has it, or has had
// it.
RecordOwner::Need KvSpace::need_of(Location location, const RecordView& record) {
  const std::uint64_t hash = key_hash(record.key);
  const std::uint64_t version = record.header.version;
  IndexSlots slots;
  {
    KeyOrder::Stripe& stripe = order_.stripe(hash);
    const KeyOrder::Lock lock(stripe.mutex);
    if (stripe.is_pending(version)) return Need::pending;
    slots = index_.find(hash);
  }
  bool may_be_another = false;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].location == location) return slots[i].erased ? Need::tombstone : Need::present;
    may_be_another = may_be_another || slots[i].version > version;
  }
  if (record.type() == RecordType::put) return Need::none;
  // A newer record of the key hides what the tombstone did.
  if (!may_be_another) return Need::tombstone;
  const auto match = match_among(*cleaned_engine_, slots, record.key);
  return match && slots[match->index].version > version ? Need::none : Need::tombstone;
}

// Crash order is the mover's; here the order with readers: snapshots, then the index.
bool KvSpace::move(Location from, Location to, const RecordView& record) {
  const std::uint64_t hash = key_hash(record.key);
  const KeyOrder::Lock lock(order_.stripe(hash).mutex);
  IndexSlots seen = index_.find(hash);
  std::optional<std::size_t> place;
  for (std::size_t i = 0; i < seen.size(); ++i)
    if (seen[i].location == from) place = i;
  if (!place) return false;
  IndexSlot moved = seen[*place];
  moved.location = to;
  if (!moved.erased) scans_.note_moved(hash, from, to, moved.version, cleaned_engine_->next_versions(1));
  if (!index_.replace(hash, seen, place, moved)) {  // publish() holds this lock, recovery is over: nobody else changes it
    if (!moved.erased) scans_.forget(hash, from);
    return false;
  }
  if (!moved.erased) {
    cleaned_engine_->count_live(to, record.header.padded_size_bytes);
    cleaned_engine_->count_live(from, -std::int64_t{record.header.padded_size_bytes});
  }
  return true;
}

// A tombstone stays in the index while a write of a lower version is under way, and behind one that was given up.
void KvSpace::forget_tombstone(Location location, const RecordView& record) {
  const std::uint64_t hash = key_hash(record.key);
  const KeyOrder::Lock lock(order_.stripe(hash).mutex);
  const IndexSlots slots = index_.find(hash);
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (slots[i].location == location && slots[i].erased) index_.remove(hash, slots[i]);
}

std::uint64_t KvSpace::lowest_pending_version() {
  return order_.lowest_pending(cleaned_engine_->next_versions(1));
}

std::optional<std::uint64_t> KvSpace::oldest_snapshot() const { return scans_.oldest_version(); }

Result<void> KvSpace::compact(const Kv::CompactProgress& progress) {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (is_dropped()) return Unexpected(dropped_error());
  return engine->compact(space_, progress);
}

Result<KvStatistics> KvSpace::statistics() const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (is_dropped()) return Unexpected(dropped_error());
  const auto uses = space_.segments().uses();
  const auto load = CleaningPolicy::load_of(uses);
  const CleaningCounters cleaning = engine->cleaning_counters(space_);
  KvStatistics statistics;
  statistics.keys = unsigned_of(order_.live());
  statistics.segments = uses.size();
  statistics.size_bytes = load.size_bytes;
  statistics.live_bytes = load.live_bytes;
  statistics.tombstone_bytes = load.tombstone_bytes;
  statistics.garbage_bytes = load.garbage_bytes;
  statistics.snapshot_bytes = scans_.held_back_bytes();
  statistics.data_bytes = unsigned_of(order_.live_bytes());
  statistics.index_bytes = unsigned_of(index_bytes());
  statistics.evicted_keys = eviction_.evicted();
  statistics.written_bytes = order_.written_bytes();
  statistics.cleaned_segments = cleaning.cleaned_segments;
  statistics.moved_bytes = cleaning.moved_bytes;
  statistics.freed_bytes = cleaning.freed_bytes;
  return statistics;
}

Error KvSpace::dropped_error() { return {.code = ErrorCode::not_found, .message = "the space was dropped"}; }

// Crash order is the engine's. (1) No write begins any more; (2) those that have begun are over; (3) the catalog forgets
// the space; (4) its snapshots end.
Result<void> KvSpace::drop() {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (dropped_.exchange(true)) return Unexpected(dropped_error());                // (1)
  order_.wait_for_all_below(engine->next_versions(1));                            // (2)
  if (auto dropped = engine->drop_space(space_); !dropped) {                      // (3)
    dropped_.store(false);
    return dropped;
  }
  scans_.end_all();  // (4)
  account_.close(order_.live());
  return success();
}

}  // namespace holdfast::kv
