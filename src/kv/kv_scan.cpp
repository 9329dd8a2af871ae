#include <algorithm>

#include "common/base/key_hash.hpp"
#include "common/base/rollback.hpp"
#include "kv/kv_space.hpp"

namespace holdfast::kv {

Result<void> KvSpace::scan(std::string_view prefix, const Kv::Visitor& visitor) const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (is_dropped()) return Unexpected(dropped_error());
  const Moment moment = begin_snapshot(*engine, ScanRegistry::Kind::scan);
  const Rollback ended([&] { end_snapshot(moment); });
  return walk_as_of(*engine, moment, ScanRegistry::Kind::scan, prefix, visitor);
}

Result<void> KvSpace::scan_as_of(const Moment& moment, std::string_view prefix, const Kv::Visitor& visitor) const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return walk_as_of(*engine, moment, ScanRegistry::Kind::snapshot, prefix, visitor);
}

// A snapshot may be ended at any moment, and what it held back be given out again: so its visitor gets copies, which are
// made under a guard behind a look at whether it lives. A scan's gets what lies on the medium.
Result<void> KvSpace::walk_as_of(Engine& engine, const Moment& moment, ScanRegistry::Kind kind, std::string_view prefix,
                                 const Kv::Visitor& visitor) const {
  const std::uint64_t version = moment.version;
  using Presence = ScanRegistry::Presence;
  Result<void> result;
  bool is_stopped = false;
  std::uint64_t expired_us = 0;  // the latest time of a key that had expired
  std::string key;
  std::string value;
  // Whether the record is shown; what shall be copied of it is, or has to be.
  const auto look = [&](Location location, const RecordView& record, bool copies_all) -> Result<bool> {
    const std::uint64_t hash = key_hash(record.key);
    const auto guard = engine.guard();
    if (is_dropped()) return Unexpected(dropped_error());
    const IndexSlots slots = index_.find(hash);
    const Presence presence = scans_.presence(hash, location, version);  // behind the index
    if (presence == Presence::ended) return Unexpected(snapshot_ended());
    bool is_shown = presence == Presence::shown;
    if (presence == Presence::as_indexed)
      for (std::size_t i = 0; i < slots.size() && !is_shown; ++i)
        is_shown = slots[i].location == location && !slots[i].erased;
    if (!is_shown) return false;
    const auto expiry = expiry_of(engine, location, record);
    if (!expiry) return Unexpected(expiry.error());
    if (*expiry && **expiry <= moment.time_us) {
      expired_us = std::max(expired_us, **expiry);
      return false;
    }
    if (copies_all) key = record.key;
    if (!copies_all && is_in_place(record)) return true;
    auto copied = read_value(engine, location, record, true);
    if (!copied) return Unexpected(scans_.is_living(version) ? copied.error() : snapshot_ended());
    value = std::move(*copied);
    return true;
  };
  const auto visit = [&](Location location, const RecordView& record) {
    if (record.type() != RecordType::put || record.header.version >= version || !record.key.starts_with(prefix))
      return true;
    const bool copies_all = kind == ScanRegistry::Kind::snapshot;
    const auto is_shown = look(location, record, copies_all);
    if (!is_shown) {
      result = Unexpected(is_shown.error());
      return false;
    }
    if (!*is_shown) return true;
    // Its time of expiry, if it has one, has been looked at.
    const bool is_copied = copies_all || !is_in_place(record);
    const std::string_view shown = is_copied ? std::string_view(value) : *value_in_place(engine, location, record);
    is_stopped = !visitor(copies_all ? std::string_view(key) : record.key, shown);
    return !is_stopped;
  };
  auto walked = engine.for_each_record(space_, visit);
  tell_expired(engine, expired_us);
  if (!result || is_stopped) return result;
  if (!scans_.is_living(version)) return Unexpected(snapshot_ended());
  return walked;
}

}  // namespace holdfast::kv
