#include "store_ledger.hpp"

#include <cstring>
#include <utility>

#include "common/base/out_of_memory.hpp"
#include "common/base/success.hpp"
#include "kv/kv_batch.hpp"

namespace holdfast {
namespace {

std::string ledger_key(LedgerKind kind, std::uint64_t number, std::string_view name) {
  const LedgerKeyDisk disk{static_cast<std::uint64_t>(kind), number};
  std::string key(reinterpret_cast<const char*>(&disk), sizeof disk);  // bytes as text
  key.append(name);
  return key;
}

Unexpected malformed(std::size_t found) {
  Error error{.code = ErrorCode::corruption, .message = "a cursor that the store has kept is malformed"};
  error.expected = std::to_string(sizeof(CursorDisk)) + " bytes under a name";
  error.found = std::to_string(found);
  return Unexpected(error);
}

}  // namespace

StoreLedger::CursorRecord::CursorRecord(SpaceId stream, std::string_view name, const log::CursorState& cursor)
    : key_(ledger_key(LedgerKind::cursor, stream, name)),
      value_{cursor.next, cursor.committed_us, cursor.protects ? kCursorProtects : 0} {}

std::shared_ptr<kv::KvSpace> StoreLedger::space() const {
  const std::lock_guard lock(mutex_);
  return space_;
}

Result<std::shared_ptr<kv::KvSpace>> StoreLedger::space_to_write() {
  const std::lock_guard lock(mutex_);
  if (space_ != nullptr) return space_;
  auto made = make_();
  if (made) space_ = *made;
  return made;
}

Result<void> StoreLedger::for_each_cursor(const CursorVisitor& visit) {
  const auto kept = space();
  if (kept == nullptr) return success();
  struct Found {
    SpaceId stream;
    std::string name;
    log::CursorState cursor;
  };
  std::vector<Found> all;  // who is told may write
  Result<void> result;
  const LedgerKeyDisk front{static_cast<std::uint64_t>(LedgerKind::cursor), 0};
  const std::string_view prefix(reinterpret_cast<const char*>(&front), sizeof front.kind);  // bytes as text
  auto scanned = kept->scan(prefix, [&](std::string_view key, std::string_view value) {
    LedgerKeyDisk head{};
    CursorDisk disk{};
    if (key.size() <= sizeof head || value.size() != sizeof disk) {
      result = malformed(value.size());
      return false;
    }
    std::memcpy(&head, key.data(), sizeof head);
    std::memcpy(&disk, value.data(), sizeof disk);
    all.push_back({head.number, std::string(key.substr(sizeof head)),
                   {.next = disk.next, .committed_us = disk.committed_us, .protects = (disk.flags & kCursorProtects) != 0}});
    return true;
  });
  if (!scanned) return scanned;
  for (const Found& found : all)
    if (result) result = visit(found.stream, found.name, found.cursor);
  return result;
}

Result<void> StoreLedger::keep(SpaceId stream, std::string_view name, const log::CursorState& cursor,
                               Durability durability) {
  const auto kept = space_to_write();
  if (!kept) return Unexpected(kept.error());
  const CursorRecord record(stream, name, cursor);
  return (*kept)->put(record.key(), record.value(), {.durability = durability});
}

Result<void> StoreLedger::forget(SpaceId stream, std::string_view name) {
  const auto kept = space();
  if (kept == nullptr) return success();
  const auto erased = kept->erase(ledger_key(LedgerKind::cursor, stream, name), Durability::immediate);
  return erased ? success() : Unexpected(erased.error());
}

Result<std::optional<std::string>> StoreLedger::find(LedgerKind kind, std::uint64_t number,
                                                     std::string_view name) const {
  const auto kept = space();
  if (kept == nullptr) return std::nullopt;
  return kept->get(ledger_key(kind, number, name), true);
}

Result<std::vector<LedgerRecord>> StoreLedger::all(LedgerKind kind, std::uint64_t number) const {
  std::vector<LedgerRecord> records;
  const auto kept = space();
  if (kept == nullptr) return records;
  auto scanned = kept->scan(ledger_key(kind, number, {}), [&](std::string_view key, std::string_view value) {
    records.push_back({std::string(key.substr(sizeof(LedgerKeyDisk))), std::string(value)});
    return true;
  });
  if (!scanned) return Unexpected(scanned.error());
  std::sort(records.begin(), records.end(),
            [](const LedgerRecord& left, const LedgerRecord& right) { return left.name < right.name; });
  return records;
}

Result<void> StoreLedger::change(std::span<const LedgerChange> changes, Durability durability,
                                 std::span<WriteEntry> also) {
  const auto kept = space_to_write();
  if (!kept) return Unexpected(kept.error());
  const auto engine = (*kept)->gate()->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  std::vector<std::string> keys;  // the writes refer to them
  keys.reserve(changes.size());
  for (const LedgerChange& change : changes) keys.push_back(ledger_key(change.kind, change.number, change.name));
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (auto checked = kv::KvSpace::check_key(keys[i]); !checked) return checked;
    if (changes[i].value)
      if (auto checked = kv::KvSpace::check_value(*changes[i].value); !checked) return checked;
  }
  kv::BatchWrites& writes = kv::BatchWrites::of_this_thread();
  for (std::size_t i = 0; i < changes.size(); ++i)
    if (changes[i].value)
      writes.add_put(**kept, keys[i], *changes[i].value, {});
    else
      writes.add_erase(**kept, keys[i]);
  const auto begin = [&]() -> Result<void> {
    for (const WriteEntry& entry : also) writes.add_entry(entry);
    for (std::size_t i = 0; i < changes.size(); ++i)
      if (auto begun = writes.begin_next(*engine); !begun) return begun;
    return success();
  };
  return writes.run(*engine, durability, changes.size() + also.size(), begin, [&]() -> Result<void> {
    auto written = engine->write(writes.entries(), durability);
    for (std::size_t i = 0; i < also.size(); ++i) also[i].draft.version = writes.entries()[i].draft.version;
    return written;
  });
}

void StoreLedger::forget_stream(SpaceId stream) noexcept {
  static_cast<void>(without_bad_alloc([&]() -> Result<void> {
    const auto kept = space();
    if (kept == nullptr) return success();
    std::vector<std::string> keys;
    auto scanned = kept->scan(ledger_key(LedgerKind::cursor, stream, {}), [&](std::string_view key, std::string_view) {
      keys.emplace_back(key);
      return true;
    });
    for (const std::string& key : keys)
      if (scanned)
        if (const auto erased = kept->erase(key, Durability::buffered); !erased) scanned = Unexpected(erased.error());
    return scanned;
  }));
}

}  // namespace holdfast
