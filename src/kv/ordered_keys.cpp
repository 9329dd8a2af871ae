#include "kv/ordered_keys.hpp"

#include <cstring>
#include <iterator>
#include <tuple>
#include <utility>

namespace holdfast::kv {
namespace {

constexpr std::uint64_t kErasedBit = 1;

std::uint64_t state_of(std::uint64_t version, bool is_erased) noexcept {
  return (version << 1) | (is_erased ? kErasedBit : 0);
}

bool is_erased(std::uint64_t state) noexcept { return (state & kErasedBit) != 0; }

}  // namespace

OrderedKey::OrderedKey(std::string_view bytes, std::atomic<std::uint64_t>& counter)
    : bytes_(std::make_unique_for_overwrite<char[]>(sizeof(std::uint16_t) + bytes.size())) {
  const auto size = static_cast<std::uint16_t>(bytes.size());  // keys are at most 65,535 bytes
  std::memcpy(bytes_.get(), &size, sizeof(size));
  if (!bytes.empty()) std::memcpy(bytes_.get() + sizeof(size), bytes.data(), bytes.size());
  counter.fetch_add(sizeof(size) + bytes.size(), std::memory_order_relaxed);
}

std::string_view OrderedKey::view() const noexcept {
  std::uint16_t size = 0;
  std::memcpy(&size, bytes_.get(), sizeof(size));
  return {bytes_.get() + sizeof(size), size};
}

OrderedKeys::OrderedKeys() : map_(CountingAllocator<Item>(bytes_)) {}
OrderedKeys::~OrderedKeys() = default;

void OrderedKeys::set(std::string_view key, const Known& known) {
  const std::uint64_t state = state_of(known.version, known.is_erased);
  auto found = map_.find(key);
  if (found == map_.end()) {
    const auto [place, is_new] = map_.emplace(std::piecewise_construct, std::forward_as_tuple(key, bytes_),
                                              std::forward_as_tuple(state));
    if (is_new) {
      size_.fetch_add(1, std::memory_order_relaxed);
      if (known.is_erased) erased_.fetch_add(1, std::memory_order_relaxed);
      return link(place);
    }
    // Somebody was faster; the bytes that were copied for nothing are gone.
    bytes_.fetch_sub(sizeof(std::uint16_t) + key.size(), std::memory_order_relaxed);
    found = place;
  }
  merge(found->second, state);
}

// Who sees what was said of a key also sees what was done before: mark_erased() relies on it.
void OrderedKeys::merge(const OrderedEntry& entry, std::uint64_t state) {
  std::uint64_t known = entry.state.load(std::memory_order_acquire);
  do {
    if (known >= state) return;  // versions are distinct: the same one says the same
  } while (!entry.state.compare_exchange_weak(known, state, std::memory_order_acq_rel));
  if (is_erased(state) && !is_erased(known)) erased_.fetch_add(1, std::memory_order_relaxed);
  if (!is_erased(state) && is_erased(known)) erased_.fetch_sub(1, std::memory_order_relaxed);
}

std::atomic<const OrderedKeys::Item*>& OrderedKeys::hint_of(Position position) const {
  return position == map_.end() ? last_ : position->second.before;
}

// What the next key knew to be before it is before the new one as well, or one of those that this knew is.
void OrderedKeys::link(Position added) const {
  auto& hint = hint_of(std::next(added));
  const Item* before = hint.load(std::memory_order_acquire);
  const bool is_nearer = before == nullptr || before->first.view() < key_at(added);
  while (before != nullptr && before->first.view() >= key_at(added))
    before = before->second.before.load(std::memory_order_acquire);
  if (before != nullptr) added->second.before.store(before, std::memory_order_release);
  if (is_nearer) hint.store(&*added, std::memory_order_release);
}

OrderedKeys::Position OrderedKeys::at_or_behind(std::string_view key) const { return map_.lower_bound(key); }
OrderedKeys::Position OrderedKeys::behind(std::string_view key) const { return map_.upper_bound(key); }

std::optional<OrderedKeys::Position> OrderedKeys::before(Position position) const {
  auto& hint = hint_of(position);
  const Item* const known = hint.load(std::memory_order_acquire);
  Position walker = known == nullptr ? map_.begin() : Position(map_.find(known->first.view()));
  if (walker == position) return std::nullopt;
  for (Position next = std::next(walker); next != position; next = std::next(next)) walker = next;
  if (&*walker != known) hint.store(&*walker, std::memory_order_release);
  return walker;
}

std::string_view OrderedKeys::key_at(Position position) noexcept { return position->first.view(); }

OrderedKeys::Known OrderedKeys::known_at(Position position) noexcept {
  const std::uint64_t state = position->second.state.load(std::memory_order_acquire);
  return {.version = state >> 1, .is_erased = is_erased(state)};
}

}  // namespace holdfast::kv
