#include "common/index/hash_index.hpp"

#include <algorithm>
#include <memory>

namespace holdfast {

HashIndex::~HashIndex() {
  for (const auto& [hash, entry] : map_) delete chain_of(entry);
}

HashIndex::Entry HashIndex::pack(const IndexSlot& slot) noexcept {
  return {slot.location.packed(),
          slot.version | (slot.erased ? kErased : 0) | (slot.has_parts ? kHasParts : 0)};
}

IndexSlot HashIndex::unpack(const Entry& entry) noexcept {
  return {.location = Location::unpacked(entry.location_or_list),
          .version = entry.version_and_flags & kVersionMask,
          .erased = (entry.version_and_flags & kErased) != 0,
          .has_parts = (entry.version_and_flags & kHasParts) != 0};
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
  if (map_.find(accessor, hash)) copy(accessor->second, slots);
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
  if (map_.insert(accessor, hash)) {
    if (!seen.empty()) {  // what was compared is gone
      map_.erase(accessor);
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
  }
  return true;
}

void HashIndex::remove(std::uint64_t hash, const IndexSlot& slot) {
  Map::accessor accessor;
  if (!map_.find(accessor, hash)) return;
  Entry& entry = accessor->second;
  Chain* const chain = chain_of(entry);
  if (chain == nullptr) {
    if (unpack(entry) == slot) map_.erase(accessor);
    return;
  }
  std::erase(*chain, slot);
  if (chain->size() > 1) return;
  const std::unique_ptr<Chain> owner(chain);  // back to a plain entry
  if (chain->empty()) {
    map_.erase(accessor);
  } else {
    entry = pack(chain->front());
  }
}

}  // namespace holdfast
