#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "common/engine/catalog.hpp"
#include "common/engine/extents.hpp"
#include "common/engine/read_guards.hpp"
#include "common/engine/record_owner.hpp"
#include "common/engine/room.hpp"
#include "common/engine/segment_pins.hpp"
#include "common/engine/slice_table.hpp"
#include "common/format/record.hpp"

namespace holdfast {

class Space;

/// Gives spaces their segments: record segments, and the extents of values too large for one; takes
/// them back when nobody needs them.
///
/// Crash order, as in docs/durability.md "segments": (1) the segment's header or the value's bytes are
/// durable; (2) the catalog names the extents; (3) a record that refers to them is written. A crash
/// before (3) leaves extents that recovery frees.
///
/// As in docs/durability.md "reclaim": (1) the write that replaces a large value is durable; (2) the catalog
/// frees its extents; (3) they are given out again when no reader can look at them, and nobody has pinned them.
/// Threads: any number of callers.
class Segments {
 public:
  Segments(Storage& storage, Catalog& catalog, Extents& extents, ReadGuards& guards, const SegmentPins& pins,
           StoreIdentity identity, std::uint64_t segment_size_bytes, SliceTable& slices)
      : storage_(storage),
        catalog_(catalog),
        extents_(extents),
        guards_(guards),
        pins_(pins),
        identity_(identity),
        segment_size_bytes_(segment_size_bytes),
        slices_(slices) {}

  /// A new record segment for `space` with room for a slice of `slice_size_bytes_min`: durable and in the
  /// catalog. Of `segment_size_bytes`, larger only if it must be. Errors: no_space, io, locked.
  [[nodiscard]] Result<SegmentPlace> add_records(SpaceId space, std::uint64_t slice_size_bytes_min, Room room,
                                                 std::uint64_t segment_size_bytes);
  [[nodiscard]] Result<SegmentPlace> add_records(SpaceId space, std::uint64_t slice_size_bytes_min,
                                                 Room room = Room::common) {
    return add_records(space, slice_size_bytes_min, room, segment_size_bytes_);
  }

  /// Room for a record segment of at least `size_bytes`, out of what is kept aside for cleaning too, and its header written:
  /// nobody knows of it yet, nor is it durable. Errors: no_space, io, locked.
  [[nodiscard]] Result<SegmentPlace> prepare_records(SpaceId space, std::uint64_t size_bytes);
  /// One that stays unknown. Requires: nobody looks at it.
  void give_up(const SegmentPlace& place) { extents_.release({place.offset, place.size_bytes}); }

  /// Writes `value` into extents of its own for `space`. Durability: bytes and extents, on return.
  /// Errors: no_space (nothing changed), io, locked.
  [[nodiscard]] Result<std::vector<ValuePartDisk>> add_value(SpaceId space, std::string_view value);

  /// As few extents as possible that hold `size_bytes` together; nobody knows of them yet.
  /// Errors: no_space, io, locked.
  [[nodiscard]] Result<std::vector<ByteRange>> allocate_parts(std::uint64_t size_bytes);

  /// The extents of these segments are needed no longer, once what replaces them is durable: at once,
  /// or (`after_sync`) with the next sync. Never fails: what a crash loses of this, recovery finds.
  void retire(const std::vector<SegmentId>& segments, bool after_sync);

  /// A record segment that the catalog has freed, since nothing in it is needed any more. Its room is given out again when
  /// no snapshot sees what it holds, no reader can look at it, and nobody has pinned it.
  struct LetGo {
    Space* space = nullptr;
    SegmentPlace place{};
    std::weak_ptr<RecordOwner> owner{};  ///< Null: the space is gone, and so are its snapshots.
    std::uint64_t moved_at = 0;          ///< Snapshots of higher versions do not look there.
    std::shared_ptr<const void> keeps{};  ///< Goes with it: what readers may look at as long.
  };
  void let_go(std::vector<LetGo> segments);

  /// Bytes of segments and extents that wait for readers.
  [[nodiscard]] std::uint64_t waiting_bytes() const;

  /// Called behind every new record segment, with what is left for others. Before anybody else uses the segments.
  void on_added(std::function<void(std::uint64_t available_bytes)> told) { on_added_ = std::move(told); }

  /// Tells that everything written before the call to sync_begins() is durable.
  [[nodiscard]] std::uint64_t sync_begins();
  void sync_ended(std::uint64_t ticket);

  /// Takes retired extents out of the catalog and, when no reader can see them, frees them.
  [[nodiscard]] Result<void> reclaim();

  [[nodiscard]] std::uint64_t segment_size_bytes() const noexcept { return segment_size_bytes_; }

 private:
  struct Retired {
    SegmentId segment;
    std::uint64_t sync_ticket;  // free when a sync that began later has ended; 0: now
  };
  struct Limbo {
    SegmentId segment;
    ByteRange extent;
    std::uint64_t phase;                // of the read guards
    std::vector<std::uint32_t> slices;  // of a record segment
    std::shared_ptr<const void> keeps{};
  };

  template <class Allocate>
  [[nodiscard]] auto allocate_or_reclaim(std::uint64_t size_bytes, Allocate&& allocate);
  [[nodiscard]] Result<void> sync_for_retired();
  void move_unseen_to_limbo();

  Storage& storage_;
  Catalog& catalog_;
  Extents& extents_;
  ReadGuards& guards_;
  const SegmentPins& pins_;
  StoreIdentity identity_;
  std::uint64_t segment_size_bytes_;
  SliceTable& slices_;
  std::function<void(std::uint64_t)> on_added_;

  std::mutex retired_mutex_;
  std::vector<Retired> retired_;
  std::uint64_t syncs_begun_ = 1;
  std::uint64_t syncs_ended_ = 0;

  mutable std::mutex reclaiming_;  // one reclaimer at a time; guards what follows
  std::vector<LetGo> let_go_;
  std::vector<Limbo> limbo_;
};

}  // namespace holdfast
