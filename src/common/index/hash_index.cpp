#include "common/index/hash_index.hpp"

#include <algorithm>
#include <memory>

namespace holdfast {

HashIndex::~HashIndex() {
  if (chains_made_.load(std::memory_order_relaxed) == 0) return;
  for (std::size_t part = 0; part < part_count(); ++part)
    for (const auto& [hash, entry] : maps_[part]) delete chain_of(entry);
}

void HashIndex::split(std::size_t count) {
  if (part_bits_ != 0 || count < kSplitCountMin || !maps_[0].empty()) return;
  maps_ = std::make_unique<Map[]>(std::size_t{1} << kPartBits);
  part_bits_ = kPartBits;
}

void HashIndex::reserve(std::size_t count) {
  split(count);
  for (std::size_t part = 0; part < part_count(); ++part) reserve_part(part, count / part_count());
}

HashIndex::Entry HashIndex::pack(const IndexSlot& slot) noexcept {
  return {slot.location.packed() | (slot.expires ? kExpires : 0),
          slot.version | (slot.erased ? kErased : 0) | (slot.has_parts ? kHasParts : 0)};
}

IndexSlot HashIndex::unpack(const Entry& entry) noexcept {
  return {.location = Location::unpacked(entry.location_or_list & ~kExpires),
          .version = entry.version_and_flags & kVersionMask,
          .erased = (entry.version_and_flags & kErased) != 0,
          .has_parts = (entry.version_and_flags & kHasParts) != 0,
          .expires = (entry.location_or_list & kExpires) != 0};
}

HashIndex::Chain* HashIndex::chain_of(const Entry& entry) noexcept {
  // the pointer was stored here by replace()
  return (entry.version_and_flags & kChained) != 0 ? reinterpret_cast<Chain*>(entry.location_or_list) : nullptr;
}

void HashIndex::copy(const Entry& entry, IndexSlots& slots) {
  if (const Chain* const chain = chain_of(entry)) {
    slots.more_ = *chain;
    return;
  }
  slots.more_.clear();
  slots.first_ = unpack(entry);
  slots.count_ = slots.first_.version == 0 ? 0 : 1;  // 0: as the map has made it, see replace()
}

IndexSlots HashIndex::find(std::uint64_t hash) const {
  IndexSlots slots;
  Map::const_accessor accessor;
  if (map_of(hash).find(accessor, hash)) copy(accessor->second, slots);
  return slots;
}

bool HashIndex::still(std::uint64_t hash, IndexSlots& seen) const {
  IndexSlots present = find(hash);
  if (present == seen) return true;
  seen = std::move(present);
  return false;
}

bool HashIndex::replace(std::uint64_t hash, IndexSlots& seen, std::optional<std::size_t> match, const IndexSlot& slot) {
  Map::accessor accessor;
  if (map_of(hash).insert(accessor, hash)) {
    if (!seen.empty()) {  // what was compared is gone
      map_of(hash).erase(accessor);
      seen = {};
      return false;
    }
    accessor->second = pack(slot);
    return true;
  }
  Entry& entry = accessor->second;
  IndexSlots present;
  copy(entry, present);
  if (!(present == seen)) {
    seen = std::move(present);
    return false;
  }
  if (Chain* const chain = chain_of(entry)) {
    if (match) {
      (*chain)[*match] = slot;
    } else {
      chain->push_back(slot);
    }
  } else if (match || present.empty()) {  // empty: the map ran out of memory when it had taken the entry, and grew
    entry = pack(slot);
  } else {
    auto chain_owner = std::make_unique<Chain>(Chain{unpack(entry), slot});
    entry.location_or_list = reinterpret_cast<std::uint64_t>(chain_owner.release());  // chain_of() is the way back
    entry.version_and_flags = kChained;
    chains_made_.fetch_add(1, std::memory_order_relaxed);
  }
  return true;
}

void HashIndex::remove(std::uint64_t hash, const IndexSlot& slot) {
  Map::accessor accessor;
  if (!map_of(hash).find(accessor, hash)) return;
  Entry& entry = accessor->second;
  Chain* const chain = chain_of(entry);
  if (chain == nullptr) {
    if (unpack(entry) == slot) map_of(hash).erase(accessor);
    return;
  }
  std::erase(*chain, slot);
  if (chain->size() > 1) return;
  const std::unique_ptr<Chain> owner(chain);  // back to a plain entry
  if (chain->empty()) {
    map_of(hash).erase(accessor);
  } else {
    entry = pack(chain->front());
  }
}

}  // namespace holdfast
