#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <holdfast/options.hpp>

#include "contents.hpp"

namespace holdfast::lab {

inline constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

/// One key's new value; nullptr: erased. Or one record of a stream, which has no key until it has its id.
struct Change {
  std::string space;
  std::string key;
  Value value = nullptr;
  bool appends = false;  ///< No two records of a stream are equal, so that each tells who appended it.
};

/// The records of a stream from `from` on are taken away; `to` is the next id.
struct EndCut {
  std::string stream;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

/// One call that changes the store, on the clock of the medium's events: a call that began at 7 has left no
/// trace behind 7 events, one acknowledged at 9 had returned when the 10th event came.
struct Operation {
  std::uint32_t thread = 0;
  std::vector<Change> changes;  ///< All or none (several: a batch).
  std::string creates_space{};
  std::string drops_space{};  ///< The changes erase all its keys.
  std::string drops_stream{};
  std::string cuts_stream{};   ///< Its records below `cuts_before` go.
  std::uint64_t cuts_before = 0;
  std::vector<EndCut> end_cuts{};  ///< All or none.
  std::string thins_stream{};              ///< These of its records go, ...
  std::map<std::uint64_t, Value> thinned{};  ///< ... by their ids, ...
  std::uint64_t thinned_for = 0;           ///< ... and were replaced by records up to this one.
  Durability durability = Durability::immediate;
  std::uint64_t first_id = 0;  ///< Of appends to one stream, once it was told.
  std::uint64_t began = 0;
  std::uint64_t acknowledged = kNever;
  std::uint64_t durable = kNever;  ///< From this many events on a crash may not lose it.
};

/// What was done to a store and what was promised for it: the model that every crash image is held against.
/// It states C2 alone. Eras begin where a store was opened again: what was recovered then is promised (C5).
/// Threads: any for the noting methods.
class History {
 public:
  /// `base` is on the medium, all of it, from `event_count` on. `exists` is false before the store's
  /// creation.
  void start_era(Contents base, std::uint64_t event_count, bool exists = true);

  [[nodiscard]] bool has_begun() const;

  /// What the era that holds behind that many events began with.
  [[nodiscard]] const Contents& base_at(std::uint64_t event_count) const;

  [[nodiscard]] std::size_t begin(Operation operation);
  void acknowledge(std::size_t id, std::uint64_t event_count);

  /// The call failed and says that nothing has happened.
  void withdraw(std::size_t id);

  /// What it appended begins at that id.
  void set_first_id(std::size_t id, std::uint64_t first_id);

  /// A reader was shown that many records of a stream, all of them durable if they keep their promise, while
  /// a crash behind `event_count` events could have come.
  void note_shown(const std::string& stream, std::uint64_t count, std::uint64_t event_count);

  /// A call that makes everything durable that has returned before it, e.g. sync(). Begin gives what it
  /// covers.
  [[nodiscard]] std::vector<std::size_t> begin_barrier() const;
  void end_barrier(const std::vector<std::size_t>& covered, std::uint64_t event_count);

  /// `interval` writes are durable once that many bytes of keys and values were written behind them.
  void set_interval_bytes(std::uint64_t interval_bytes) { interval_bytes_ = interval_bytes; }

  /// Whether the store must be there behind that many events.
  [[nodiscard]] bool must_exist(std::uint64_t event_count) const;

  /// What is wrong if a store recovered from a crash behind that many events holds `contents`; empty if
  /// nothing is.
  [[nodiscard]] std::string check(const Contents& contents, std::uint64_t event_count) const;

  /// The change that was in flight, or the last one made, behind that many events.
  [[nodiscard]] std::optional<Change> change_at(std::uint64_t event_count) const;

  /// How many operations were noted.
  [[nodiscard]] std::size_t size() const;

 private:
  friend class HistoryCheck;
  struct Era {
    Contents base;
    std::uint64_t began = 0;
    bool exists = true;
    std::size_t first_operation = 0;
  };
  struct Noted {
    Operation operation;
    bool withdrawn = false;
  };
  struct Shown {
    std::string stream;
    std::uint64_t count = 0;
    std::uint64_t event_count = 0;
  };
  [[nodiscard]] std::size_t era_at(std::uint64_t event_count) const;
  void note_interval_bytes(const Operation& operation);

  mutable std::mutex mutex_;
  std::vector<Era> eras_;
  std::vector<Noted> operations_;
  std::vector<Shown> shown_;
  std::uint64_t interval_bytes_ = kNever;
};

}  // namespace holdfast::lab
