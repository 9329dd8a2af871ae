#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include <holdfast/log.hpp>

#include "common/format/record.hpp"

namespace holdfast::log {

/// Of each key, by its hash, the latest id; as many as memory is allowed for: those whose hashes lie in a window, which
/// shrinks to what fits. One window after the other covers all keys. Of two keys of one hash only the one that is met first is
/// known.
/// Threads: one.
class LatestKeys {
 public:
  /// `slots_max`: a power of two, of 16 bytes each.
  explicit LatestKeys(std::size_t slots_max) : slots_max_(slots_max) {}

  class Slot {
   public:
    [[nodiscard]] LogId id() const noexcept { return id_ & ~kMayGo; }
    /// Whether the record itself may go, as it only says that the key is gone.
    [[nodiscard]] bool may_go() const noexcept { return (id_ & kMayGo) != 0; }
    void stays() noexcept { id_ &= ~kMayGo; }

   private:
    friend class LatestKeys;
    static constexpr std::uint64_t kMayGo = std::uint64_t{1} << 63;
    static_assert(kVersionEnd <= kMayGo);

    std::uint64_t hash_ = 0;
    std::uint64_t id_ = 0;  // 0: free
  };

  /// Forgets everything: from now on hashes from `low` on are covered.
  void begin_window(std::uint64_t low) {
    slots_.assign(std::min(slots_max_, kSlotsMin), Slot{});
    used_ = 0;
    low_ = low;
    high_ = std::numeric_limits<std::uint64_t>::max();
  }

  /// Where the next window begins; nothing: all hashes were covered.
  [[nodiscard]] std::optional<std::uint64_t> next_window() const noexcept {
    if (high_ == std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
    return high_ + 1;
  }

  [[nodiscard]] bool covers(std::uint64_t hash) const noexcept { return hash >= low_ && hash <= high_; }

  /// Null: it is not there.
  [[nodiscard]] Slot* find(std::uint64_t hash) noexcept {
    Slot& slot = slots_[place_of(hash)];
    return slot.id_ == 0 ? nullptr : &slot;
  }

  /// Requires: it is covered, and not there. Where it does not fit, it may be covered no longer. Throws std::bad_alloc.
  void add(std::uint64_t hash, LogId id, bool may_go) {
    while (covers(hash) && (used_ + 1) * 4 > slots_.size() * 3) make_room();
    if (!covers(hash)) return;
    Slot& slot = slots_[place_of(hash)];
    slot.hash_ = hash;
    slot.id_ = id | (may_go ? Slot::kMayGo : 0);
    ++used_;
  }

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Slot& slot : slots_)
      if (slot.id_ != 0) visit(slot);
  }

 private:
  static constexpr std::size_t kSlotsMin = 1'024;

  [[nodiscard]] std::size_t place_of(std::uint64_t hash) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t place = hash & mask;
    while (slots_[place].id_ != 0 && slots_[place].hash_ != hash) place = (place + 1) & mask;
    return place;
  }

  // Twice the slots, or half the window: of one hash there is one slot, so that it comes to an end.
  void make_room() {
    if (slots_.size() >= slots_max_) high_ = low_ + (high_ - low_) / 2;
    std::vector<Slot> kept;
    kept.reserve(used_);
    for_each([&](const Slot& slot) {
      if (covers(slot.hash_)) kept.push_back(slot);
    });
    slots_.assign(std::min(slots_max_, slots_.size() * 2), Slot{});
    for (const Slot& slot : kept) slots_[place_of(slot.hash_)] = slot;
    used_ = kept.size();
  }

  std::size_t slots_max_;
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
  std::uint64_t low_ = 0;
  std::uint64_t high_ = 0;
};

}  // namespace holdfast::log
