#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "common/engine/catalog.hpp"
#include "common/engine/extents.hpp"
#include "common/engine/read_guards.hpp"
#include "common/format/record.hpp"

namespace holdfast {

/// Gives spaces their segments: record segments, and the extents of values too large for one; takes
/// them back when nobody needs them.
///
/// Crash order, as in docs/durability.md "segments": (1) the segment's header or the value's bytes are
/// durable; (2) the catalog names the extents; (3) a record that refers to them is written. A crash
/// before (3) leaves extents that recovery frees.
///
/// As in docs/durability.md "reclaim": (1) the write that replaces a large value is durable; (2) the catalog
/// frees its extents; (3) they are given out again when no reader can look at them.
/// Threads: any number of callers.
class Segments {
 public:
  Segments(Storage& storage, Catalog& catalog, Extents& extents, ReadGuards& guards, StoreIdentity identity,
           std::uint64_t segment_size_bytes)
      : storage_(storage),
        catalog_(catalog),
        extents_(extents),
        guards_(guards),
        identity_(identity),
        segment_size_bytes_(segment_size_bytes) {}

  /// A new record segment for `space` with room for a slice of `slice_size_bytes_min`: durable and in the
  /// catalog. Larger than usual only if it must be. Errors: no_space, io, locked.
  [[nodiscard]] Result<SegmentPlace> add_records(SpaceId space, std::uint64_t slice_size_bytes_min);

  /// Writes `value` into extents of its own for `space`. Durability: bytes and extents, on return.
  /// Errors: no_space (nothing changed), io, locked.
  [[nodiscard]] Result<std::vector<ValuePartDisk>> add_value(SpaceId space, std::string_view value);

  /// As few extents as possible that hold `size_bytes` together; nobody knows of them yet.
  /// Errors: no_space, io, locked.
  [[nodiscard]] Result<std::vector<ByteRange>> allocate_parts(std::uint64_t size_bytes);

  /// The extents of these segments are needed no longer, once what replaces them is durable: at once,
  /// or (`after_sync`) with the next sync. Never fails: what a crash loses of this, recovery finds.
  void retire(const std::vector<SegmentId>& segments, bool after_sync);

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
    ByteRange extent;
    std::uint64_t phase;  // of the read guards
  };

  template <class Allocate>
  [[nodiscard]] auto allocate_or_reclaim(std::uint64_t size_bytes, Allocate&& allocate);
  [[nodiscard]] Result<void> sync_for_retired();

  Storage& storage_;
  Catalog& catalog_;
  Extents& extents_;
  ReadGuards& guards_;
  StoreIdentity identity_;
  std::uint64_t segment_size_bytes_;

  std::mutex retired_mutex_;
  std::vector<Retired> retired_;
  std::uint64_t syncs_begun_ = 1;
  std::uint64_t syncs_ended_ = 0;

  std::mutex reclaiming_;  // one reclaimer at a time; guards limbo_
  std::vector<Limbo> limbo_;
};

}  // namespace holdfast
