#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/options.hpp>

namespace holdfast {

/// Limit of a region: 16 TiB.
inline constexpr std::uint64_t kRegionSizeBytesMax = std::uint64_t{1} << 44;

/// Number of a region: never given out twice in a store, and part of it proves that this store gave it out. That of a
/// removed region, or one made up, is refused.
using RegionId = std::uint64_t;

/// What the owner of a region says of it, kept with it. At most 16 KiB in all, attributes with 4 B each.
struct RegionMetadata {
  std::string owner{};
  std::string description{};
  std::uint64_t expected_size_bytes = 0;            ///< Reserves nothing; reserve() does.
  std::map<std::string, std::string> attributes{};  ///< Whatever else, any bytes.

  friend bool operator==(const RegionMetadata&, const RegionMetadata&) = default;
};

/// How a region keeps its bytes; chosen when it is created.
struct RegionForm {
  /// 0: plain, written in place, without checksums. Else a power of two from 4 KiB to 64 MiB: every block of that many
  /// bytes has an XXH3-64 in the catalog, and a write puts a new block in the old one's place, so that it is durable, and
  /// all or nothing, whatever its level says. Smaller: cheaper small writes, more entries in the catalog (48 bytes each).
  std::uint32_t checked_block_bytes = 0;

  /// Every block lies on the medium twice; one that fails its checksum is read from, and restored by, the other.
  /// Needs checked_block_bytes.
  bool is_mirrored = false;

  /// Versions that replace() and keep_version() leave; the oldest one beyond goes.
  std::uint32_t versions_kept = 0;

  /// Versions are kept LZ4-compressed, where that saves room.
  bool compresses_versions = false;

  friend bool operator==(const RegionForm&, const RegionForm&) = default;
};

/// What a region held once, sealed.
struct RegionVersion {
  std::uint64_t number = 0;  ///< From 1, in the order in which they were kept; never used twice.
  RegionId id = 0;           ///< For Store::region(), which opens it read-only.
  std::uint64_t size_bytes = 0;
  std::uint64_t stored_bytes = 0;  ///< On the medium; less, if it is compressed.
  std::chrono::system_clock::time_point kept{};
};

/// Calls of a region since the store was opened, those that failed not counted (Options::region_statistics).
struct RegionStatistics {
  std::uint64_t reads = 0;  ///< read_at(), each of read_each(), views.
  std::uint64_t writes = 0;
  std::uint64_t bytes_read = 0;  ///< Of a view all that it spans.
  std::uint64_t bytes_written = 0;
  std::chrono::steady_clock::time_point last_access{};  ///< To some milliseconds; the epoch, if there was none.
};

/// What there is to know of a region.
struct RegionInfo {
  RegionId id = 0;
  std::string name{};  ///< Empty if it has none; any bytes, so escape before printing.
  std::uint64_t size_bytes = 0;
  std::uint64_t capacity_bytes = 0;                 ///< Up to here it grows without asking the store for room.
  std::uint64_t extent_count = 0;                   ///< Pieces that a view of the whole would have.
  std::uint64_t hole_bytes = 0;                     ///< Punched, and not on the medium.
  bool is_sealed = false;
  RegionForm form{};
  std::chrono::system_clock::time_point created{};  ///< The epoch, if that was not noted.
  RegionMetadata metadata{};
};

/// A region that is to be created.
struct NewRegion {
  std::string_view name{};             ///< 1 to 255 bytes; empty: a region without a name, found by its id.
  std::span<const std::byte> bytes{};  ///< What it holds from the start.
  RegionMetadata metadata{};
  RegionForm form{};
};

/// Bytes for a place in a region. Lifetime: the caller's, until the call has returned.
struct RegionWrite {
  std::uint64_t offset = 0;
  std::span<const std::byte> bytes{};
};

/// Where bytes of a region shall go.
struct RegionRead {
  std::uint64_t offset = 0;
  std::span<std::byte> bytes{};
};

class Region;

namespace region {
class RegionSpace;
class ViewPin;
[[nodiscard]] RegionSpace& space_of(const Region& handle) noexcept;
}  // namespace region

/// Bytes of a region as they lie on the medium, without a copy.
///
/// The addresses stay valid as long as the view lives, whatever happens to the region meanwhile: growth,
/// truncation, removal. The bytes are the region's own: a later write to the same place shows through. Those of a hole
/// are zeros of the view's own, and those of a compressed version a copy that the view keeps.
/// While views live, Store::close answers `busy`; a store that is dropped keeps its medium until the last one is gone.
/// Threads: const methods any; the view itself one at a time. Movable.
class RegionView {
 public:
  RegionView(RegionView&&) noexcept;
  RegionView& operator=(RegionView&&) noexcept;
  ~RegionView();

  /// The bytes in order, in as many pieces as the region has extents there.
  [[nodiscard]] std::span<const std::span<const std::byte>> spans() const noexcept { return spans_; }
  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_bytes_; }

  /// Whether all that was read through the view so far was the region's: false once a page of the store could not be
  /// read and zeros stand in its place (Options::sigbus_guard). Ask behind the reading.
  [[nodiscard]] bool ok() const noexcept;

 private:
  friend class region::RegionSpace;
  RegionView(std::vector<std::span<const std::byte>> spans, std::unique_ptr<region::ViewPin> pin) noexcept;

  std::vector<std::span<const std::byte>> spans_;
  std::uint64_t size_bytes_ = 0;
  std::unique_ptr<region::ViewPin> pin_;
};

/// Bytes of a region as they lie on the medium, to be stored to by the processor.
///
/// Store, then say what was stored by mark_dirty(), then Region::flush(); what was not marked may survive or not. Stores
/// cannot be held off, so while such a view lives, calls that move the region's bytes elsewhere (update(),
/// truncate_write(), replace(), punch(), seal(), keep_version(), Store::commit() with such a write, a write into a hole)
/// answer `busy`. Truncation and removal go on; stores to whole blocks of 4 KiB that were cut off go nowhere, and to the
/// rest of the last one are lost when the region grows over it.
/// Lifetime, Threads: as RegionView; stores to different bytes by any number of threads.
class MutableRegionView {
 public:
  MutableRegionView(MutableRegionView&&) noexcept;
  MutableRegionView& operator=(MutableRegionView&&) noexcept;
  ~MutableRegionView();

  /// The bytes in order, in as many pieces as the region has extents there.
  [[nodiscard]] std::span<const std::span<std::byte>> spans() const noexcept { return spans_; }
  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_bytes_; }

  /// `size_bytes` bytes from `offset` on, counted from the view's beginning, were stored to.
  /// Durability: with the next flush() of the region or Store::sync(); on persistent memory on return.
  /// Errors: out_of_bounds (not inside the view), io, closed, locked.
  [[nodiscard]] Result<void> mark_dirty(std::uint64_t offset, std::uint64_t size_bytes);

  /// As RegionView::ok().
  [[nodiscard]] bool ok() const noexcept;

 private:
  friend class region::RegionSpace;
  MutableRegionView(std::vector<std::span<std::byte>> spans, std::unique_ptr<region::ViewPin> pin) noexcept;

  std::vector<std::span<std::byte>> spans_;
  std::uint64_t size_bytes_ = 0;
  std::unique_ptr<region::ViewPin> pin_;
};

/// A region of a Store: a named run of bytes that is written in place and grows.
///
/// A handle is cheap to copy and may outlive its Store (then every call answers `closed`) and its region (then
/// every call answers `not_found`). All handles of one region are the same region.
///
/// Durability: bytes of a plain region are written in place. A byte that a returned flush() or immediate write covers, and that nobody has
/// written since, survives; one written since is old or new, or torn inside the write. Size and name never tear, and
/// no byte that nobody wrote is ever shown: gaps read as zeros.
/// Threads: every method may be called from any number of threads. Reads and writes of the same bytes at the same time
/// are the caller's matter: a reader may see part of a write.
class Region {
 public:
  /// Writes `bytes` at `offset`, and grows the region where they reach behind its end; a gap reads as zeros.
  /// Durability: as WriteOptions, or as the region's default. immediate: the bytes, and a new size, on return.
  ///             interval, buffered: with the next flush() or Store::sync(), or in Options::interval_ms.
  ///             A checked region, or a hole that is written to: on return, all or nothing, as update().
  /// Errors:     too_large (behind RegionOptions::size_bytes_max; nothing changed), no_space (nothing changed), io (the
  ///             store is read-only from now on), not_found (removed), read_only (the store, or the region: sealed),
  ///             busy (a mutable view lives, and it would write to a hole), corruption (of a checked region, a block that is
  ///             written in part is damaged), closed, locked (forked child).
  [[nodiscard]] Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes, WriteOptions options = {});

  /// Writes `bytes` behind the end; where they begin. Appends at the same time get offsets of their own, and one that
  /// has returned can be read, all bytes below it too.
  /// Durability, Errors: as write_at.
  [[nodiscard]] Result<std::uint64_t> append(std::span<const std::byte> bytes, WriteOptions options = {});

  /// The same as write_at() for each of `writes` in their order, with one sync or fence for all that lie inside the
  /// region. After a crash any of them may be missing (update() is all or nothing).
  /// Durability, Errors: as write_at; too_large before any is written, another error maybe behind some.
  [[nodiscard]] Result<void> write_each(std::span<const RegionWrite> writes, WriteOptions options = {});

  /// Applies all `writes`, all or none after a crash; of those that overlap the later one counts. The region grows where
  /// they reach behind its end. The bytes go into new extents that take the old ones' place in one step: views
  /// opened before go on showing the old bytes, and other writes to this region wait meanwhile. Each stretch of
  /// blocks between two that are written becomes an extent of its own, unless it is shorter than 64 KiB: then it is
  /// copied along.
  /// Cost: two syncs or fences, on a file one more for each 500 writes; the blocks they touch are written anew.
  /// Durability: on return, with a new size everything in the region. Errors: as write_at, and busy (a mutable view
  ///         lives); nothing changed.
  [[nodiscard]] Result<void> update(std::span<const RegionWrite> writes);

  /// Writes `bytes` at `offset` and cuts the region behind them, all or nothing after a crash; a gap reads as zeros.
  /// Cost, Durability, Errors: as update().
  [[nodiscard]] Result<void> truncate_write(std::uint64_t offset, std::span<const std::byte> bytes);

  /// Fills `bytes` with those from `offset` on.
  /// Of checked and sealed regions each block's checksum is looked at when it is first read.
  /// Errors: out_of_bounds (not all inside the region; nothing was read), corruption (a checksum fails, and that of the
  ///         mirror as well), not_found (removed), closed.
  [[nodiscard]] Result<void> read_at(std::uint64_t offset, std::span<std::byte> bytes) const;

  /// The same for each of `reads`. Errors: as read_at; nothing was read.
  [[nodiscard]] Result<void> read_each(std::span<const RegionRead> reads) const;

  /// The `size_bytes` bytes from `offset` on, where they lie. Costs no more for many bytes than for few.
  /// Errors: as read_at.
  [[nodiscard]] Result<RegionView> view(std::uint64_t offset, std::uint64_t size_bytes) const;

  /// The same, for stores in place. Errors: as read_at; not_supported (the region is checked, or a hole lies there),
  /// read_only (the store, or the region: sealed), io, locked.
  [[nodiscard]] Result<MutableRegionView> mutable_view(std::uint64_t offset, std::uint64_t size_bytes);

  /// Bytes in the region. Errors: not_found (removed), closed.
  [[nodiscard]] Result<std::uint64_t> size() const;

  /// Makes sure that the region can grow to `size_bytes` without asking the store for room.
  /// Durability: the room is the region's on return. Errors: as write_at; not_supported (a checked region has new room
  ///         with every write).
  [[nodiscard]] Result<void> reserve(std::uint64_t size_bytes);

  /// Cuts the region to `size_bytes`, or lets it grow to that with zeros. Waits for appends under way.
  /// Durability: the new size is durable on return, and so is what was written before.
  /// Errors: as write_at.
  [[nodiscard]] Result<void> truncate(std::uint64_t size_bytes);

  /// Gives back the room behind the end that growth or reserve() took: all but the last, partly used block.
  /// Durability: as truncate() to its size. Errors: as truncate().
  [[nodiscard]] Result<void> shrink();

  /// Makes `size_bytes` bytes from `offset` on zeros, all or nothing after a crash, and gives back the room of the whole
  /// blocks among them, but for one in which the region ends midway. Views opened before go on showing the old bytes. The
  /// first write into a hole takes room for up to 1 MiB around it.
  /// Durability: on return. Errors: out_of_bounds (not all inside the region), busy (a mutable view lives), else as
  ///         write_at.
  [[nodiscard]] Result<void> punch(std::uint64_t offset, std::uint64_t size_bytes);

  /// Makes the region read-only for good, with an XXH3-64 of each extent in the catalog. It can still be read, renamed
  /// and removed.
  /// Cost: reads every byte once. Durability: all of it on return. Errors: as update(). Sealed already: nothing happens.
  [[nodiscard]] Result<void> seal();

  /// Puts `bytes` in the place of everything the region holds, all or nothing after a crash, and keeps what it held as a
  /// version, without copying it, where RegionForm::versions_kept allows any. Views go on showing the old bytes.
  /// Cost: as truncate_write(); with versions, every old byte is read once. Durability: on return.
  /// Errors: as update(). The version kept, or one of number 0.
  [[nodiscard]] Result<RegionVersion> replace(std::span<const std::byte> bytes);

  /// Copies what the region holds into a version; writes wait meanwhile, reads do not. The oldest of more than
  /// RegionForm::versions_kept goes; views of it go on.
  /// Durability: on return. Errors: as update(); not_supported (versions_kept is 0).
  [[nodiscard]] Result<RegionVersion> keep_version();

  /// The versions kept, the oldest first. Errors: not_found (removed), closed.
  [[nodiscard]] Result<std::vector<RegionVersion>> versions() const;

  /// A version as a region that is sealed: reads, views, remove(). Errors: not_found, closed.
  [[nodiscard]] Result<Region> version(std::uint64_t number) const;

  /// How many versions are kept from now on, and how; those beyond go with the next one.
  /// Durability: on return. Errors: as set_metadata().
  [[nodiscard]] Result<void> set_versions_kept(std::uint32_t count, bool compressed);

  /// Errors: not_supported (Options::region_statistics is off), not_found (removed), closed.
  [[nodiscard]] Result<RegionStatistics> statistics() const;

  /// Makes durable whatever was written to the region before the call. True if anything was not durable yet. It syncs this
  /// region's extents alone and waits for nobody else's bytes, but for a sync that is in flight.
  /// Errors: io, not_found (removed), read_only, closed, locked.
  [[nodiscard]] Result<bool> flush();

  /// Gives the region another name, or its first, in one step that no crash tears.
  /// Durability: on return. Errors: invalid_argument (name), exists (taken by any space; nothing changed), not_found
  ///         (removed), not_supported (a version has a number instead), no_space, io, read_only, closed, locked.
  [[nodiscard]] Result<void> rename(std::string_view name);

  /// Removes the region. Views of it stay readable, and its room is free when the last one is gone.
  /// Durability: it is gone for good on return. Errors: not_found (removed already), no_space, io, read_only, closed,
  ///         locked.
  [[nodiscard]] Result<void> remove();

  /// Keeps `metadata` with the region instead of what was kept before.
  /// Durability: on return, old or new after a crash. Errors: too_large (nothing changed), not_found (removed), no_space,
  ///         io, read_only, closed, locked.
  [[nodiscard]] Result<void> set_metadata(const RegionMetadata& metadata);

  /// Errors: not_found (removed), closed.
  [[nodiscard]] Result<RegionInfo> info() const;

  /// For Store::region(). Never changes.
  [[nodiscard]] RegionId id() const noexcept;

  /// Its present name, empty if it has none; of a removed one the last.
  [[nodiscard]] std::string name() const;

 private:
  friend class Store;
  friend class Batch;
  friend class BatchRegions;
  friend region::RegionSpace& region::space_of(const Region& handle) noexcept;
  Region(std::shared_ptr<region::RegionSpace> space, RegionOptions options) noexcept;

  std::shared_ptr<region::RegionSpace> space_;
  RegionOptions options_;
};

}  // namespace holdfast
