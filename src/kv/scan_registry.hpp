#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include <holdfast/options.hpp>

#include "common/base/location.hpp"

namespace holdfast::kv {

/// A record that another one has replaced.
struct Replacement {
  std::uint64_t hash = 0;         ///< Of its key.
  Location location{};
  std::uint64_t version = 0;      ///< Of the replaced record.
  std::uint64_t replaced_by = 0;  ///< Version that replaced it.
  std::uint64_t size_bytes = 0;   ///< Of the record and its extents.
  bool has_parts = false;
  Durability durability{};        ///< Of the replacing write.
};

/// The living snapshots of a space, scans among them: each shows the space as of its version, which is every write of a
/// lower one. While any lives, remembers what is replaced, by the hash of its key, so that a lookup as of a version finds
/// the record, a walk over all records knows which to show, and nothing that may still be read is given back.
///
/// A note of a record of version v that r replaced is kept as long as a snapshot S lives with v < S <= r. It hangs on the
/// newest of these; when that one ends, on the next older one, if that sees it too, else it is let go.
///
/// Why nothing is missed: a snapshot is registered, then draws its version, then waits until every write below it has
/// ended. A write draws its version long before it notes what it replaces. So a write that sees no snapshot here is below
/// every one that comes, and what it replaces concerns none of them.
///
/// A cleaner moves a present record without changing its version. Under the lock of the key's stripe it makes sure that
/// the index still has the record at `from`, draws `moved_at`, calls note_moved(), and only then lets the index say `to`,
/// where a copy lies already in a slice that walks meet. The old segment is given out again when oldest_version() is
/// nothing or above `moved_at`, and no read guard is as old: snapshots read under guards, and look here behind them.
/// While a snapshot waits for a write of a lower version, the record that this one will replace may be moved, at a higher
/// version than the snapshot's: it is replaced all the same as far as the snapshot is concerned. So note() also ends what is
/// remembered of the moves that led to the replaced record's place.
/// Threads: any.
class ScanRegistry {
 public:
  /// Whether a scan ends by itself, or may be ended when too much is held back for it.
  enum class Kind : std::uint8_t { scan, snapshot };

  explicit ScanRegistry(std::uint64_t bytes_max = UINT64_MAX) : bytes_max_(bytes_max) {}
  ~ScanRegistry() = default;
  ScanRegistry(const ScanRegistry&) = delete;
  ScanRegistry& operator=(const ScanRegistry&) = delete;

  /// Bound of the bytes held back; before anybody uses it.
  void set_bytes_max(std::uint64_t bytes_max) noexcept { bytes_max_ = bytes_max; }

  [[nodiscard]] bool active() const noexcept { return count_.load() != 0; }

  /// Registers a snapshot; its version is what `draw` returns, a version never given out before.
  std::uint64_t begin(Kind kind, const std::function<std::uint64_t()>& draw);

  /// The snapshot ends, if it has not. What nobody sees any more must be taken then.
  void end(std::uint64_t version) noexcept;

  /// All snapshots end.
  void end_all() noexcept;

  /// False: it was ended, as too much was held back.
  [[nodiscard]] bool is_living(std::uint64_t version) const;

  /// The version of the oldest snapshot that lives, or whose notes are still to be taken.
  [[nodiscard]] std::optional<std::uint64_t> oldest_version() const;

  /// True if a living snapshot sees the replaced record, and it is now remembered. Called before the index shows the new
  /// record, so that who misses the old one in the index finds it here. A record that another write has replaced
  /// already keeps that note: this caller is late, as the index will tell it. Where too much is held back then, the
  /// oldest snapshots end; scans do not.
  [[nodiscard]] bool note(const Replacement& replacement);

  /// The record at `from`, the present one of its key, is about to be at `to`.
  void note_moved(std::uint64_t hash, Location from, Location to, std::uint64_t version, std::uint64_t moved_at);

  /// Takes back a note: the record was not replaced, or moved, after all.
  void forget(std::uint64_t hash, Location location);

  /// What a walk as of a version does with a record that it meets. Asked behind the index.
  enum class Presence : std::uint8_t {
    as_indexed,  ///< Shown, if the index says that the key's present record lies there.
    shown,
    hidden,
    ended,  ///< The snapshot does not live any more.
  };
  [[nodiscard]] Presence presence(std::uint64_t hash, Location location, std::uint64_t version) const;

  /// Where records of that hash lie that were present as of `version` and have been replaced, or moved, since; nothing, if
  /// the snapshot does not live any more. Asked behind the index.
  [[nodiscard]] std::optional<std::vector<Location>> find(std::uint64_t hash, std::uint64_t version) const;

  /// Hands each record that no snapshot sees any more to `give_back`, outside the lock.
  template <class GiveBack>
  void take_unseen(const GiveBack& give_back) noexcept {
    if (!has_unseen_.load()) return;
    for (Taken taken = take(); taken.replacement; taken = take(taken.ticket)) give_back(*taken.replacement);
  }

  [[nodiscard]] std::uint64_t held_back_bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

 private:
  struct Note {
    Replacement replacement;
    bool is_move = false;
    Location moved_to{};
    Note* next = nullptr;  // of those that hang on the same snapshot, so that an end needs no memory
  };
  /// Notes that hang on one snapshot, or on none.
  struct NoteList {
    Note* first = nullptr;
    Note* last = nullptr;
    std::uint64_t size_bytes = 0;

    void add(Note& note) noexcept;
    void take_all(NoteList& other) noexcept;  ///< However many they are, in one step.
    [[nodiscard]] bool remove(const Note& note) noexcept;
  };
  struct Snapshot {
    Kind kind{};
    NoteList notes{};
  };
  using Snapshots = std::map<std::uint64_t, Snapshot>;
  using Notes = std::unordered_multimap<std::uint64_t, Note>;
  struct Taken {
    std::optional<Replacement> replacement{};
    std::uint64_t ticket = 0;
  };

  [[nodiscard]] static bool sees(std::uint64_t snapshot, const Replacement& replacement) noexcept {
    return replacement.version < snapshot && snapshot <= replacement.replaced_by;
  }
  [[nodiscard]] Snapshots::iterator newest_that_sees(const Replacement& replacement);
  [[nodiscard]] Note* find_note(std::uint64_t hash, Location location);
  [[nodiscard]] bool add(const Note& note);
  void end_moves_to(const Replacement& replacement);
  void hang(Note& note) noexcept;
  void unhang(Note& note) noexcept;
  void remove(Note& note) noexcept;
  void end(Snapshots::iterator snapshot) noexcept;
  void end_oldest_beyond_limit() noexcept;
  [[nodiscard]] Taken take(std::uint64_t ended_ticket = 0) noexcept;

  std::uint64_t bytes_max_;
  mutable std::mutex mutex_;
  std::atomic<std::uint64_t> count_{0};  // of living snapshots
  Snapshots living_;
  Notes notes_;
  NoteList unseen_;  // no snapshot sees them; to be taken
  std::atomic<bool> has_unseen_{false};
  std::uint64_t taking_ = 0;  // of takers that are at work on one
  std::uint64_t unseen_since_ = UINT64_MAX;  // no older snapshot has left what is not given back yet
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace holdfast::kv
