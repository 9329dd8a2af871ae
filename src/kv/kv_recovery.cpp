#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

#include "common/base/key_hash.hpp"
#include "common/base/success.hpp"
#include "common/engine/parallel.hpp"
#include "common/engine/value_parts.hpp"
#include "kv/kv_space.hpp"
#include "kv/recovered_groups.hpp"

namespace holdfast::kv {
namespace {

// How many entries ahead their buckets, and then what is in these, are asked for.
constexpr std::size_t kBucketsAhead = 16;
constexpr std::size_t kEntriesAhead = 8;
constexpr std::size_t kRecordsAhead = 8;

void expect(const HashIndex& index, std::span<const RecoveredEntry> entries, std::size_t i) noexcept {
  if (i + kBucketsAhead < entries.size()) index.prefetch(entries[i + kBucketsAhead].hash);
  if (i + kEntriesAhead < entries.size()) index.prefetch_entries(entries[i + kEntriesAhead].hash);
}

// What a footer tells of nobody has looked at yet: a record that is damaged since cannot say whose it is.
bool is_readable(const Engine& engine, std::uint64_t hash, Location location) {
  const auto record = engine.read(location, false);
  return record && key_hash(record->key) == hash;
}

bool are_readable(const Engine& engine, std::uint64_t hash, const IndexSlots& slots) {
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (!is_readable(engine, hash, slots[i].location)) return false;
  return true;
}

}  // namespace

// Group by group: each thread has all records of the hashes it works on, so nobody waits for anybody.
void KvSpace::recover(Engine& engine, RecoveredSpace& recovered, std::set<SegmentId>& referenced) {
  std::uint8_t flags = 0;
  bool has_erases = false;
  KeyOrder::LiveChange all_puts;
  for (const RecoveredSlice& slice : recovered.slices) {
    flags |= slice.tally.flags;
    has_erases = has_erases || slice.tally.erase_bytes != 0;
    // All of them, at first: most stores hold little that was replaced.
    const auto put_bytes = static_cast<std::int64_t>(slice.tally.put_bytes);
    engine.count_live({slice.index, 0}, put_bytes);
    all_puts.bytes += put_bytes;
  }
  order_.count_live(all_puts);
  const RecoveredGroups groups(index_, recovered.slices, engine.recovery_threads());
  std::mutex found_mutex;
  for_each_index(engine.recovery_threads(), groups.count(), [&](std::size_t i) {
    const std::span<const RecoveredEntry> entries = groups[i];
    Unreadable unreadable;
    insert_recovered(engine, entries, unreadable);
    if (has_erases) forget_tombstones(entries);
    if ((flags & kRecordFlagValueParts) != 0) {
      const std::set<SegmentId> found = referenced_parts(engine, entries);
      const std::lock_guard lock(found_mutex);
      referenced.insert(found.begin(), found.end());
    }
    if ((flags & kRecordFlagExpires) != 0) await_expiries(engine, entries);
    if (ordered_ != nullptr) order_recovered(engine, entries, unreadable);
    if (unreadable.empty()) return;
    const std::lock_guard lock(found_mutex);
    recovered.unreadable.insert(recovered.unreadable.end(), unreadable.begin(), unreadable.end());
  });
}

void KvSpace::insert_recovered(Engine& engine, std::span<const RecoveredEntry> entries, Unreadable& unreadable) {
  std::vector<const RecoveredEntry*> not_alone;
  KeyOrder::LiveChange change;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    expect(index_, entries, i);
    const RecoveredEntry& entry = entries[i];
    if (!index_.insert(entry.hash, entry.slot())) {
      not_alone.push_back(&entry);
    } else if (entry.erased == 0) {
      change.add_key(entry.hash, 1);
    }
  }
  std::vector<std::uint64_t> doubtful;  // hashes
  for (std::size_t i = 0; i < not_alone.size(); ++i) {
    if (i + kRecordsAhead < not_alone.size()) {
      const RecoveredEntry& later = *not_alone[i + kRecordsAhead];
      const IndexSlots present = index_.find(later.hash);
      engine.expect_read(later.location());
      if (!present.empty()) engine.expect_read(present[0].location);
    }
    if (!insert_beside(engine, *not_alone[i], change)) doubtful.push_back(not_alone[i]->hash);
  }
  std::ranges::sort(doubtful);
  doubtful.erase(std::ranges::unique(doubtful).begin(), doubtful.end());
  for (const std::uint64_t hash : doubtful) settle_doubt(engine, hash, change, unreadable);
  order_.count_live(change);
}

// As publish(): of two records of a key the one of the higher version stays. Of one that cleaning was moving there are two
// of one version: the one that was first stays. So the copies' segment is garbage as a whole, and a full store has room for
// copies again. The bytes of all records are counted already: those of the one that goes are taken off.
//
// False: one of the records of that hash cannot be read. It stands beside all others, whosever it is.
bool KvSpace::insert_beside(Engine& engine, const RecoveredEntry& entry, KeyOrder::LiveChange& change) {
  const auto uncount = [&](const IndexSlot& slot, std::uint64_t size_bytes) {
    if (slot.erased) return;
    engine.count_live(slot.location, -static_cast<std::int64_t>(size_bytes));
    change.bytes -= static_cast<std::int64_t>(size_bytes);
  };
  const IndexSlot slot = entry.slot();
  IndexSlots seen = index_.find(entry.hash);
  const auto own = engine.read(slot.location, false);
  const bool is_own_readable = own && key_hash(own->key) == entry.hash;
  const auto match = is_own_readable ? match_among(engine, seen, own->key) : std::nullopt;
  const bool is_certain =
      is_own_readable && ((match && seen.size() == 1) || are_readable(engine, entry.hash, seen));
  const IndexSlot before = match ? seen[match->index] : IndexSlot{.erased = true};
  const bool is_original = match && before.version == slot.version && engine.was_first(slot.location, before.location);
  if (match && before.version >= slot.version && !is_original) {
    uncount(slot, own->header.padded_size_bytes);
    return is_certain;
  }
  const auto place = match ? std::optional(match->index) : std::nullopt;
  static_cast<void>(index_.replace(entry.hash, seen, place, slot));  // nobody else is at work on this hash
  if (match) uncount(before, match->size_bytes);
  change.add_key(entry.hash, static_cast<std::int32_t>(before.erased) - static_cast<std::int32_t>(slot.erased));
  return is_certain;
}

// A record that cannot be read may be of any key of its hash: it stays in the index while there is an older one that it may
// have replaced, which is not shown then (check_newer). Where all others are newer it goes: it had been replaced, or is lost,
// and is reported. It is no key beside those that can be read, and no tombstone either: nobody forgets it.
void KvSpace::settle_doubt(const Engine& engine, std::uint64_t hash, KeyOrder::LiveChange& change,
                           Unreadable& unreadable) {
  const IndexSlots slots = index_.find(hash);
  std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (is_readable(engine, hash, slots[i].location)) oldest = std::min(oldest, slots[i].version);
  const bool has_readable = oldest != std::numeric_limits<std::uint64_t>::max();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (is_readable(engine, hash, slots[i].location)) continue;
    unreadable.push_back(slots[i].location);
    if (!has_readable) continue;
    if (!slots[i].erased) change.add_key(hash, -1);
    if (slots[i].version > oldest && !slots[i].erased) continue;
    index_.remove(hash, slots[i]);
    if (slots[i].version <= oldest) continue;
    IndexSlot left = slots[i];
    left.erased = false;
    IndexSlots others = index_.find(hash);
    static_cast<void>(index_.replace(hash, others, std::nullopt, left));
  }
}

// Of two records of a hash the older one is shown where the newer one proves that it is another key's, and only there.
Result<void> KvSpace::check_newer(const Engine& engine, const IndexSlots& slots, std::uint64_t version,
                                  std::uint64_t version_end) {
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (slots[i].version > version && slots[i].version < version_end)
      if (const auto record = engine.read(slots[i].location, true); !record) return Unexpected(record.error());
  return success();
}

// They have done their duty: every record that they hide has been looked at.
void KvSpace::forget_tombstones(std::span<const RecoveredEntry> entries) {
  for (const RecoveredEntry& entry : entries)
    if (entry.erased != 0) index_.remove(entry.hash, entry.slot());
}

std::set<SegmentId> KvSpace::referenced_parts(const Engine& engine, std::span<const RecoveredEntry> entries) {
  std::set<SegmentId> referenced;
  KeyOrder::LiveChange change;
  for (const RecoveredEntry& entry : entries) {
    if (entry.has_parts == 0 || !holds(entry)) continue;
    const auto record = engine.read(entry.location(), true);
    if (!record) continue;
    for (const ValuePartDisk& part :
         value_parts_of(record->header.flags, record->payload).value_or(std::vector<ValuePartDisk>{}))
      referenced.insert(part.segment_id);
    change.bytes += static_cast<std::int64_t>(parts_size(record->header.flags, record->payload));
  }
  order_.count_live(change);
  return referenced;
}

void KvSpace::await_expiries(const Engine& engine, std::span<const RecoveredEntry> entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i + kRecordsAhead < entries.size()) engine.expect_read(entries[i + kRecordsAhead].location());
    const RecoveredEntry& entry = entries[i];
    if (entry.expires == 0 || !holds(entry)) continue;
    const auto expires_us = stored_expiry(engine, entry.slot());
    if (!expires_us) continue;  // it is malformed: the key answers corruption
    auto node = ExpiryQueue::make({.expires_us = *expires_us, .version = entry.version, .hash = entry.hash});
    KeyOrder::Stripe& stripe = order_.stripe(entry.hash);
    const KeyOrder::Lock lock(stripe.mutex);
    stripe.expiries.add(std::move(node));
    account_.count_recovered(0, 1);
  }
}

// What is present now: of these hashes the index is complete.
void KvSpace::order_recovered(const Engine& engine, std::span<const RecoveredEntry> entries, Unreadable& unreadable) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i + kRecordsAhead < entries.size()) engine.expect_read(entries[i + kRecordsAhead].location());
    const RecoveredEntry& entry = entries[i];
    if (entry.erased != 0 || !holds(entry)) continue;
    const auto own = engine.read(entry.location(), false);
    if (!own || key_hash(own->key) != entry.hash) {  // where in the order it would stand nobody knows
      unreadable.push_back(entry.location());
      continue;
    }
    ordered_->add(own->key, entry.version);
    account_.count_recovered(static_cast<std::int64_t>(own->key.size()), 0);
  }
}

bool KvSpace::holds(const RecoveredEntry& entry) const {
  const IndexSlots slots = index_.find(entry.hash);
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (slots[i] == entry.slot()) return true;
  return false;
}

}  // namespace holdfast::kv
