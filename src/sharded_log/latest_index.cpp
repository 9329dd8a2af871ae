#include "sharded_log/latest_index.hpp"

#include <algorithm>
#include <new>
#include <span>

#include "common/base/checksum.hpp"
#include "common/base/key_hash.hpp"

namespace holdfast::sharded_log {

LatestIndex::Place LatestIndex::place_of(std::uint32_t shard, std::string_view key) const noexcept {
  std::uint64_t hash = checksum(std::as_bytes(std::span(key)), seed_);
#ifdef HOLDFAST_MUTANTS
  if (const std::uint64_t modulus = key_hash_modulus.load(std::memory_order_relaxed); modulus != 0) hash %= modulus;
#endif
  return {hash, shard};
}

void LatestIndex::note(std::uint32_t shard, std::string_view key, LogId id) noexcept {
  try {
    Entries::accessor entry;
    entries_.insert(entry, {place_of(shard, key), id});
    entry->second = std::max(entry->second, id);
  } catch (const std::bad_alloc&) {
    is_partial_.store(true);
  }
}

std::optional<LogId> LatestIndex::find(std::uint32_t shard, std::string_view key) const {
  Entries::const_accessor entry;
  if (!entries_.find(entry, place_of(shard, key))) return std::nullopt;
  return entry->second;
}

void LatestIndex::amend(std::uint32_t shard, std::string_view key, LogId from, std::optional<LogId> to) noexcept {
  Entries::accessor entry;
  if (!entries_.find(entry, place_of(shard, key)) || entry->second != from) return;
  if (to)
    entry->second = *to;
  else
    entries_.erase(entry);
}

void LatestIndex::clear() noexcept {
  entries_.clear();
  is_partial_.store(false);
}

}  // namespace holdfast::sharded_log
