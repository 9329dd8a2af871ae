#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
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
#include "common/engine/catalog.hpp"
#include "common/engine/raw_bytes.hpp"
#include "common/engine/sync_follower.hpp"
#include "common/engine/extents.hpp"
#include "common/engine/read_guards.hpp"
#include "common/engine/recovery.hpp"
#include "common/engine/segments.hpp"
#include "common/engine/slice_table.hpp"
#include "common/engine/space.hpp"
#include "common/engine/write_route.hpp"
#include "common/format/superblock.hpp"

namespace holdfast {

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

  /// The recovered records of each space, for the facades to build their indexes from; once.
  [[nodiscard]] std::map<SpaceId, RecoveredSpace> take_recovered() { return std::move(recovered_); }

  /// Ends recovery: extents of large values that no record in `referenced` names are freed.
  [[nodiscard]] Result<void> finish_recovery(const std::set<SegmentId>& referenced);

  /// A new space, durable on return, with whatever else the catalog shall say of it from the start. An empty name: none.
  /// Errors: exists, no_space, io, read_only.
  using Entries = std::function<std::vector<CatalogEntry>(SpaceId)>;
  [[nodiscard]] Result<Space*> create_space(SpaceKind kind, std::string_view name, const Entries& also = {});
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

  /// Queues one record, whose key and payload are copied; the ticket gets the record's version.
  /// Errors: busy (Options::async_bytes_max are in flight), read_only, locked; all others through the ticket.
  [[nodiscard]] Result<std::shared_ptr<TicketState>> write_async(WriteEntry entry, Durability durability);

  /// Makes every write that has returned durable, and what the follower has to say of it.
  [[nodiscard]] Result<void> sync();

  /// Who has something to say behind every whole sync; before anybody else uses the engine. Lifetime: the engine.
  void set_sync_follower(SyncFollower& follower) noexcept { sync_follower_ = &follower; }

  /// Bytes that are no records. Errors: read_only, locked. Lifetime: the engine.
  [[nodiscard]] Result<RawBytes*> raw_bytes();

  /// What the catalog says of a region's extents, in the order of its bytes, and of its size.
  [[nodiscard]] std::pair<std::vector<RawExtent>, std::uint64_t> region_bytes(SpaceId region);

  /// What a facade keeps with its space in the catalog; empty if nothing.
  [[nodiscard]] std::string space_metadata(SpaceId space) const;

  /// A number that only this store gives to the space, for ids that cannot be made up by accident.
  [[nodiscard]] std::uint32_t space_tag(SpaceId space) const noexcept;

  /// Durable on return. Errors: invalid_argument (name), exists (it is taken), no_space, io, read_only, locked.
  [[nodiscard]] Result<void> rename_space(Space& space, std::string_view name);

  /// Frees `extents`, all that the space owns, and forgets it. It stays where it is until the engine goes, for those
  /// who still look at it. Durable on return. Errors: no_space, io, read_only, locked.
  [[nodiscard]] Result<void> remove_space(Space& space, const std::vector<RawExtent>& extents);

  /// The record at `location`, header proved, content proved if `verify`.
  /// Errors: corruption. Lifetime of the view: the caller's guard.
  [[nodiscard]] Result<RecordView> read(Location location, bool verify) const;

  /// The value of a put record, gathered from its parts if it has any. Errors: corruption.
  [[nodiscard]] Result<std::string> read_value(const RecordView& record, bool verify) const;

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

  using Progress = std::function<void(std::uint64_t done_bytes, std::uint64_t total_bytes)>;
  [[nodiscard]] VerifyReport verify(const Progress& progress) const;

  [[nodiscard]] std::vector<SpaceInfo> space_infos() const;
  [[nodiscard]] StoreInfo info() const;
  [[nodiscard]] const RecoveryReport& report() const noexcept { return report_; }
  [[nodiscard]] unsigned recovery_threads() const noexcept { return recovery_threads_; }
  [[nodiscard]] bool read_only() const noexcept { return read_only_; }
  [[nodiscard]] const Storage& storage() const noexcept { return *storage_; }

  /// Ends background work, without syncing. Requires: no other call is running or follows but close(), or reading
  /// through addresses.
  void stop() noexcept;

  /// Syncs, ends every slice, marks the store as cleanly closed and closes the storage.
  /// Requires: no other call is running or follows. Errors: io (everything is released all the same).
  [[nodiscard]] Result<void> close();

 private:
  explicit Engine(std::unique_ptr<Storage> storage, bool read_only);

  [[nodiscard]] Result<void> load(const Options& options);
  [[nodiscard]] Result<void> make_recovered_durable();
  [[nodiscard]] Result<void> start_writing(const Options& options);
  void make_spaces();
  [[nodiscard]] Result<void> sync_all();
  [[nodiscard]] Result<void> end_slices();
  [[nodiscard]] Result<void> move_out_large_values(std::span<WriteEntry> entries, std::vector<std::string>& payloads);
  [[nodiscard]] bool take_async_room(std::uint64_t size_bytes) noexcept;
  void retire_parts(std::string_view payload, bool after_sync) noexcept;
  [[nodiscard]] Result<void> check_writable() const;
  [[nodiscard]] Error name_taken() const;
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
  SliceTable slices_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<Extents> extents_;
  std::unique_ptr<Segments> segments_;
  std::atomic<std::uint64_t> next_version_{1};
  std::atomic<std::uint64_t> next_batch_{1};
  std::uint64_t async_bytes_max_ = 0;
  std::atomic<std::uint64_t> async_bytes_{0};  // in flight

  mutable std::shared_mutex spaces_mutex_;
  std::map<SpaceId, std::unique_ptr<Space>> spaces_;
  std::map<std::string, Space*, std::less<>> spaces_by_name_;
  std::vector<std::unique_ptr<Space>> removed_spaces_;
  SyncFollower* sync_follower_ = nullptr;
  std::unique_ptr<RawBytes> raw_bytes_;
  std::unique_ptr<WriteRoute> route_;  // behind the spaces: its threads end before the tails they use

  std::vector<HeaderRepair> header_repairs_;
  std::map<SpaceId, RecoveredSpace> recovered_;
  RecoveryReport report_;
};

}  // namespace holdfast
