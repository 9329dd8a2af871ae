#include "kv/kv_space.hpp"

#include <algorithm>

#include "common/base/key_hash.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/rollback.hpp"
#include "kv/kv_read.hpp"
#include "kv/kv_settings.hpp"

namespace holdfast::kv {

static_assert(kSegmentSizeBytesMax / kRecordAlignmentMin < HashIndex::kOffset8End);

KvSpace::KvSpace(std::shared_ptr<EngineGate> gate, Space& space)
    : gate_(std::move(gate)), space_(space), name_(space.name()) {
  const auto engine = gate_->enter();
  if (!engine) return;
  cleaned_engine_ = &*engine;
  scans_.set_bytes_max(engine->snapshot_bytes_max());
  const auto settings = decode_settings(engine->space_metadata(space_.id()));
  account_.open(engine->index_budget(), settings && settings->ordered);
  if (!settings) {
    settings_read_ = Unexpected(settings.error());
    return;
  }
  if (settings->ordered) ordered_ = std::make_unique<OrderedIndex>([this] { return scans_.oldest_version(); });
  heed(*settings);
}

void KvSpace::heed(const KvSettings& settings) {
  eviction_.prepare(settings);
  compress_above_bytes_ = settings.compress_above_bytes;
  default_ttl_ms_ = settings.default_ttl_ms;
  eviction_.set(settings, order_);
}

Result<KvSettings> KvSpace::settings() const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return KvSettings{.ordered = ordered_ != nullptr,
                    .compress_above_bytes = compress_above_bytes_.load(),
                    .default_ttl_ms = default_ttl_ms_.load(),
                    .keys_max = eviction_.keys_max(),
                    .bytes_max = eviction_.bytes_max()};
}

Result<void> KvSpace::set_settings(const KvSettings& settings) {
  if (auto checked = check_settings(settings); !checked) return checked;
  if (settings.ordered != (ordered_ != nullptr))
    return Unexpected(Error{.code = ErrorCode::invalid_argument,
                            .message = "whether a space is ordered is fixed when it is created"});
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::lock_guard lock(changing_settings_);
  eviction_.prepare(settings);
  if (auto stored = engine->set_space_metadata(space_.id(), encode_settings(settings)); !stored) return stored;
  heed(settings);  // has its memory already
  want_eviction(*engine);
  return success();
}

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

// Requires: a read guard is held, under which the slots were found.
std::optional<KvSpace::MatchedSlot> KvSpace::match_among(const Engine& engine, const IndexSlots& slots,
                                                         std::string_view key) const {
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto record = engine.read(slots[i].location, false);
    if (record && record->key == key) return MatchedSlot{i, record->header.padded_size_bytes};
  }
  return std::nullopt;
}

// Requires: a read guard is held.
Result<KvSpace::Match> KvSpace::match(const Engine& engine, std::uint64_t hash, std::string_view key) const {
  if (is_dropped()) return Unexpected(dropped_error());
  Match match{.slots = index_.find(hash), .index = std::nullopt};
  if (const auto matched = match_among(engine, match.slots, key)) match.index = matched->index;
  if (match.index && match.slots.size() > 1)
    if (auto newest = check_newer(engine, match.slots, match.slot().version, kVersionEnd); !newest)
      return Unexpected(newest.error());
  if (match.index && match.slot().expires)
    if (auto looked = look_at_expiry(engine, match); !looked) return Unexpected(looked.error());
  if (match.index || match.slots.empty()) return match;
  // The hash is there and no key equals it: either another key of that hash, or a damaged record. Only a
  // record that proves itself may say that it is another key's.
  for (std::size_t i = 0; i < match.slots.size(); ++i)
    if (auto record = engine.read(match.slots[i].location, true); !record) return Unexpected(record.error());
  return match;
}

// What is there is replaced, or erased, whatever it takes then. A key that nobody can read for certain counts as a new one.
Result<void> KvSpace::take_index_room(const Engine& engine, PendingWrite& pending, Leaves left) {
  if (!account_.is_limited() || left == Leaves::nothing) return success();
  {
    const auto guard = engine.guard();
    const IndexSlots slots = index_.find(pending.hash);
    const auto matched = match_among(engine, slots, pending.key);
    if (matched && !slots[matched->index].erased) return success();
  }
  return account_.take(pending, left == Leaves::expiring_value);
}

Result<PendingWrite> KvSpace::begin(Engine& engine, std::uint64_t hash, std::string_view key, Leaves left) {
  PendingWrite pending{.hash = hash, .key = key};
  if (auto taken = take_index_room(engine, pending, left); !taken) return Unexpected(taken.error());
  Rollback given_back([&] { account_.give_back(pending); });
  KeyOrder::Stripe& stripe = order_.stripe(hash);
  const KeyOrder::Lock lock(stripe.mutex);
  if (is_dropped()) return Unexpected(dropped_error());
  pending.version = engine.next_versions(1);
  stripe.pending.push_back(pending);
  given_back.keep();
  return pending;
}

void KvSpace::abandon(const PendingWrite& pending) {
  account_.give_back(pending);
  KeyOrder::Stripe& stripe = order_.stripe(pending.hash);
  const KeyOrder::Lock lock(stripe.mutex);
  stripe.end(pending.version);
}

void KvSpace::publish(Engine& engine, const PendingWrite& pending, const WriteEntry& entry, Durability durability) {
  const IndexSlot slot{.location = entry.location,
                       .version = pending.version,
                       .erased = entry.draft.type == RecordType::erase,
                       .has_parts = (entry.draft.flags & kRecordFlagValueParts) != 0,
                       .expires = (entry.draft.flags & kRecordFlagExpires) != 0};
  ExpiryQueue::Node expiry;  // its memory is had before anything has changed
  if (slot.expires)
    if (const auto expires_us = stored_expiry(engine, slot))
      expiry = ExpiryQueue::make({.expires_us = *expires_us, .version = slot.version, .hash = pending.hash});
  KeyOrder::Stripe& stripe = order_.stripe(pending.hash);
  const std::uint64_t written_bytes = engine.padded_size(entry.draft);
  const auto guard = engine.guard();  // what is seen in the index stays where it is, until it is replaced
  const std::uint64_t stored_bytes = slot.has_parts ? size_on_medium(engine, slot) : written_bytes;  // all of the value
  IndexSlots seen;                    // most keys are new: begin with the guess that there is none
  std::optional<MatchedSlot> match;
  if (ordered_ != nullptr) {  // where a guess that is wrong costs more than a look
    seen = index_.find(pending.hash);
    match = match_among(engine, seen, pending.key);
  }
  for (;; match = match_among(engine, seen, pending.key)) {
    // A snapshot that is not seen here has a higher version than this write.
    const bool is_watched = match && scans_.active();
    const bool is_there = match && !seen[match->index].erased;
    std::uint64_t size_bytes = match ? match->size_bytes : 0;  // large values included
    if (is_there && seen[match->index].has_parts)
      size_bytes = std::max(size_bytes, size_on_medium(engine, seen[match->index]));
    const auto expiry_before = match && seen[match->index].expires ? stored_expiry(engine, seen[match->index]) : std::nullopt;
    if (ordered_ != nullptr && !slot.erased && !is_there) ordered_->add(pending.key, slot.version);
    KeyOrder::Lock lock(stripe.mutex);
    // What is gone already must not be noted, not for a moment: a scan would believe it.
    if (is_watched && !index_.still(pending.hash, seen)) continue;
    const IndexSlot before = match ? seen[match->index] : IndexSlot{.erased = true};
    const bool wins = before.version < slot.version;
    const Replacement replaced{.hash = pending.hash,
                               .location = wins ? before.location : slot.location,
                               .version = before.version,
                               .replaced_by = slot.version,
                               .size_bytes = size_bytes,
                               .has_parts = (wins ? before : slot).has_parts,
                               // who has won over this write may have been buffered
                               .durability = wins ? durability : Durability::buffered};
    const bool noted = is_watched && wins && !before.erased && scans_.note(replaced);
    Rollback unnoted([&] {
      if (noted) scans_.forget(replaced.hash, replaced.location);
    });
    const auto place = match ? std::optional(match->index) : std::nullopt;
    if (wins ? !index_.replace(pending.hash, seen, place, slot) : !index_.still(pending.hash, seen))
      continue;
    unnoted.keep();
    stripe.written_bytes += written_bytes;
    if (wins) {
      const int keys = static_cast<int>(before.erased) - static_cast<int>(slot.erased);
      const auto bytes_before = static_cast<std::int64_t>(before.erased ? 0 : size_bytes);
      const auto bytes = static_cast<std::int64_t>(slot.erased ? 0 : stored_bytes);
      stripe.count_live(keys, bytes - bytes_before);
      int expiring = 0;
      if (before.expires && stripe.expiries.remove(before.version, pending.hash, expiry_before)) --expiring;
      if (expiry) {
        ++expiring;
        stripe.expiries.add(std::move(expiry));
      }
      account_.count(pending, keys, expiring);
    } else {
      account_.count(pending, 0, 0);
    }
    stripe.end(pending.version);
    // A tombstone has done its duty once no lower version can come any more.
    const IndexSlot winner = wins ? slot : before;
    if (winner.erased && !stripe.any_below(pending.hash, winner.version)) index_.remove(pending.hash, winner);
    lock.release();
    if (wins && !slot.erased) engine.count_live(slot.location, static_cast<std::int64_t>(written_bytes));
    if (wins && !before.erased) engine.count_live(before.location, -static_cast<std::int64_t>(match->size_bytes));
    if (ordered_ != nullptr && winner.erased) ordered_->mark_erased(pending.key, winner.version);
    if (!noted) retire(engine, replaced);
    give_back_unseen(&engine);
    if (slot.expires) want_sweep(engine);
    if (!slot.erased) want_eviction(engine);
    return;
  }
}

void KvSpace::retire(Engine& engine, const Replacement& replacement) const {
  if (replacement.has_parts) engine.retire(replacement.location, replacement.durability);
}

Result<void> KvSpace::write(Engine& engine, const PendingWrite& pending, std::optional<std::string_view> value,
                            const WriteTerms& terms) {
  auto written = without_bad_alloc([&] {
    const StoredValue stored =
        value ? stored_value(*value, value_terms(engine, terms.lifespan)) : StoredValue::erase();
    WriteEntry item = entry(pending, stored);
    auto done = engine.write({&item, 1}, terms.durability);
    if (done) publish(engine, pending, item, terms.durability);
    return done;
  });
  if (!written) abandon(pending);
  return written;
}

Result<void> KvSpace::put(std::string_view key, std::string_view value, const WriteTerms& terms) {
  if (auto checked = check_key(key); !checked) return checked;
  if (auto checked = check_value(value); !checked) return checked;
  if (auto checked = terms.lifespan.check(); !checked) return checked;
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::uint64_t hash = key_hash(key);
  expect_change(hash);
  make_way(*engine);
  const auto pending = begin(*engine, hash, key, expires(terms) ? Leaves::expiring_value : Leaves::value);
  if (!pending) return Unexpected(pending.error());
  return write(*engine, *pending, value, terms);
}

Result<std::optional<std::string>> KvSpace::find_value(const Engine& engine, std::uint64_t hash, std::string_view key,
                                                       bool verify) const {
  return read_present(engine, hash, key, verify,
                      [&](Location location, const RecordView& record) {
                        return read_value(engine, location, record, verify);
                      });
}

Result<std::optional<std::string>> KvSpace::get(std::string_view key, bool verify) const {
  if (auto checked = check_key(key); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return find_value(*engine, key_hash(key), key, verify);
}

Result<bool> KvSpace::contains(std::string_view key) const {
  if (auto checked = check_key(key); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  auto present = [&] {
    const auto guard = engine->guard();
    return match(*engine, key_hash(key), key);
  }();
  if (!present) return Unexpected(present.error());
  tell_expired(*engine, present->expired_us);
  return present->is_live();
}

Result<std::uint64_t> KvSpace::size() const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (is_dropped()) return Unexpected(dropped_error());
  if (account_.expiring() == 0) return static_cast<std::uint64_t>(order_.live());
  const KeyOrder::Living living = order_.living(engine->expiry_clock().now_us());
  tell_expired(*engine, living.expired_us);
  return static_cast<std::uint64_t>(living.count);
}

std::vector<ByteRange> KvSpace::placements(std::string_view key) const {
  const auto engine = gate_->enter();
  if (!engine) return {};
  const auto guard = engine->guard();
  const auto present = match(*engine, key_hash(key), key);
  return present && present->is_live() ? engine->placements(present->slot().location) : std::vector<ByteRange>{};
}

}  // namespace holdfast::kv
