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

  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return held->range().size_bytes; }
  [[nodiscard]] std::uint64_t end() const noexcept { return start + size_bytes(); }
};

/// What changes where the bytes of spaces lie, in one step: extents that the catalog forgets, and those that it names
/// from then on.
struct ExtentChange {
  std::vector<SegmentId> forgotten;
  std::vector<RawExtent> named;
  std::optional<std::uint64_t> size_bytes{};  ///< The space's new size, if it has another one.
};

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
  RawBytes(Storage& storage, Catalog& catalog, Extents& extents, Segments& segments, WriteRoute& route)
      : storage_(storage), catalog_(catalog), extents_(extents), segments_(segments), route_(route) {}

  /// Extents for `size_bytes` of `space` from `start` on, both multiples of the block; in the catalog on return.
  /// `prepare` gets them before: what it makes of them is right if add() succeeds, and then nothing may fail any more.
  /// Errors: no_space (nothing changed), io, locked.
  using Prepare = std::function<void(const std::vector<RawExtent>& added)>;
  [[nodiscard]] Result<void> add(SpaceId space, std::uint64_t start, std::uint64_t size_bytes, const Prepare& prepare);

  /// Extents for `size_bytes` from `start` on, both multiples of the block, that nobody knows of: who lets go of them
  /// gives them back. Errors: no_space, io, locked.
  [[nodiscard]] Result<std::vector<RawExtent>> allocate(std::uint64_t start, std::uint64_t size_bytes);

  /// A piece of an extent under a segment id of its own.
  [[nodiscard]] std::shared_ptr<HeldExtent> piece_of(ByteRange range);

  /// Makes the change of `space` true at once; behind it what is named is kept. Requires: the bytes that the change
  /// shows are durable. Durability: immediate. Errors: no_space (nothing changed), io, locked.
  [[nodiscard]] Result<void> change(SpaceId space, const ExtentChange& change);

  /// Writes `ranges`. Durability: as asked; on media where a fence covers its own core alone always immediate, since
  /// nobody could do it later. Errors: io (latched), locked.
  [[nodiscard]] Result<void> write(std::span<const WriteRange> ranges, Durability durability);

  /// Makes everything durable that was written before. Errors: io (latched), locked.
  [[nodiscard]] Result<void> drain() { return storage_.drain(); }

  /// Makes `entries` true at once. Durability: immediate. Errors: no_space, io, locked.
  [[nodiscard]] Result<void> publish(const std::vector<CatalogEntry>& entries) { return catalog_.commit(entries); }

  [[nodiscard]] bool shares_syncs() const noexcept { return storage_.capabilities().shares_syncs; }

 private:
  Storage& storage_;
  Catalog& catalog_;
  Extents& extents_;
  Segments& segments_;
  WriteRoute& route_;
};

}  // namespace holdfast
