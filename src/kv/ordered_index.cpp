#include "kv/ordered_index.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace holdfast::kv {

OrderedIndex::OrderedIndex(OldestVersion oldest_version, std::uint64_t erased_min)
    : oldest_version_(std::move(oldest_version)),
      erased_min_(erased_min),
      state_(new State{.keys = std::make_shared<OrderedKeys>(), .next = nullptr}) {}

OrderedIndex::~OrderedIndex() { delete state_.load(); }

void OrderedIndex::add(std::string_view key, std::uint64_t version) {
  {
    const auto guard = guards_.enter();
    const State& state = *state_.load();
    const OrderedKeys::Known known{.version = version, .is_erased = false};
    state.keys->set(key, known);
    if (state.next != nullptr) state.next->set(key, known);
  }
  work_on();
}

// First in the keys that are copied to, where one that is not there yet is added: the copy leaves out what it sees to be
// erased, and a snapshot that is younger than its look at the oldest one may see the key.
void OrderedIndex::mark_erased(std::string_view key, std::uint64_t version) noexcept {
  try {
    const auto guard = guards_.enter();
    const State& state = *state_.load();
    if (!state.keys->contains(key)) return;
    const OrderedKeys::Known known{.version = version, .is_erased = true};
    if (state.next != nullptr) state.next->set(key, known);
    state.keys->set(key, known);
  } catch (const std::bad_alloc&) {
    // It stays as one that is present, until it is erased again. Readers ask the hash index.
  }
  work_on();
}

std::shared_ptr<const OrderedKeys> OrderedIndex::keys() const {
  const auto guard = guards_.enter();
  return state_.load()->keys;
}

std::uint64_t OrderedIndex::size_bytes() const {
  const auto guard = guards_.enter();
  const State& state = *state_.load();
  return state.keys->size_bytes() + (state.next == nullptr ? 0 : state.next->size_bytes());
}

bool OrderedIndex::is_worth_a_copy(const OrderedKeys& keys) const noexcept {
  const std::uint64_t kept = kept_erased_.load(std::memory_order_relaxed);
  const std::uint64_t erased = keys.erased();
  return erased >= kept + erased_min_ && erased - kept >= keys.size() / kErasedPart;
}

void OrderedIndex::work_on() noexcept {
  if (stage_.load(std::memory_order_relaxed) == Stage::idle) {
    const auto guard = guards_.enter();
    if (!is_worth_a_copy(*state_.load()->keys)) return;
  }
  tbb::spin_mutex::scoped_lock lock;
  if (!lock.try_acquire(working_)) return;
  try {
    switch (stage_.load(std::memory_order_relaxed)) {
      case Stage::idle: return begin();  // (1)
      case Stage::begun:
      case Stage::ended: {
        guards_.advance();
        if (!guards_.out_of_sight(published_in_)) return;
        old_state_.reset();  // (4)
        const bool begins = stage_.load(std::memory_order_relaxed) == Stage::begun;
        stage_.store(begins ? Stage::copying : Stage::idle, std::memory_order_relaxed);  // (2)
        return;
      }
      case Stage::copying: return copy();
    }
  } catch (const std::bad_alloc&) {
    // The next change of a key tries again from where this one stood.
  }
}

// Only who has the mutex replaces the state, so that it needs no guard for it.
void OrderedIndex::begin() {
  const State& state = *state_.load();
  if (!is_worth_a_copy(*state.keys)) return;  // somebody was faster
  publish(std::make_unique<const State>(State{.keys = state.keys, .next = std::make_shared<OrderedKeys>()}));
  copied_erased_ = 0;
  stage_.store(Stage::begun, std::memory_order_relaxed);
}

void OrderedIndex::publish(std::unique_ptr<const State> state) noexcept {
  old_state_.reset(state_.exchange(state.release()));
  published_in_ = guards_.phase();
}

// A snapshot that begins behind the look at the oldest one is above every erase that was said before the look; of one that is
// said behind it, the key is there already (mark_erased).
void OrderedIndex::copy() {
  const State& state = *state_.load();
  OrderedKeys::Position position = copied_up_to_.value_or(state.keys->begin());
  const std::optional<std::uint64_t> oldest = oldest_version_();
  for (int count = 0; count < kCopiedAtOnce && position != state.keys->end(); ++count, ++position) {
    copied_up_to_ = position;
    const OrderedKeys::Known known = OrderedKeys::known_at(position);
    if (known.is_erased && (!oldest || known.version < *oldest)) continue;
    state.next->set(OrderedKeys::key_at(position), known);
    if (known.is_erased) ++copied_erased_;
  }
  copied_up_to_ = position;
  if (position != state.keys->end()) return;
  copied_up_to_.reset();
  // Not what was erased while it was copied: who sleeps in the middle of a change lets that be most of the keys, and would
  // have it stay for good.
  kept_erased_.store(copied_erased_, std::memory_order_relaxed);
  publish(std::make_unique<const State>(State{.keys = state.next, .next = nullptr}));  // (3)
  rebuilds_.fetch_add(1, std::memory_order_relaxed);
  stage_.store(Stage::ended, std::memory_order_relaxed);
}

}  // namespace holdfast::kv
