#include "kv/kv_snapshot.hpp"

#include <chrono>
#include <thread>
#include <type_traits>
#include <utility>

#include "common/base/key_hash.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/engine/value_parts.hpp"
#include "common/engine/stored_value.hpp"

namespace holdfast {

KvSnapshot::KvSnapshot(std::shared_ptr<const kv::Snapshot> content) noexcept : content_(std::move(content)) {}
KvSnapshot::KvSnapshot(KvSnapshot&&) noexcept = default;
KvSnapshot& KvSnapshot::operator=(KvSnapshot&&) noexcept = default;
KvSnapshot::~KvSnapshot() = default;

Result<std::optional<std::string>> KvSnapshot::get(std::string_view key) const {
  return content_->space().gate()->answer(
      [&] { return content_->space().get_as_of(content_->moment(), key, content_->verify()); });
}

Result<bool> KvSnapshot::contains(std::string_view key) const {
  return content_->space().gate()->answer([&] { return content_->space().contains_as_of(content_->moment(), key); });
}

Result<std::optional<std::uint64_t>> KvSnapshot::expires_at_us(std::string_view key) const {
  return content_->space().gate()->answer([&] { return content_->space().expires_as_of(content_->moment(), key); });
}

Result<void> KvSnapshot::scan(std::string_view prefix, const Visitor& visitor) const {
  return content_->space().gate()->answer(
      [&] { return content_->space().scan_as_of(content_->moment(), prefix, visitor); });
}

std::uint64_t KvSnapshot::version() const noexcept { return content_->moment().version; }

namespace kv {
namespace {

// A write takes as long as a sync; one that takes longer may be without room.
constexpr std::chrono::milliseconds kRegisteredWait(20);
constexpr std::chrono::microseconds kLookAgain(50);

}  // namespace

// A snapshot shows the space as of one version: (1) from now on replaced records are remembered; (2) the version is taken;
// (3) writes below it are waited for. Then each key's record as of that version is either still in the index or
// remembered as replaced, and lies in a slice that exists already.
//
// Keys that had expired by the time when it begins are not shown, all others are, as long as it lives: the time is taken
// before the version, and a sweeper's erase of a key whose time came later has a higher one, as any other write.
Moment KvSpace::begin_snapshot(Engine& engine, ScanRegistry::Kind kind) const {
  for (;;) {
    const std::uint64_t time_us = account_.expiring() != 0 ? engine.expiry_clock().now_us() : 0;
    const std::uint64_t version = scans_.begin(kind, [&] { return engine.next_versions(1); });  // (1) (2)
    const auto until = std::chrono::steady_clock::now() + kRegisteredWait;
    bool have_ended = order_.have_ended_below(version);  // (3)
    while (!have_ended && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(kLookAgain);
      have_ended = order_.have_ended_below(version);
    }
    if (have_ended) return {.version = version, .time_us = time_us};
    // A write may wait for room that is held back for this snapshot: nothing is, while it waits from here on.
    scans_.end(version);
    give_back_unseen(&engine);
    order_.wait_for_all_below(version);
  }
}

void KvSpace::end_snapshot(const Moment& moment) const noexcept {
  if (gate_->in_child()) return;  // the parent's, and so is the lock
  const auto engine = gate_->enter();
  scans_.end(moment.version);
  give_back_unseen(engine ? &*engine : nullptr);
}

// The write that noted a record holds the lock of its stripe until the index has taken the other one, or has failed to.
// Without an engine the store is closed, and the next one to open it finds what nobody names; so it does where there is no
// memory for a look.
void KvSpace::give_back_unseen(Engine* engine) const noexcept {
  scans_.take_unseen([&](const Replacement& replacement) {
    if (!replacement.has_parts || engine == nullptr) return;
    const auto is_present = without_bad_alloc([&]() -> Result<bool> {
      const KeyOrder::Lock lock(order_.stripe(replacement.hash).mutex);
      const IndexSlots slots = index_.find(replacement.hash);
      for (std::size_t i = 0; i < slots.size(); ++i)
        if (slots[i].location == replacement.location) return true;
      return false;
    });
    if (is_present && !*is_present) retire(*engine, replacement);
  });
}

std::uint64_t KvSpace::size_on_medium(const Engine& engine, const IndexSlot& slot) {
  const auto record = engine.read(slot.location, false);
  if (!record) return 0;
  std::uint64_t size_bytes = record->header.padded_size_bytes;
  if (slot.has_parts)
    for (const ValuePartDisk& part :
         value_parts_of(record->header.flags, record->payload).value_or(std::vector<ValuePartDisk>{}))
      size_bytes += part.size_bytes;
  return size_bytes;
}

Error KvSpace::snapshot_ended() const {
  if (is_dropped()) return dropped_error();
  return {.code = ErrorCode::closed,
          .message = "the snapshot was ended: more than Options::snapshot_bytes_max were held back for snapshots"};
}

// First the index: who replaces or moves a record that is seen there notes it before. Requires: a read guard is held; what
// is found stays while it is, or the snapshot lives.
Result<KvSpace::AsOf> KvSpace::find_as_of(const Engine& engine, const Moment& moment, std::string_view key) const {
  if (is_dropped()) return Unexpected(dropped_error());
  const std::uint64_t version = moment.version;
  const std::uint64_t hash = key_hash(key);
  const IndexSlots slots = index_.find(hash);
  const auto replaced = scans_.find(hash, version);
  if (!replaced) return Unexpected(snapshot_ended());
  Result<AsOf> found;
  const auto is_of_key = [&](Location location) {
    const auto record = engine.read(location, false);
    if (!record || record->key != key) return false;
    const auto newest = check_newer(engine, slots, record->header.version, version);
    found = newest ? as_of(engine, moment, location, *record) : Unexpected(newest.error());
    return true;
  };
  const auto is_seen = [&](const IndexSlot& slot) { return !slot.erased && slot.version < version; };
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (is_seen(slots[i]) && is_of_key(slots[i].location)) return found;
  for (const Location location : *replaced)
    if (is_of_key(location)) return found;
  // As in match(): only a record that proves itself may say that it is another key's.
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (is_seen(slots[i]))
      if (const auto record = engine.read(slots[i].location, true); !record) return Unexpected(record.error());
  for (const Location location : *replaced)
    if (const auto record = engine.read(location, true); !record) return Unexpected(record.error());
  return found;
}

Result<KvSpace::AsOf> KvSpace::as_of(const Engine& engine, const Moment& moment, Location location,
                                     const RecordView& record) {
  if ((record.header.flags & kRecordFlagExpires) == 0) return AsOf{.location = location};
  if (auto proved = engine.read(location, true); !proved) return Unexpected(proved.error());
  const auto expiry = expiry_of(engine, location, record);
  if (!expiry) return Unexpected(expiry.error());
  if (**expiry <= moment.time_us) return AsOf{.expired_us = **expiry};
  return AsOf{.location = location};
}

// Under the guard that the caller holds, what a living snapshot sees stays where it is. But the catalog may free a large
// value's extents meanwhile, if the snapshot is ended behind the look.
Result<std::string> KvSpace::value_as_of(const Engine& engine, const Moment& moment, Location location,
                                         bool verify) const {
  if (!scans_.is_living(moment.version)) return Unexpected(snapshot_ended());
  const auto record = engine.read(location, verify);
  if (!record) return Unexpected(record.error());
  auto value = read_value(engine, location, *record, verify);
  if (!value && !scans_.is_living(moment.version)) return Unexpected(snapshot_ended());
  return value;
}

// What `use` makes of the place of the key's record, looked at under a read guard; nothing, where there is none.
template <class Use>
auto KvSpace::look_as_of(const Moment& moment, std::string_view key, const Use& use) const
    -> Result<std::optional<typename std::invoke_result_t<const Use&, const Engine&, Location>::value_type>> {
  using Found = std::optional<typename std::invoke_result_t<const Use&, const Engine&, Location>::value_type>;
  if (auto checked = check_key(key); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  std::uint64_t expired_us = 0;
  {
    const auto guard = engine->guard();
    const auto found = find_as_of(*engine, moment, key);
    if (!found) return Unexpected(found.error());
    if (found->location) {
      auto used = use(*engine, *found->location);
      if (!used) return Unexpected(used.error());
      return Found(std::move(*used));
    }
    expired_us = found->expired_us;
  }
  tell_expired(*engine, expired_us);  // outside of the guard: it may write
  return Found(std::nullopt);
}

Result<std::optional<std::string>> KvSpace::get_as_of(const Moment& moment, std::string_view key, bool verify) const {
  return look_as_of(moment, key, [&](const Engine& engine, Location location) {
    return value_as_of(engine, moment, location, verify);
  });
}

Result<bool> KvSpace::contains_as_of(const Moment& moment, std::string_view key) const {
  const auto found = look_as_of(moment, key, [](const Engine&, Location) { return Result<bool>(true); });
  if (!found) return Unexpected(found.error());
  return found->has_value();
}

Result<std::optional<std::uint64_t>> KvSpace::expires_as_of(const Moment& moment, std::string_view key) const {
  if (moment.time_us == 0) return check_key(key).map([] { return std::optional<std::uint64_t>(); });
  const auto found = look_as_of(
      moment, key, [&](const Engine& engine, Location location) -> Result<std::optional<std::uint64_t>> {
        if (!scans_.is_living(moment.version)) return Unexpected(snapshot_ended());
        const auto record = engine.read(location, true);
        if (!record) return Unexpected(record.error());
        return expiry_of(engine, location, *record);
      });
  if (!found) return Unexpected(found.error());
  return found->value_or(std::nullopt);
}

}  // namespace kv
}  // namespace holdfast
