#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <holdfast/options.hpp>
#include <holdfast/storage.hpp>

#include "common/engine/catalog.hpp"
#include "common/engine/extents.hpp"
#include "common/engine/held_extent.hpp"
#include "common/engine/segments.hpp"
#include "common/engine/write_route.hpp"

namespace holdfast {

/// A run of a space's bytes and where it lies.
struct RawExtent {
  std::uint64_t start = 0;  ///< Of the run in the space's bytes; a multiple of the block.
  std::shared_ptr<HeldExtent> held;
  std::shared_ptr<HeldExtent> mirror{};  ///< The same bytes once more, or null.

  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return held->range().size_bytes; }
  [[nodiscard]] std::uint64_t end() const noexcept { return start + size_bytes(); }
};

/// What changes where the bytes of spaces lie, in one step: extents that the catalog forgets, and those that it names
/// from then on.
struct ExtentChange {
  std::vector<SegmentId> forgotten;
  std::vector<RawExtent> named;
  std::optional<std::uint64_t> size_bytes{};  ///< The space's new size, if it has another one.

  /// The catalog knows of what is named, or may.
  void set_named() const noexcept {
    for (const RawExtent& extent : named) {
      extent.held->named();
      if (extent.mirror != nullptr) extent.mirror->named();
    }
  }
};

/// Seed of the check of a region's extent: another extent's bytes, or another store's, do not pass for its own.
[[nodiscard]] std::uint64_t extent_seed(std::uint64_t secret, SegmentId segment) noexcept;

/// Whether the bytes of an extent are those that its check was made of, if it has one; looked at once.
/// Errors: corruption, io (a page is missing).
[[nodiscard]] Result<void> prove(const Storage& storage, std::uint64_t secret, HeldExtent& extent);

/// What the catalog must be told of it.
[[nodiscard]] std::vector<CatalogEntry> entries_of(SpaceId space, const ExtentChange& change);

/// Bytes that are no records: written in place, in extents of their own that the catalog names.
///
/// Crash order, as in docs/durability.md "regions": (1) the catalog names an extent before a byte is written to it;
/// (2) bytes are durable before the catalog says a size that covers them; (3) the catalog has forgotten an extent before
/// it is given out again.
/// Threads: any number of callers.
class RawBytes {
 public:
  RawBytes(Storage& storage, Catalog& catalog, Extents& extents, Segments& segments, WriteRoute& route,
           std::uint64_t secret)
      : storage_(storage), catalog_(catalog), extents_(extents), segments_(segments), route_(route), secret_(secret) {}

  /// Extents for `size_bytes` of `space` from `start` on, both multiples of the block; in the catalog on return.
  /// `prepare` gets them before: what it makes of them is right if add() succeeds, and then nothing may fail any more.
  /// Errors: no_space (nothing changed), io, locked.
  using Prepare = std::function<void(const std::vector<RawExtent>& added)>;
  [[nodiscard]] Result<void> add(SpaceId space, std::uint64_t start, std::uint64_t size_bytes, const Prepare& prepare);

  /// Extents for `size_bytes` from `start` on, both multiples of the block, that nobody knows of: who lets go of them
  /// gives them back. Errors: no_space, io, locked.
  [[nodiscard]] Result<std::vector<RawExtent>> allocate(std::uint64_t start, std::uint64_t size_bytes);

  /// Another one of that size, for the same bytes. Errors: as allocate().
  [[nodiscard]] Result<std::shared_ptr<HeldExtent>> allocate_mirror(std::uint64_t size_bytes);

  /// A hole from `start` on that the catalog shall name.
  [[nodiscard]] RawExtent hole(std::uint64_t start, std::uint64_t size_bytes);

  /// `size_bytes` of an extent from `skipped` on, which the catalog names, under a segment id of its own; as dirty as the
  /// whole.
  [[nodiscard]] std::shared_ptr<HeldExtent> piece_of(const HeldExtent& whole, std::uint64_t skipped,
                                                     std::uint64_t size_bytes);

  /// A new name for the whole of an extent that has or shall have the check of its present bytes, which are durable.
  /// Errors: as prove().
  [[nodiscard]] Result<std::shared_ptr<HeldExtent>> sealed(HeldExtent& whole, std::uint64_t skipped,
                                                           std::uint64_t size_bytes);

  /// The check of an extent that holds `pieces`, one behind the other, and nothing else.
  [[nodiscard]] std::uint64_t check_of(const HeldExtent& extent, std::span<const std::span<const std::byte>> pieces) const;

  /// Makes the change of `space` true at once; behind it what is named is kept. Requires: the bytes that the change
  /// shows are durable. Durability: immediate. Errors: no_space (nothing changed), io, locked.
  [[nodiscard]] Result<void> change(SpaceId space, const ExtentChange& change);

  /// Writes `ranges`. Durability: as asked; on media where a fence covers its own core alone always immediate, since
  /// nobody could do it later. Errors: io (latched), locked.
  [[nodiscard]] Result<void> write(std::span<const WriteRange> ranges, Durability durability);

  /// Makes durable what was written to `ranges` before. Errors: io (latched), locked.
  [[nodiscard]] Result<void> sync(std::span<const ByteRange> ranges) { return storage_.sync(ranges); }

  /// For stores made in place through its address, until it is let go. Errors: io, locked.
  [[nodiscard]] Result<std::byte*> open_for_stores(HeldExtent& extent);
  /// Stores are about to begin in `range`, of an extent that is open.
  void expect_stores(ByteRange range) noexcept { storage_.advise(range, Access::will_store); }
  /// Its address. Requires: it is open.
  [[nodiscard]] std::byte* stored_at(const HeldExtent& extent) const noexcept {
    return const_cast<std::byte*>(storage_.at(extent.range().offset));  // open_for_stores() has made it so
  }

  /// Hands stores made in place in `range` on to the medium, for a sync behind it. Errors: io (latched), locked.
  [[nodiscard]] Result<void> flush(ByteRange range) { return storage_.flush(range); }

  /// Takes note of stores made in place: on media where a fence covers its own core alone it makes them durable, since
  /// nobody could do it later. Errors: io (latched), locked.
  [[nodiscard]] Result<void> stored(ByteRange range);

  /// Makes `entries` true at once. Durability: immediate. Errors: no_space, io, locked.
  [[nodiscard]] Result<void> publish(const std::vector<CatalogEntry>& entries) { return catalog_.commit(entries); }

  /// As above. Errors: corruption, io.
  [[nodiscard]] Result<void> prove(HeldExtent& extent) const { return holdfast::prove(storage_, secret_, extent); }

  [[nodiscard]] const Storage& storage() const noexcept { return storage_; }
  [[nodiscard]] bool shares_syncs() const noexcept { return storage_.capabilities().shares_syncs; }

 private:
  Storage& storage_;
  Catalog& catalog_;
  Extents& extents_;
  Segments& segments_;
  WriteRoute& route_;
  std::uint64_t secret_;
};

}  // namespace holdfast
