#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <vector>

#include <holdfast/options.hpp>

#include "common/engine/engine.hpp"
#include "kv/key_order.hpp"

namespace holdfast::kv {

/// Marks of keys that were read lately: a byte of the key's hash, in one of the two places where the hash's other bits say.
/// Where more keys meet, the last one read has the second place.
/// Threads: any.
class ReadMarks {
 public:
  static constexpr std::uint64_t kCountMin = std::uint64_t{1} << 12;
  static constexpr std::uint64_t kCountMax = std::uint64_t{1} << 22;

  /// `count`: a power of two. Throws std::bad_alloc.
  explicit ReadMarks(std::uint64_t count)
      : mask_(count / 2 - 1), marks_(std::make_unique<std::atomic<std::uint8_t>[]>(count)) {}

  /// Several threads that read the same key only look, so that its line of memory stays shared.
  void set(std::uint64_t hash) const noexcept {
    const Place place = place_of(hash);
    // relaxed, here and below: a mark that is seen late is one that was set late
    const std::uint8_t first = place.marks[0].load(std::memory_order_relaxed);
    if (first == place.mark || place.marks[1].load(std::memory_order_relaxed) == place.mark) return;
    place.marks[first == 0 ? 0 : 1].store(place.mark, std::memory_order_relaxed);
  }
  /// Whether it was set; it is not any more.
  [[nodiscard]] bool take(std::uint64_t hash) const noexcept {
    const Place place = place_of(hash);
    for (int i = 0; i < 2; ++i) {
      if (place.marks[i].load(std::memory_order_relaxed) != place.mark) continue;
      place.marks[i].store(0, std::memory_order_relaxed);
      return true;
    }
    return false;
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return 2 * (mask_ + 1); }

 private:
  struct Place {
    std::atomic<std::uint8_t>* marks;  ///< Two.
    std::uint8_t mark;                 ///< Not 0.
  };
  // Not by the bits that the index and the stripes use most, so that what lies together there does not here.
  [[nodiscard]] Place place_of(std::uint64_t hash) const noexcept {
    const auto mark = static_cast<std::uint8_t>((hash >> 8) & 0xff);
    return {&marks_[2 * ((hash >> 16) & mask_)], mark != 0 ? mark : std::uint8_t{1}};
  }

  std::uint64_t mask_;  // of pairs
  std::unique_ptr<std::atomic<std::uint8_t>[]> marks_;
};

/// The bounds of a space (KvSettings::keys_max, bytes_max), what is present of it, and where eviction stands.
///
/// Above a bound the thread that sweeps is woken, and evicts until there is a little room below it. Writers that are faster
/// than that meet the second line, a bit above the bound, and evict down to the bound themselves before they write.
/// Threads: any, but for what says otherwise.
class Eviction {
 public:
  /// From where on, and down to where.
  enum class Line : std::uint8_t {
    below,    ///< A 64th below the bound: the thread stops here.
    bound,    ///< The bound: the thread begins above; writers stop here.
    writers,  ///< A 32nd above: writers begin above.
  };

  Eviction() = default;
  Eviction(const Eviction&) = delete;
  Eviction& operator=(const Eviction&) = delete;

  /// Makes sure of the memory for set(). Throws std::bad_alloc. Threads: one at a time, as for set().
  void prepare(const KvSettings& settings);
  /// From now on these bounds hold. Requires: prepare() of the same.
  void set(const KvSettings& settings, KeyOrder& order) noexcept;

  [[nodiscard]] bool is_bounded() const noexcept { return marks_.load(std::memory_order_relaxed) != nullptr; }
  [[nodiscard]] std::uint64_t keys_max() const noexcept { return keys_max_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t bytes_max() const noexcept { return bytes_max_.load(std::memory_order_relaxed); }

  /// How much more is present than the line allows.
  struct Excess {
    std::uint64_t keys = 0;
    std::uint64_t bytes = 0;
    [[nodiscard]] bool is_any() const noexcept { return keys != 0 || bytes != 0; }
  };
  [[nodiscard]] Excess excess(Line line) const noexcept {
    return {.keys = above(totals_.keys, keys_max(), line), .bytes = above(totals_.bytes, bytes_max(), line)};
  }
  [[nodiscard]] bool exceeds(Line line) const noexcept { return is_bounded() && excess(line).is_any(); }

  /// Of a space that has, or has had, a bound.
  [[nodiscard]] std::int64_t present_keys() const noexcept { return totals_.keys.load(std::memory_order_relaxed); }

  /// Somebody reads the value of a key of that hash.
  void note_read(std::uint64_t hash) const noexcept {
    const ReadMarks* const marks = marks_.load(std::memory_order_acquire);
    if (marks != nullptr) marks->set(hash);
  }
  [[nodiscard]] bool take_mark(std::uint64_t hash) const noexcept {
    const ReadMarks* const marks = marks_.load(std::memory_order_acquire);
    return marks != nullptr && marks->take(hash);
  }

  /// True for the first who asks since the thread has begun its last turn.
  [[nodiscard]] bool want() noexcept { return !is_wanted_.load(std::memory_order_relaxed) && !is_wanted_.exchange(true); }
  void begin_turn() noexcept { is_wanted_.store(false); }

  void note_evicted() noexcept { evicted_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t evicted() const noexcept { return evicted_.load(std::memory_order_relaxed); }

  /// A circle over all records that are there when it begins, slice by slice, the first one written first. What is appended
  /// or moved meanwhile is the next circle's.
  struct Hand {
    std::vector<SliceRef> slices{};
    std::size_t at = 0;
    Engine::SlicePosition position{};
    std::uint64_t version_end = 0;

    [[nodiscard]] bool is_at_end() const noexcept { return at == slices.size(); }
    void next_slice() noexcept {
      ++at;
      position = {};
    }
  };
  /// One evicts at a time. Held across I/O, by design: who is too fast waits here for who makes room.
  [[nodiscard]] std::mutex& working() noexcept { return working_; }
  /// Requires: working().
  [[nodiscard]] Hand& hand() noexcept { return hand_; }

 private:
  [[nodiscard]] static std::uint64_t line_of(std::uint64_t max, Line line) noexcept {
    if (line == Line::below) return max - max / 64;
    if (line == Line::bound) return max;
    return max > std::numeric_limits<std::uint64_t>::max() - max / 32 ? max : max + max / 32;
  }
  [[nodiscard]] static std::uint64_t above(const std::atomic<std::int64_t>& total, std::uint64_t max, Line line) noexcept {
    if (max == 0) return 0;
    const std::int64_t signed_sum = total.load(std::memory_order_relaxed);
    const std::uint64_t sum = signed_sum > 0 ? static_cast<std::uint64_t>(signed_sum) : 0;
    const std::uint64_t allowed = line_of(max, line);
    return sum > allowed ? sum - allowed : 0;
  }
  [[nodiscard]] static std::uint64_t mark_count(const KvSettings& settings) noexcept;

  std::atomic<std::uint64_t> keys_max_{0};
  std::atomic<std::uint64_t> bytes_max_{0};
  LiveTotals totals_;
  std::vector<std::unique_ptr<const ReadMarks>> tables_;  // of one size each; whoever has seen one may still look
  std::atomic<const ReadMarks*> marks_{nullptr};          // null: the space has no bound
  std::atomic<bool> is_wanted_{false};
  std::atomic<std::uint64_t> evicted_{0};
  std::mutex working_;
  Hand hand_;
};

}  // namespace holdfast::kv
