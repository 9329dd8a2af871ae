// Keys that expire: when they do, and how they go.
//
// A key whose time has come is absent for every call, whether its record is still in the index or not. Crash order, as in
// docs/durability.md "expiry": (1) its time has come by ExpiryClock::now_us(); (2) the clock's mark is durable
// (will_tell); (3) somebody is told, or the sweeper writes an erase of it.

#include <algorithm>

#include "common/base/key_hash.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/success.hpp"
#include "kv/kv_read.hpp"
#include "kv/kv_space.hpp"

namespace holdfast::kv {
namespace {

// Erases between two pauses of the sweeper.
constexpr std::size_t kSweptAtOnce = 4096;

}  // namespace

// As the record says, whose bytes nobody proves here.
std::optional<std::uint64_t> KvSpace::stored_expiry(const Engine& engine, const IndexSlot& slot) {
  const auto record = engine.read(slot.location, false);
  if (!record) return std::nullopt;
  return expiry_of(engine, slot.location, *record).value_or(std::nullopt);
}

// A damaged record must not pass for one that has expired, nor for one that has not.
Result<void> KvSpace::look_at_expiry(const Engine& engine, Match& match) const {
  const Location location = match.slot().location;
  const auto record = engine.read(location, true);
  if (!record) return Unexpected(record.error());
  const auto expiry = expiry_of(engine, location, *record);
  if (!expiry) return Unexpected(expiry.error());
  if (*expiry && **expiry <= engine.expiry_clock().now_us()) match.expired_us = std::max<std::uint64_t>(**expiry, 1);
  return success();
}

Result<std::optional<std::uint64_t>> KvSpace::expires_at_us(std::string_view key) const {
  if (auto checked = check_key(key); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const auto look = [&](Location location, const RecordView& record) { return expiry_of(*engine, location, record); };
  auto found = read_present(*engine, key_hash(key), key, true, look);
  if (!found) return Unexpected(found.error());
  return found->value_or(std::nullopt);
}

void KvSpace::sweep() {
  const auto engine = gate_->enter();
  if (!engine || is_dropped()) return;
  sweep_expired(*engine);
  sweep_excess(*engine);
}

void KvSpace::sweep_expired(Engine& engine) {
  if (account_.expiring() == 0) return;
  const auto swept = without_bad_alloc([&]() -> Result<void> {
    const std::vector<Expiry> expired = order_.expired(engine.expiry_clock().now_us(), kSweptAtOnce);
    if (expired.empty()) return success();
    const auto latest = std::max_element(expired.begin(), expired.end());
    tell_expired(engine, latest->expires_us);
    for (const Expiry& expiry : expired) {
      const auto erased = erase_version(engine, expiry.hash, expiry.version);
      if (!erased) return Unexpected(erased.error());
      if (*erased) swept_.fetch_add(1, std::memory_order_relaxed);
    }
    return success();
  });
  // A store that has failed stays so; one that is full, or damaged in places, may be swept later.
  if (swept || swept.error().code != ErrorCode::io) want_sweep(engine);
}

// An erase like any other, but of that version alone: a write of the key that is pending, or has come between, replaces the
// record itself. Cleaning may move the record meanwhile: then it is looked for again. True: the erase is written.
Result<bool> KvSpace::erase_version(Engine& engine, std::uint64_t hash, std::uint64_t version) {
  for (;;) {
    std::string key;
    const IndexSlots slots = index_.find(hash);
    {
      const auto guard = engine.guard();
      IndexSlots seen = slots;
      if (is_dropped()) return false;
      if (!index_.still(hash, seen)) continue;
      std::size_t i = 0;
      while (i < slots.size() && (slots[i].version != version || slots[i].erased)) ++i;
      if (i == slots.size()) return false;
      const auto record = engine.read(slots[i].location, true);
      if (!record) return false;  // whose key it is nobody can tell
      key = record->key;
    }
    PendingWrite pending{.hash = hash, .key = key};
    {
      IndexSlots seen = slots;
      KeyOrder::Stripe& stripe = order_.stripe(hash);
      const KeyOrder::Lock lock(stripe.mutex);
      if (is_dropped() || stripe.find(hash, key) != nullptr) return false;
      if (!index_.still(hash, seen)) continue;
      pending.version = engine.next_versions(1);
      stripe.pending.push_back(pending);
    }
    auto written = write(engine, pending, std::nullopt, {.durability = Durability::buffered});
    if (!written) return Unexpected(written.error());
    return true;
  }
}

}  // namespace holdfast::kv
