#include "common/engine/parallel.hpp"
#include "common/engine/value_parts.hpp"
#include "kv/kv_space.hpp"

namespace holdfast::kv {

void KvSpace::recover(Engine& engine, const RecoveredSpace& recovered, std::set<SegmentId>& referenced) {
  std::size_t count = 0;
  for (const auto& records : recovered.records) count += records.size();
  index_.reserve(count);
  for_each_index(engine.recovery_threads(), recovered.records.size(), [&](std::size_t i) {
    for (const RecoveredRecord& record : recovered.records[i]) insert_recovered(engine, record);
  });
  for (const auto& records : recovered.records) {
    for (const RecoveredRecord& record : records) {
      const bool has_parts = (record.flags & kRecordFlagValueParts) != 0;
      if (record.type == RecordType::erase) {
        index_.remove(record.key_hash, slot_of(record));
      } else if (has_parts && holds(record)) {
        reference_parts(engine, record.location, referenced);
      }
    }
  }
}

IndexSlot KvSpace::slot_of(const RecoveredRecord& record) noexcept {
  return {.location = record.location,
          .version = record.version,
          .erased = record.type == RecordType::erase,
          .has_parts = (record.flags & kRecordFlagValueParts) != 0};
}

bool KvSpace::holds(const RecoveredRecord& record) const {
  const IndexSlots slots = index_.find(record.key_hash);
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (slots[i] == slot_of(record)) return true;
  return false;
}

// As publish(), without a stripe's lock across the comparison: parallel inserts of one key meet in
// replace(), which refuses what has changed.
void KvSpace::insert_recovered(const Engine& engine, const RecoveredRecord& record) {
  const IndexSlot slot = slot_of(record);
  KeyOrder::Stripe& stripe = order_.stripe(record.key_hash);
  IndexSlots seen;
  std::optional<std::size_t> match;
  while (true) {
    {
      const IndexSlot before = match ? seen[*match] : IndexSlot{.erased = true};
      if (match && before.version > slot.version) return;
      const KeyOrder::Lock lock(stripe.mutex);
      if (index_.replace(record.key_hash, seen, match, slot)) {
        stripe.live += static_cast<int>(before.erased) - static_cast<int>(slot.erased);
        return;
      }
    }
    const auto own = engine.read(record.location, false);
    if (!own) return;  // it proved itself a moment ago: the medium is failing, and reads will say so
    match = match_among(engine, seen, own->key);
  }
}

void KvSpace::reference_parts(const Engine& engine, Location location, std::set<SegmentId>& referenced) const {
  const auto record = engine.read(location, true);
  if (!record) return;
  for (const ValuePartDisk& part : decode_value_parts(record->payload).value_or(std::vector<ValuePartDisk>{}))
    referenced.insert(part.segment_id);
}

}  // namespace holdfast::kv
