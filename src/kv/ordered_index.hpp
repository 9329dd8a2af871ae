#pragma once

#include <tbb/spin_mutex.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "common/engine/read_guards.hpp"
#include "kv/ordered_keys.hpp"

namespace holdfast::kv {

/// The order of an ordered space's keys. It holds every key that is present, or that a living snapshot sees, and some that
/// are not: whether one is there, and where, the hash index says.
///
/// A write adds its key before the hash index shows it (add), and behind an erase says so (mark_erased). When a quarter
/// of the keys are erased, those that anybody may see are copied into other keys aside, a few with each change of a key, so
/// that nobody pays for all; then these take the place of the old ones:
///  (1) `next` is published beside `keys`: from now on changes go to both;
///  (2) when every change that did not know of `next` is over, copying begins;
///  (3) behind the last key `next` is published as `keys`;
///  (4) the old keys go with the last who stands at one.
/// Why none is missed: a change either ends before (2), and its key is copied, or goes to both. One that is erased is
/// copied, unless it was erased before every living snapshot; of what both say of it, the higher version counts.
/// Threads: any.
class OrderedIndex {
 public:
  static constexpr std::uint64_t kErasedMin = 4'096;  ///< Fewer are not worth a copy.
  static constexpr std::uint64_t kErasedPart = 4;     ///< One in so many is.
  static constexpr int kCopiedAtOnce = 64;

  /// Tells the version of the oldest snapshot that lives.
  using OldestVersion = std::function<std::optional<std::uint64_t>()>;
  explicit OrderedIndex(OldestVersion oldest_version, std::uint64_t erased_min = kErasedMin);
  OrderedIndex(const OrderedIndex&) = delete;
  OrderedIndex& operator=(const OrderedIndex&) = delete;
  ~OrderedIndex();

  /// A write of that version puts the key, and is about to be shown. Throws std::bad_alloc.
  void add(std::string_view key, std::uint64_t version);

  /// A write of that version has erased the key, and is shown.
  void mark_erased(std::string_view key, std::uint64_t version) noexcept;

  /// For those who stand at keys: all that were added before this call, and maybe more. They stay while they are held.
  [[nodiscard]] std::shared_ptr<const OrderedKeys> keys() const;

  /// How often the keys were replaced by others, and their memory: of those in use, and of those being copied.
  [[nodiscard]] std::uint64_t rebuilds() const noexcept { return rebuilds_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t size_bytes() const;

 private:
  struct State {
    std::shared_ptr<OrderedKeys> keys;
    std::shared_ptr<OrderedKeys> next;  // null: nothing is copied
  };
  enum class Stage : std::uint8_t { idle, begun, copying, ended };

  void work_on() noexcept;
  void begin();
  void copy();
  void publish(std::unique_ptr<const State> state) noexcept;
  [[nodiscard]] bool is_worth_a_copy(const OrderedKeys& keys) const noexcept;

  const OldestVersion oldest_version_;
  const std::uint64_t erased_min_;
  mutable ReadGuards guards_;  // of state_
  std::atomic<const State*> state_;
  std::atomic<std::uint64_t> kept_erased_{0};  // were copied for a snapshot, with the keys in use
  std::atomic<std::uint64_t> rebuilds_{0};
  std::atomic<Stage> stage_{Stage::idle};  // changed by who has the mutex

  tbb::spin_mutex working_;  // tried only: one works on the copy, nobody waits for it
  std::unique_ptr<const State> old_state_;
  std::uint64_t published_in_ = 0;  // phase of the guards
  std::optional<OrderedKeys::Position> copied_up_to_;
  std::uint64_t copied_erased_ = 0;
};

}  // namespace holdfast::kv
