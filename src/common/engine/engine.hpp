#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/options.hpp>
#include <holdfast/report.hpp>
#include <holdfast/storage.hpp>

#include "common/base/fork_guard.hpp"
#include "common/base/ticket_state.hpp"
#include "common/engine/async_room.hpp"
#include "common/engine/catalog.hpp"
#include "common/engine/cleaning_counters.hpp"
#include "common/engine/expiry_clock.hpp"
#include "common/engine/interval_timer.hpp"
#include "common/engine/raw_bytes.hpp"
#include "common/engine/sync_follower.hpp"
#include "common/engine/extents.hpp"
#include "common/engine/index_budget.hpp"
#include "common/engine/read_guards.hpp"
#include "common/engine/record_owner.hpp"
#include "common/engine/recovery.hpp"
#include "common/engine/room_ahead.hpp"
#include "common/engine/segment_pins.hpp"
#include "common/engine/segments.hpp"
#include "common/engine/slice_table.hpp"
#include "common/engine/space.hpp"
#include "common/engine/write_route.hpp"
#include "common/format/superblock.hpp"

namespace holdfast {

class Cleaner;

/// What the catalog says of a region.
struct RegionBytes {
  std::vector<RawExtent> extents;  ///< In the order of its bytes.
  std::uint64_t size_bytes = 0;
  std::string metadata;  ///< What its facade keeps there.
};

/// A run of a value's bytes where they lie. Lifetime: the guard under which it was found, or a pin of the segment.
struct ValuePiece {
  SegmentId segment = 0;
  std::string_view bytes{};
};

/// What lies under all facades: records in segments, written by a route that suits the medium, found
/// again after any crash. It knows spaces and records, no keys' order, no indexes.
///
/// A write goes write() or write_async() -> WriteRoute -> Tail -> SliceWriter -> Storage; a read goes read() -> SliceTable
/// -> Storage::at.
/// Threads: any number of callers, except close().
class Engine {
 public:
  /// Makes a new store on a blank medium. Errors: invalid_argument (options), no_space, io.
  [[nodiscard]] static Result<void> format(Storage& storage, const Options& options);

  /// Opens the store on `storage` and recovers it. Errors: as Store::open.
  [[nodiscard]] static Result<std::unique_ptr<Engine>> open(std::unique_ptr<Storage> storage, const Options& options);

  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  /// The recovered records of each space, for the facades to build their indexes from; once.
  [[nodiscard]] std::map<SpaceId, RecoveredSpace> take_recovered() { return std::move(recovered_); }

  /// Ends recovery: extents of large values that no record in `referenced` names are freed.
  [[nodiscard]] Result<void> finish_recovery(const std::set<SegmentId>& referenced);

  /// A new space, durable on return, with whatever else the catalog shall say from then on; in the same step `removed`
  /// are gone, of which those entries have freed every extent. An empty name: none. `also` is asked before anything has
  /// happened: behind the commit nothing can fail any more.
  /// Errors: exists, no_space, io, read_only.
  using Entries = std::function<std::vector<CatalogEntry>(Space&)>;
  [[nodiscard]] Result<Space*> create_space(SpaceKind kind, std::string_view name, const Entries& also = {},
                                            std::span<Space* const> removed = {});
  /// Errors: invalid_argument (not 1 to 255 bytes).
  [[nodiscard]] static Result<void> check_space_name(std::string_view name);
  [[nodiscard]] Space* find_space(std::string_view name) const;
  [[nodiscard]] std::vector<Space*> spaces() const;

  /// `count` versions never given out before; the first of them.
  [[nodiscard]] std::uint64_t next_versions(std::uint64_t count) noexcept {
    return next_version_.fetch_add(count, std::memory_order_relaxed);  // relaxed: only distinct and rising
  }

  /// Writes one record, or several as a batch. A log entry gets its id, as its draft's version, on the way.
  /// Payloads too large for a segment go into extents of their own; their entries are marked with
  /// kRecordFlagValueParts.
  /// Errors: no_space (nothing changed), io (latched), read_only, locked.
  [[nodiscard]] Result<void> write(std::span<WriteEntry> entries, Durability durability);

  /// The same of a batch that also makes `also` true in the catalog: all of it counts from one catalog record on, which
  /// is written behind the records. Requires: what `also` names is durable. Durability: immediate.
  /// Errors: no_space (nothing changed), io (the medium may know of it all, and no record is written any more),
  /// read_only, locked.
  [[nodiscard]] Result<void> write_decided(std::span<WriteEntry> entries, std::vector<CatalogEntry> also);

  /// From now on the segments of `space` are cleaned; `owner` has its index. Before anybody else uses the space.
  void add_owner(Space& space, const std::shared_ptr<RecordOwner>& owner);

  /// As Cleaner::compact. Errors: no_space, io, read_only, locked.
  using CleaningProgress = std::function<bool(std::uint64_t done_bytes, std::uint64_t total_bytes)>;
  [[nodiscard]] Result<void> compact(Space& space, const CleaningProgress& progress);
  [[nodiscard]] CleaningCounters cleaning_counters(const Space& space) const;

  /// The record at `location` is shown by its index from now on, or is not any more. Requires: a read guard is held.
  void count_live(Location location, std::int64_t size_bytes) noexcept {
    slices_.usage(location.slice).live_bytes.fetch_add(size_bytes, std::memory_order_relaxed);
  }

  /// Of two records of one version, one is a copy of the other that cleaning had made when the process ended: whether that
  /// at `a` was there first.
  [[nodiscard]] bool was_first(Location a, Location b) const noexcept {
    const auto copied_to = [&](Location location) {
      return slices_.usage(location.slice).is_of_copies.load() ? slices_[location.slice].segment_id : 0;
    };
    return copied_to(a) < copied_to(b);
  }

  /// Length on media of a record.
  [[nodiscard]] std::uint64_t padded_size(const RecordDraft& draft) const noexcept {
    return padded_record_size(draft.key.size(), draft.payload.size(), record_alignment());
  }

  /// The space and everything in it is gone, durably; who still looks at its records may go on. Requires: no write to it
  /// is under way, and none follows. Errors: no_space, io, read_only, locked.
  [[nodiscard]] Result<void> drop_space(Space& space);

  /// Records of the log below `begin` (0: none) are gone, durably; so are those of its `segments` that `may_go` still says yes
  /// of when nobody can append to them any more, but for those that a tail has in use. `forget` is called behind the commit,
  /// with nothing left that can fail but memory: what it returns goes when nobody can look at it any more. Errors: no_space,
  /// io, read_only, locked; nothing changed.
  struct Freed {
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;
  };
  using MayGo = std::function<bool(const SegmentUse&)>;
  using Forget = std::function<std::shared_ptr<const void>()>;
  [[nodiscard]] Result<Freed> truncate_log(Space& log, std::uint64_t begin, std::span<const SegmentId> segments,
                                           const MayGo& may_go, const Forget& forget);
  /// The lowest id that is left of a log; 0: nothing was taken away yet.
  [[nodiscard]] std::uint64_t log_begin(SpaceId log) const;
  [[nodiscard]] LogGaps log_gaps(SpaceId log) const;

  /// The end of a log that is to go: records from `from` on.
  struct LogEnd {
    Space* log = nullptr;
    std::uint64_t from = 0;
    std::uint64_t to = 0;  ///< Out: the id behind the last one that was given out, which is the next one all the same.
  };
  /// The ends of all these logs, each named once, go together, durably, in one catalog record. No append to one of them is
  /// under way meanwhile: it came before, or comes behind. `shown` is called before the next one is placed; it may not fail.
  /// Requires: `from` is not below the log's begin. Errors: no_space, io, read_only, locked; nothing changed.
  [[nodiscard]] Result<void> cut_log_ends(std::span<LogEnd> ends, const std::function<void()>& shown);
  /// Gives back what only records in a gap need: `segments`, of which `may_go` says yes if they hold nothing else, and extents
  /// of large payloads. Errors: as truncate_log; the log does not need it.
  [[nodiscard]] Result<Freed> free_log_end(Space& log, const LogGap& gap, std::span<const SegmentId> segments,
                                           const MayGo& may_go);
  /// Ids of a log below this one may be missing; 0: none, but for damage.
  [[nodiscard]] std::uint64_t log_thinned(SpaceId log) const;

  /// Some segments of a log, in the order of their ids, with no other between, and what becomes of their records.
  struct MovedEntry {
    std::uint64_t id = 0;
    Location from{};
    Location to{};
  };
  struct Thinning {
    std::span<const SegmentUse> segments;
    std::uint64_t below = 0;        ///< Ids below may be missing from then on.
    std::uint64_t gone_records = 0; ///< How many are not kept, as far as is known, and their bytes.
    std::uint64_t gone_bytes = 0;
    std::function<bool(Location, const RecordView&)> keeps;
    /// Called behind the commit: what was kept is found elsewhere, in the order of ids, and the rest nowhere. Must not fail.
    std::function<void(std::span<const MovedEntry>)> moved;
  };
  struct Thinned {
    std::uint64_t segments = 0;      ///< That are gone; 0: nothing was done.
    std::uint64_t bytes = 0;         ///< Of them.
    std::uint64_t made_segments = 0;
    std::uint64_t made_bytes = 0;
    std::uint64_t copied_bytes = 0;
    std::uint64_t gone_records = 0;
  };
  /// Leaves records of those segments out: the others are copied to new segments, which take the place of the old ones in one
  /// step. Nothing is done where one of them is written to, damaged, or found to be damaged. Requires: nobody else takes
  /// records of the log away meanwhile. Durability: on return. Errors: no_space, io, read_only, locked; nothing changed.
  [[nodiscard]] Result<Thinned> thin_log(Space& log, const Thinning& thinning);

  /// Every record whose write has returned is durable. Errors: io, read_only, locked.
  [[nodiscard]] Result<void> sync_records();

  /// From now on room is kept aside in which a full store can be cleaned.
  void keep_room_for_cleaning();

  /// As drop_space, of a log: waits for writes that have begun; later ones answer not_found.
  [[nodiscard]] Result<void> drop_log(Space& log);

  /// Asked when a write finds no room, before garbage is cleaned: whether it has made some. It is called without a lock or
  /// guard held. Before anybody else uses the engine.
  void set_room_maker(std::function<bool()> make_room) { room_maker_ = std::move(make_room); }

  /// Queues one record, whose key and payload are copied; the ticket gets the record's version, when the follower, if
  /// there is one, has been told.
  /// Errors: busy (Options::async_bytes_max are in flight), read_only, locked; all others through the ticket.
  [[nodiscard]] Result<std::shared_ptr<TicketState>> write_async(WriteEntry entry, Durability durability,
                                                                 std::unique_ptr<AsyncFollower> follower = nullptr);

  /// Makes every write that has returned durable, and what the follower has to say of it.
  [[nodiscard]] Result<void> sync();

  /// Who has something to say behind every whole sync; before anybody else uses the engine. Lifetime: the engine.
  void set_sync_follower(SyncFollower& follower) noexcept { sync_follower_ = &follower; }

  /// Bytes that are no records. Errors: read_only, locked. Lifetime: the engine.
  [[nodiscard]] Result<RawBytes*> raw_bytes();

  /// What the catalog says of regions: of one, or of all in one go.
  [[nodiscard]] std::map<SpaceId, RegionBytes> region_bytes(std::optional<SpaceId> region = {});

  /// What the catalog keeps with a space for its facade; empty: nothing.
  [[nodiscard]] std::string space_metadata(SpaceId space) const;

  /// A number that only this store gives to the space, for ids that cannot be made up by accident.
  [[nodiscard]] std::uint32_t space_tag(SpaceId space) const noexcept;

  /// Durable on return. Errors: invalid_argument (name), exists (it is taken), no_space, io, read_only, locked.
  [[nodiscard]] Result<void> rename_space(Space& space, std::string_view name);

  /// Makes `entries` true, which free every extent of `spaces`, and forgets these. They stay where they are until the
  /// engine goes, for those who still look at them. Durable on return. Errors: no_space, io, read_only, locked.
  [[nodiscard]] Result<void> remove_spaces(std::span<Space* const> spaces, std::vector<CatalogEntry> entries);

  /// Whether the bytes of a region's extent are those that its check was made of; looked at once.
  /// Errors: corruption, io (a page is missing).
  [[nodiscard]] Result<void> prove(HeldExtent& extent) const {
    return holdfast::prove(*storage_, superblock_.secret, extent);
  }

  /// The record at `location`, header proved, content proved if `verify`.
  /// Errors: corruption. Lifetime of the view: the caller's guard.
  [[nodiscard]] Result<RecordView> read(Location location, bool verify) const;

  /// What is stored of a record's value, gathered from its parts if it has any; as it is, if it is compressed.
  /// Errors: corruption.
  [[nodiscard]] Result<std::string> read_value(const RecordView& record, bool verify) const;

  /// Where a value lies whose record says that it is in parts, and `payload` is the list of them, behind the time of
  /// expiry.
  /// Errors: corruption. Lifetime of the pieces: the caller's guard.
  [[nodiscard]] Result<std::vector<ValuePiece>> value_pieces(std::string_view payload, bool verify) const;

  /// A hint, some time before read(): several reads' waits for memory then overlap.
  void expect_read(Location location) const noexcept;

  [[nodiscard]] SegmentId segment_of(Location location) const noexcept { return slices_[location.slice].segment_id; }

  /// Keeps a segment's bytes as they are. Requires: the caller holds a guard under which it has found the segment.
  [[nodiscard]] SegmentPins::Pin pin(SegmentId segment) const { return pins_.pin(segment); }

  /// While it lives, nothing that a reader can find is freed.
  [[nodiscard]] ReadGuards::Guard guard() const noexcept { return guards_.enter(); }

  /// A record with value parts has been replaced by a write of that durability.
  void retire(Location location, Durability durability) noexcept;

  /// Offset in the store of what `location` names.
  [[nodiscard]] std::uint64_t store_offset(Location location) const noexcept {
    return slices_[location.slice].segment_offset + location.offset();
  }

  /// Where the record and its value parts lie in the store.
  [[nodiscard]] std::vector<ByteRange> placements(Location location) const;

  /// Calls `visit(location, view)` for each record of `space` written so far; false stops. What is
  /// appended meanwhile may or may not be visited.
  /// Errors: corruption (a record is damaged that recovery has not reported as lost; the walk stops).
  using RecordWalker = std::function<bool(Location, const RecordView&)>;
  [[nodiscard]] Result<void> for_each_record(const Space& space, const RecordWalker& visit) const;

  /// The same of one slice from where `position` stands, which goes behind each record that was visited; whether the slice's
  /// end, as it is now, was reached. Of a slice that is gone the end is. Errors: as for_each_record.
  struct SlicePosition {
    std::uint32_t offset = 0;  ///< Of a record in the slice's segment; 0: of the first.
    std::uint32_t sequence = 0;
  };
  [[nodiscard]] Result<bool> walk_slice(const Space& space, SliceRef slice, SlicePosition& position,
                                        const RecordWalker& visit) const;

  using Progress = std::function<void(std::uint64_t done_bytes, std::uint64_t total_bytes)>;
  [[nodiscard]] VerifyReport verify(const Progress& progress) const;

  [[nodiscard]] std::vector<SpaceInfo> space_infos() const;
  [[nodiscard]] StoreInfo info() const;
  [[nodiscard]] const RecoveryReport& report() const noexcept { return report_; }
  [[nodiscard]] unsigned recovery_threads() const noexcept { return recovery_threads_; }
  /// What time it is for keys that expire.
  [[nodiscard]] ExpiryClock& expiry_clock() const noexcept { return *expiry_clock_; }

  /// Background work that spaces ask for by want_sweep(): `sweep` runs in a thread of the engine's, some time after, and
  /// has come to its end when stop() or close() returns. Before anybody else uses the engine.
  void set_sweeper(std::function<void()> sweep);
  void want_sweep() noexcept {
    if (sweep_timer_ != nullptr) static_cast<void>(sweep_timer_->arm());
  }
  /// The same at once.
  void want_sweep_now() noexcept {
    if (sweep_timer_ != nullptr) static_cast<void>(sweep_timer_->fire());
  }

  /// Replaces what the catalog keeps with a space for its facade; durable on return. Errors: no_space, io, read_only,
  /// locked.
  [[nodiscard]] Result<void> set_space_metadata(SpaceId space, std::string metadata);

  /// Options::index_bytes_max
  [[nodiscard]] IndexBudget& index_budget() noexcept { return index_budget_; }
  /// Options::snapshot_bytes_max
  [[nodiscard]] std::uint64_t snapshot_bytes_max() const noexcept { return snapshot_bytes_max_; }
  /// Null, if nobody wants to be told.
  [[nodiscard]] const std::shared_ptr<LowSpace>& low_space() const noexcept { return low_space_; }
  [[nodiscard]] bool read_only() const noexcept { return read_only_; }
  [[nodiscard]] const Storage& storage() const noexcept { return *storage_; }

  /// Ends background work, without syncing. Requires: no other call is running or follows but close(), or reading
  /// through addresses.
  void stop() noexcept;

  /// Syncs, ends every slice, marks the store as cleanly closed and closes the storage.
  /// Requires: no other call is running or follows. Errors: io (everything is released all the same).
  [[nodiscard]] Result<void> close();

 private:
  class Dropping;

  explicit Engine(std::unique_ptr<Storage> storage, bool read_only);

  [[nodiscard]] Result<void> load(const Options& options);
  [[nodiscard]] Result<void> make_recovered_durable();
  [[nodiscard]] Result<void> start_writing(const Options& options);
  void start_cleaning(const Options& options);
  void make_spaces();
  [[nodiscard]] Result<void> sync_all();
  [[nodiscard]] Result<void> end_slices();
  [[nodiscard]] Result<void> settle_batches(std::uint32_t epoch);
  /// An entry whose payload was moved into extents: that, and what it was before.
  struct MovedOut {
    WriteEntry* entry;
    std::uint8_t flags;  ///< With which it is written.
    std::string parts;
    std::string_view payload;
  };
  template <class Write>
  [[nodiscard]] Result<void> write_with_room(std::span<const WriteEntry> entries, const Write& write);
  [[nodiscard]] Result<void> write_placed(std::span<WriteEntry> entries, Durability durability, BatchDecision* decision);
  [[nodiscard]] Result<void> move_out_large_values(std::span<WriteEntry> entries, std::vector<MovedOut>& moved_out);
  /// Adds the extents of large payloads that the segment's records name whose ids count.
  void add_value_parts_in(const Space& log, SegmentId segment, const std::function<bool(std::uint64_t id)>& counts,
                          std::vector<SegmentId>& parts) const;
  void add_counts_before(const Space& log, std::span<const SegmentPlace> dropped,
                         std::vector<CatalogEntry>& entries) const;
  [[nodiscard]] Result<void> wait_for_writes(Space& log);
  [[nodiscard]] std::uint64_t record_alignment() const noexcept;
  [[nodiscard]] std::uint64_t whole_batches() noexcept;
  [[nodiscard]] Result<void> wipe_dropped_slices();
  [[nodiscard]] Error async_busy(std::uint64_t size_bytes) const;
  void retire_parts(std::uint8_t flags, std::string_view payload, bool after_sync) noexcept;
  [[nodiscard]] Error bad_expiry() const;
  void stop_sweeper() noexcept;
  [[nodiscard]] Result<void> check_writable() const;
  [[nodiscard]] Error name_taken() const;
  void forget_spaces(std::span<Space* const> spaces) noexcept;
  [[nodiscard]] VerifyReport look_through(const Progress& progress) const;
  std::uint64_t verify_extent(const CatalogSegment& segment, const CatalogState& state, VerifyReport& report) const;
  [[nodiscard]] Result<void> check_map() const;
  [[nodiscard]] SpaceContext space_context();
  [[nodiscard]] std::optional<ByteRange> value_extent(SegmentId segment) const;
  std::uint64_t verify_value_parts(const SliceInfo& slice, Location location, bool is_newest, const CatalogState& state,
                                   VerifyReport& report) const;

  std::unique_ptr<Storage> storage_;
  bool read_only_;
  unsigned recovery_threads_ = 0;
  ForkGuard fork_guard_;
  SuperblockDisk superblock_{};
  ReadGuards mutable guards_;
  SegmentPins mutable pins_;
  SliceTable slices_;
  std::unique_ptr<Catalog> catalog_;
  std::shared_ptr<LowSpace> low_space_;
  std::unique_ptr<Extents> extents_;
  std::unique_ptr<Segments> segments_;
  std::atomic<std::uint64_t> next_version_{1};
  std::atomic<std::uint64_t> next_batch_{1};
  ReadGuards batch_guards_;  // held from before a batch's number is drawn until it has its outcome
  ReadGuards value_guards_;  // held while a value gets extents of its own
  std::function<bool()> room_maker_;
  std::mutex deciding_;  // one batch at a time that the catalog decides, so that they are decided in their order
  AsyncRoom async_room_;
  IndexBudget index_budget_;  // before the route: writes that it still holds give their room back
  std::uint64_t snapshot_bytes_max_ = 0;
  std::chrono::milliseconds sweep_interval_{0};
  std::unique_ptr<ExpiryClock> expiry_clock_;

  mutable std::shared_mutex spaces_mutex_;
  std::map<SpaceId, std::unique_ptr<Space>> spaces_;
  std::map<std::string, Space*, std::less<>> spaces_by_name_;
  std::vector<std::unique_ptr<Space>> removed_spaces_;
  SyncFollower* sync_follower_ = nullptr;
  std::unique_ptr<RawBytes> raw_bytes_;
  std::unique_ptr<RoomAhead> room_ahead_;  // before all whose threads take extents; null as the cleaner is
  std::unique_ptr<WriteRoute> route_;  // behind the spaces: its threads end before the tails they use
  std::unique_ptr<Cleaner> cleaner_;   // null in a store opened read-only; behind all that it uses
  std::unique_ptr<IntervalTimer> sweep_timer_;  // null: nothing is swept; behind the route, which its thread uses

  std::vector<HeaderRepair> header_repairs_;
  std::vector<std::uint64_t> dropped_slices_;  // offsets of their headers in the store
  std::vector<std::pair<SegmentId, std::uint64_t>> dropped_batches_;
  std::set<std::uint32_t> undecided_epochs_;  // as recovery has found
  std::map<SpaceId, RecoveredSpace> recovered_;
  RecoveryReport report_;
};

}  // namespace holdfast
