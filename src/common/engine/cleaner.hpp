#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/engine/catalog.hpp"
#include "common/engine/cleaning_counters.hpp"
#include "common/engine/cleaning_policy.hpp"
#include "common/engine/extents.hpp"
#include "common/engine/interval_timer.hpp"
#include "common/engine/record_owner.hpp"
#include "common/engine/segment_mover.hpp"
#include "common/engine/segments.hpp"
#include "common/engine/space.hpp"
#include "common/engine/write_route.hpp"

namespace holdfast {

/// Gives back the segments of spaces whose records are replaced one by one: copies what is still needed of a few segments
/// elsewhere, and frees them. By itself, in a thread of its own, where more of a space is garbage than the limit says or
/// the store is nearly full; in the thread of a writer that found no room; and when asked.
///
/// Crash order, as in docs/durability.md "cleaning", of each pass: (1) all records of the segments are durable; (2) so are
/// the copies of what is needed; (3) the index shows them; (4) what replaced the rest is durable; (5) one catalog record
/// frees the segments, and says that all batches so far were whole, whose trailers may go; (6) their room is given out
/// again when nobody can look at it.
///
/// It never waits for a writer, since a writer without room waits for it: a record whose write is not over keeps its segment.
/// Threads: any; one pass at a time.
class Cleaner {
 public:
  struct Parts {
    Storage& storage;
    Catalog& catalog;
    Extents& extents;
    Segments& segments;
    SliceTable& slices;
    ReadGuards& guards;
    WriteRoute& route;
    std::function<std::uint64_t()> next_version;   ///< Versions below have been given out.
    std::function<std::uint64_t()> whole_batches;  ///< A number up to which every batch has had its outcome.
  };
  struct Limits {
    bool is_automatic = true;
    double garbage_ratio_max = 0.5;
  };
  Cleaner(const Parts& parts, const Limits& limits);
  Cleaner(const Cleaner&) = delete;
  Cleaner& operator=(const Cleaner&) = delete;

  /// Batches that were not whole when the store was opened, with the segments of their records.
  void set_dropped_batches(std::vector<std::pair<SegmentId, std::uint64_t>> dropped) { dropped_ = std::move(dropped); }

  /// A space to clean. Lifetime of the space: the engine's.
  void add(Space& space, const std::shared_ptr<RecordOwner>& owner);
  /// A pass that is under way ends; while the lock lives no other begins.
  [[nodiscard]] std::unique_lock<std::mutex> pause() { return std::unique_lock(mutex_); }
  /// It is cleaned no more. Requires: pause().
  void forget(const Space& space) noexcept;

  /// What the catalog must say with the record that frees segments, as trailers of batches may go with them: all batches
  /// that have had their outcome are durable on return. Requires: pause(), or a pass. Behind the record: batches_told().
  /// Errors: io, locked.
  [[nodiscard]] Result<std::vector<CatalogEntry>> prove_batches();
  void batches_told() noexcept { dropped_.clear(); }

  /// Frees what a write of so many bytes needs, as far as there is garbage. True: something came free, so that it may be
  /// worth another try. Requires: the caller holds no lock, no guard, and no batch's number.
  /// Errors: io, locked.
  [[nodiscard]] Result<bool> make_room(std::uint64_t size_bytes);

  /// Cleans each segment of the space that holds any garbage now, and is not written to. False from `progress` ends it.
  /// Errors: no_space, io, locked.
  using Progress = std::function<bool(std::uint64_t done_bytes, std::uint64_t total_bytes)>;
  [[nodiscard]] Result<void> compact(Space& space, const Progress& progress);

  /// A segment was added; so much room is left.
  void note_added(std::uint64_t available_bytes) noexcept;

  /// Whether the last segment that was added has left little: whoever cannot come again makes room before it writes.
  [[nodiscard]] bool is_nearly_full() const noexcept { return is_nearly_full_.load(std::memory_order_relaxed); }

  [[nodiscard]] CleaningCounters counters(const Space& space) const;

  /// Ends the thread. Nothing is cleaned afterwards but by asking.
  void stop() noexcept;

 private:
  struct Client {
    Space* space = nullptr;
    std::weak_ptr<RecordOwner> owner{};
    CleaningCounters counters{};
  };
  /// A segment that is being cleaned, and its runs, for who gives that up.
  struct Victim {
    SegmentPlace place{};
    std::vector<SliceRange> ranges{};
    bool is_emptied = false;
  };

  [[nodiscard]] Result<std::uint64_t> clean(Client& client, const std::vector<SegmentUse>& chosen);
  [[nodiscard]] Result<void> empty(Client& client, RecordOwner& owner, std::vector<Victim>& victims);
  [[nodiscard]] Result<void> free(const std::vector<Victim>& victims, std::vector<CatalogEntry> entries);
  [[nodiscard]] static std::uint64_t floor_of_others(const Space& space, const std::vector<Victim>& victims,
                                                     SegmentId victim);
  [[nodiscard]] Result<std::uint64_t> clean_best(bool takes_any);
  void give_up(Space& space, std::vector<Victim>::iterator begin, std::vector<Victim>::iterator end) const;
  [[nodiscard]] bool is_short() const;
  [[nodiscard]] Result<void> sync_if_worth_it();
  [[nodiscard]] Result<void> sync();
  void work() noexcept;
  [[nodiscard]] Client* find(const Space& space);

  Parts parts_;
  Limits limits_;
  std::mutex mutex_;  // one pass at a time; guards what follows
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::pair<SegmentId, std::uint64_t>> dropped_;  // until the catalog knows of them
  std::atomic<bool> is_nearly_full_{false};
  std::atomic<std::uint64_t> added_{0};  // segments
  mutable std::mutex counters_mutex_;                          // counters alone
  IntervalTimer timer_;                                        // last: its thread ends first
};

}  // namespace holdfast
