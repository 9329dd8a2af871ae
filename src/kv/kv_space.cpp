#include "kv/kv_space.hpp"

#include "common/base/key_hash.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/rollback.hpp"

namespace holdfast::kv {

Result<void> KvSpace::check_key(std::string_view key) {
  if (key.empty()) return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = "empty key"});
  if (key.size() <= kKeySizeBytesMax) return success();
  Error error{.code = ErrorCode::too_large, .message = "key is too large"};
  error.expected = "at most " + std::to_string(kKeySizeBytesMax) + " bytes";
  error.found = std::to_string(key.size());
  return Unexpected(error);
}

Result<void> KvSpace::check_value(std::string_view value) {
  if (value.size() <= kValueSizeBytesMax) return success();
  Error error{.code = ErrorCode::too_large, .message = "value is too large"};
  error.expected = "at most " + std::to_string(kValueSizeBytesMax) + " bytes";
  error.found = std::to_string(value.size());
  return Unexpected(error);
}

std::optional<std::size_t> KvSpace::match_among(const Engine& engine, const IndexSlots& slots,
                                                std::string_view key) const {
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto record = engine.read(slots[i].location, false);
    if (record && record->key == key) return i;
  }
  return std::nullopt;
}

Result<KvSpace::Match> KvSpace::match(const Engine& engine, std::uint64_t hash, std::string_view key) const {
  Match match{.slots = index_.find(hash), .index = std::nullopt};
  match.index = match_among(engine, match.slots, key);
  if (match.index || match.slots.empty()) return match;
  // The hash is there and no key equals it: either another key of that hash, or a damaged record. Only a
  // record that proves itself may say that it is another key's.
  for (std::size_t i = 0; i < match.slots.size(); ++i)
    if (auto record = engine.read(match.slots[i].location, true); !record) return Unexpected(record.error());
  return match;
}

PendingWrite KvSpace::begin(Engine& engine, std::uint64_t hash, std::string_view key) {
  KeyOrder::Stripe& stripe = order_.stripe(hash);
  const KeyOrder::Lock lock(stripe.mutex);
  stripe.pending.push_back({.hash = hash, .version = engine.next_versions(1), .key = key});
  return stripe.pending.back();
}

void KvSpace::abandon(const PendingWrite& pending) {
  KeyOrder::Stripe& stripe = order_.stripe(pending.hash);
  const KeyOrder::Lock lock(stripe.mutex);
  stripe.end(pending.version);
}

void KvSpace::publish(Engine& engine, const PendingWrite& pending, const WriteEntry& entry, Durability durability) {
  const IndexSlot slot{.location = entry.location,
                       .version = pending.version,
                       .erased = entry.draft.type == RecordType::erase,
                       .has_parts = (entry.draft.flags & kRecordFlagValueParts) != 0};
  KeyOrder::Stripe& stripe = order_.stripe(pending.hash);
  IndexSlots seen;  // most keys are new: begin with the guess that there is none
  std::optional<std::size_t> match;
  for (;; match = match_among(engine, seen, pending.key)) {
    KeyOrder::Lock lock(stripe.mutex);
    const IndexSlot before = match ? seen[*match] : IndexSlot{.erased = true};
    const bool wins = before.version < slot.version;
    const Replacement replaced{.location = wins ? before.location : slot.location,
                               .version = before.version,
                               .replaced_by = slot.version,
                               .has_parts = (wins ? before : slot).has_parts,
                               // who has won over this write may have been buffered
                               .durability = wins ? durability : Durability::buffered};
    const bool noted = wins && !before.erased && scans_.note(replaced);
    Rollback unnoted([&] {
      if (noted) scans_.forget(replaced.location);
    });
    if (wins ? !index_.replace(pending.hash, seen, match, slot) : !index_.still(pending.hash, seen))
      continue;
    unnoted.keep();
    if (wins) stripe.live += static_cast<int>(before.erased) - static_cast<int>(slot.erased);
    stripe.end(pending.version);
    // A tombstone has done its duty once no lower version can come any more.
    const IndexSlot& winner = wins ? slot : before;
    if (winner.erased && !stripe.any_below(pending.hash, winner.version)) index_.remove(pending.hash, winner);
    lock.release();
    if (!noted) retire(engine, replaced);
    return;
  }
}

void KvSpace::retire(Engine& engine, const Replacement& replacement) const {
  if (replacement.has_parts) engine.retire(replacement.location, replacement.durability);
}

Result<void> KvSpace::write(Engine& engine, const PendingWrite& pending, std::string_view value, bool erases,
                            Durability durability) {
  auto written = without_bad_alloc([&] {
    WriteEntry item = entry(pending, value, erases);
    auto done = engine.write({&item, 1}, durability);
    if (done) publish(engine, pending, item, durability);
    return done;
  });
  if (!written) abandon(pending);
  return written;
}

Result<void> KvSpace::put(std::string_view key, std::string_view value, Durability durability) {
  if (auto checked = check_key(key); !checked) return checked;
  if (auto checked = check_value(value); !checked) return checked;
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::uint64_t hash = key_hash(key);
  expect_change(hash);
  return write(*engine, begin(*engine, hash, key), value, false, durability);
}

Result<bool> KvSpace::erase(std::string_view key, Durability durability) {
  if (auto checked = check_key(key); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::uint64_t hash = key_hash(key);
  KeyOrder::Stripe& stripe = order_.stripe(hash);
  for (;;) {
    auto present = match(*engine, hash, key);
    if (!present) return Unexpected(present.error());
    PendingWrite pending;
    {
      KeyOrder::Lock lock(stripe.mutex);
      if (stripe.find(hash, key) != nullptr) {  // what it will leave is not decided yet
        KeyOrder::wait_for_change(stripe, lock);
        continue;
      }
      if (!(index_.still(hash, present->slots))) continue;
      if (!present->is_live()) return false;
      pending = {.hash = hash, .version = engine->next_versions(1), .key = key};
      stripe.pending.push_back(pending);
    }
    if (auto written = write(*engine, pending, {}, true, durability); !written) return Unexpected(written.error());
    return true;
  }
}

Result<bool> KvSpace::compare_and_set(std::string_view key, std::optional<std::string_view> expected,
                                      std::string_view desired, Durability durability) {
  if (auto checked = check_key(key); !checked) return Unexpected(checked.error());
  if (auto checked = check_value(desired); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::uint64_t hash = key_hash(key);
  KeyOrder::Stripe& stripe = order_.stripe(hash);
  for (;;) {
    auto present = match(*engine, hash, key);
    if (!present) return Unexpected(present.error());
    std::optional<std::string> value;
    if (present->is_live()) {
      const auto guard = engine->guard();
      const auto record = engine->read(present->slot().location, true);
      if (!record) return Unexpected(record.error());
      auto read = engine->read_value(*record, true);
      if (!read && index_.still(hash, present->slots)) return Unexpected(read.error());
      if (!read) continue;  // it was replaced, and its extents taken away, meanwhile
      value = std::move(*read);
    }
    PendingWrite pending;
    {
      KeyOrder::Lock lock(stripe.mutex);
      if (stripe.find(hash, key) != nullptr) {
        KeyOrder::wait_for_change(stripe, lock);
        continue;
      }
      if (!(index_.still(hash, present->slots))) continue;
      if (value.has_value() != expected.has_value() || (value && *value != *expected)) return false;
      pending = {.hash = hash, .version = engine->next_versions(1), .key = key};
      stripe.pending.push_back(pending);
    }
    if (auto written = write(*engine, pending, desired, false, durability); !written)
      return Unexpected(written.error());
    return true;
  }
}

Result<std::optional<std::string>> KvSpace::get(std::string_view key, bool verify) const {
  if (auto checked = check_key(key); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::uint64_t hash = key_hash(key);
  for (;;) {
    const auto guard = engine->guard();
    auto present = match(*engine, hash, key);
    if (!present) return Unexpected(present.error());
    if (!present->is_live()) return std::nullopt;
    const auto record = engine->read(present->slot().location, verify);
    if (!record) return Unexpected(record.error());
    auto value = engine->read_value(*record, verify);
    if (value) return std::optional<std::string>(std::move(*value));
    // A large value may have been replaced between the look into the index and the catalog.
    if (index_.still(hash, present->slots)) return Unexpected(value.error());
  }
}

Result<bool> KvSpace::contains(std::string_view key) const {
  if (auto checked = check_key(key); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const auto guard = engine->guard();
  auto present = match(*engine, key_hash(key), key);
  if (!present) return Unexpected(present.error());
  return present->is_live();
}

Result<std::uint64_t> KvSpace::size() const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return static_cast<std::uint64_t>(order_.live());
}

std::vector<ByteRange> KvSpace::placements(std::string_view key) const {
  const auto engine = gate_->enter();
  if (!engine) return {};
  const auto present = match(*engine, key_hash(key), key);
  return present && present->is_live() ? engine->placements(present->slot().location) : std::vector<ByteRange>{};
}

}  // namespace holdfast::kv
