// Several keys in one call.

#include <algorithm>
#include <array>

#include "common/base/key_hash.hpp"
#include "kv/kv_batch.hpp"
#include "kv/kv_read.hpp"
#include "kv/kv_space.hpp"

namespace holdfast::kv {
namespace {

// So many keys wait for memory together: as many loads as a core can have under way, roughly.
constexpr std::size_t kGroupSize = 16;

}  // namespace

Result<void> KvSpace::multi_put(std::span<const KvEntry> entries, const WriteTerms& terms) {
  for (const KvEntry& entry : entries) {
    if (auto checked = check_key(entry.key); !checked) return checked;
    if (auto checked = check_value(entry.value); !checked) return checked;
  }
  if (auto checked = terms.lifespan.check(); !checked) return checked;
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (entries.empty()) return success();
  BatchWrites& writes = BatchWrites::of_this_thread();
  for (const KvEntry& entry : entries) writes.add_put(*this, entry.key, entry.value, terms.lifespan);
  const auto begin = [&] {
    Result<void> begun;
    for (std::size_t i = 0; i < entries.size() && begun; ++i) begun = writes.begin_next(*engine);
    return begun;
  };
  return writes.run(*engine, terms.durability, entries.size(), begin,
                    [&] { return engine->write(writes.entries(), terms.durability); });
}

// The waits for memory of a get, one behind the other: the index's bucket, its entry, the record. Each is taken for the
// whole group at once.
Result<void> KvSpace::get_group(const Engine& engine, std::span<const std::string_view> keys, bool verify,
                                std::span<std::optional<std::string>> values) const {
  struct Search {
    std::uint64_t hash = 0;
    IndexSlots slots;
  };
  std::array<Search, kGroupSize> searches;
  const std::span group = std::span(searches).first(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    group[i].hash = key_hash(keys[i]);
    index_.prefetch(group[i].hash);
  }
  for (const Search& search : group) index_.prefetch_entries(search.hash);
  {
    const auto guard = engine.guard();
    if (is_dropped()) return Unexpected(dropped_error());
    for (Search& search : group) {
      search.slots = index_.find(search.hash);
      if (!search.slots.empty()) engine.expect_read(search.slots[0].location);
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
      IndexSlots& slots = group[i].slots;
      if (slots.size() != 1 || slots[0].erased || slots[0].has_parts) continue;
      const auto record = engine.read(slots[0].location, verify);
      if (!record || record->key != keys[i] || record->header.flags != 0) continue;
      values[i].emplace(record->payload);
      eviction_.note_read(group[i].hash);
      slots = {};  // done
    }
  }
  // What is left has to be looked at again, one by one: values that are more than their bytes, keys that share a hash,
  // damage.
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (group[i].slots.empty()) continue;
    auto value = find_value(engine, group[i].hash, keys[i], verify);
    if (!value) return Unexpected(value.error());
    values[i] = std::move(*value);
  }
  return success();
}

Result<std::vector<std::optional<std::string>>> KvSpace::multi_get(std::span<const std::string_view> keys,
                                                                   bool verify) const {
  const auto misfit = std::find_if(keys.begin(), keys.end(), [](std::string_view key) { return !fits(key, {}); });
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const auto count = static_cast<std::size_t>(misfit - keys.begin());
  std::vector<std::optional<std::string>> values(count);
  for (std::size_t begin = 0; begin < count; begin += kGroupSize) {
    const std::size_t size = std::min(kGroupSize, count - begin);
    auto got = get_group(*engine, keys.subspan(begin, size), verify, std::span(values).subspan(begin, size));
    if (!got) return Unexpected(got.error());
  }
  if (misfit != keys.end()) return Unexpected(check_key(*misfit).error());
  return values;
}

}  // namespace holdfast::kv
