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

/// What there is to know of a region.
struct RegionInfo {
  RegionId id = 0;
  std::string name{};  ///< Empty if it has none; any bytes, so escape before printing.
  std::uint64_t size_bytes = 0;
  std::uint64_t capacity_bytes = 0;                 ///< Up to here it grows without asking the store for room.
  std::uint64_t extent_count = 0;                   ///< Pieces that a view of the whole would have.
  std::chrono::system_clock::time_point created{};  ///< The epoch, if that was not noted.
  RegionMetadata metadata{};
};

/// A region that is to be created.
struct NewRegion {
  std::string_view name{};             ///< 1 to 255 bytes; empty: a region without a name, found by its id.
  std::span<const std::byte> bytes{};  ///< What it holds from the start.
  RegionMetadata metadata{};
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

namespace region {
class RegionSpace;
class ViewPin;
}  // namespace region

/// Bytes of a region as they lie on the medium, without a copy.
///
/// The addresses stay valid as long as the view lives, whatever happens to the region meanwhile: growth,
/// truncation, removal. The bytes are the region's own: a later write to the same place shows through.
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

/// A region of a Store: a named run of bytes that is written in place and grows.
///
/// A handle is cheap to copy and may outlive its Store (then every call answers `closed`) and its region (then
/// every call answers `not_found`). All handles of one region are the same region.
///
/// Durability: bytes are written in place. A byte that a returned flush() or immediate write covers, and that nobody has
/// written since, survives; one written since is old or new, or torn inside the write. Size and name never tear, and
/// no byte that nobody wrote is ever shown: gaps read as zeros.
/// Threads: every method may be called from any number of threads. Reads and writes of the same bytes at the same time
/// are the caller's matter: a reader may see part of a write.
class Region {
 public:
  /// Writes `bytes` at `offset`, and grows the region where they reach behind its end; a gap reads as zeros.
  /// Durability: as WriteOptions, or as the region's default. immediate: the bytes, and a new size, on return.
  ///             interval, buffered: with the next flush() or Store::sync(), or in Options::interval_ms.
  /// Errors:     too_large (behind RegionOptions::size_bytes_max; nothing changed), no_space (nothing changed), io (the
  ///             store is read-only from now on), not_found (removed), read_only, closed, locked (forked child).
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
  /// Durability: on return, with a new size everything in the region. Errors: as write_at; nothing changed.
  [[nodiscard]] Result<void> update(std::span<const RegionWrite> writes);

  /// Writes `bytes` at `offset` and cuts the region behind them, all or nothing after a crash; a gap reads as zeros.
  /// Cost, Durability, Errors: as update().
  [[nodiscard]] Result<void> truncate_write(std::uint64_t offset, std::span<const std::byte> bytes);

  /// Fills `bytes` with those from `offset` on.
  /// Errors: out_of_bounds (not all inside the region; nothing was read), not_found (removed), closed.
  [[nodiscard]] Result<void> read_at(std::uint64_t offset, std::span<std::byte> bytes) const;

  /// The same for each of `reads`. Errors: as read_at; nothing was read.
  [[nodiscard]] Result<void> read_each(std::span<const RegionRead> reads) const;

  /// The `size_bytes` bytes from `offset` on, where they lie. Costs no more for many bytes than for few.
  /// Errors: as read_at.
  [[nodiscard]] Result<RegionView> view(std::uint64_t offset, std::uint64_t size_bytes) const;

  /// Bytes in the region. Errors: not_found (removed), closed.
  [[nodiscard]] Result<std::uint64_t> size() const;

  /// Makes sure that the region can grow to `size_bytes` without asking the store for room.
  /// Durability: the room is the region's on return. Errors: as write_at.
  [[nodiscard]] Result<void> reserve(std::uint64_t size_bytes);

  /// Cuts the region to `size_bytes`, or lets it grow to that with zeros. Waits for appends under way.
  /// Durability: the new size is durable on return, and so is what was written before.
  /// Errors: as write_at.
  [[nodiscard]] Result<void> truncate(std::uint64_t size_bytes);

  /// Gives back the room behind the end that growth or reserve() took: all but the last, partly used block.
  /// Durability: as truncate() to its size. Errors: as truncate().
  [[nodiscard]] Result<void> shrink();

  /// Makes durable whatever was written to the region before the call. True if anything was not durable yet.
  /// Errors: io, not_found (removed), read_only, closed, locked.
  [[nodiscard]] Result<bool> flush();

  /// Gives the region another name, or its first, in one step that no crash tears.
  /// Durability: on return. Errors: invalid_argument (name), exists (taken by any space; nothing changed), not_found
  ///         (removed), no_space, io, read_only, closed, locked.
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
  Region(std::shared_ptr<region::RegionSpace> space, RegionOptions options) noexcept;

  std::shared_ptr<region::RegionSpace> space_;
  RegionOptions options_;
};

}  // namespace holdfast
