// What is all or nothing: new extents take the place of old ones.
//
// Crash order, as in docs/durability.md "regions": (1) the new extents hold their bytes, durable; (2) one catalog
// record names them, forgets those they replace, and says the size; (3) an old one is given out again when the last who
// looks at it lets go.

#include <array>
#include <utility>

#include "common/base/mutant.hpp"
#include "region/limits.hpp"
#include "region/region_space.hpp"

namespace holdfast::region {
namespace {

// Blocks between two that are written are copied along if there are no more: an extent of their own would cost the
// catalog and every later view more.
constexpr std::uint64_t kCopiedAlongBytes = std::uint64_t{64} << 10;

constexpr std::array<std::byte, std::size_t{64} << 10> kZeros{};

struct Run {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// The whole blocks that `patch` touches, and those copied along.
std::vector<Run> runs_of(const Patch& patch) {
  std::vector<Run> runs;
  for (const auto& [offset, piece] : patch.pieces()) {
    const std::uint64_t begin = round_down(offset, kBlockSizeBytes);
    const std::uint64_t end = round_up(offset + piece.size_bytes, kBlockSizeBytes);
    if (!runs.empty() && begin <= runs.back().end + kCopiedAlongBytes) {
      runs.back().end = std::max(runs.back().end, end);
    } else {
      runs.push_back({begin, end});
    }
  }
  return runs;
}

/// Lists what new extents shall hold: the patch, and beside it what the region holds now.
class Filling {
 public:
  /// `size_bytes`: of the region, behind the patch. No byte of it lies behind both the present size and the patch.
  Filling(const Storage& storage, const ExtentTable& before, const Patch& patch, std::uint64_t size_bytes)
      : storage_(storage), before_(before), patch_(patch), size_bytes_(size_bytes) {}

  void fill(const RawExtent& extent) {
    std::uint64_t at = extent.start;
    const std::uint64_t end = std::min(extent.end(), size_bytes_);
    while (at < end) {
      const auto next = patch_.pieces().upper_bound(at);
      const auto piece = next == patch_.pieces().begin() ? patch_.pieces().end() : std::prev(next);
      if (piece != patch_.pieces().end() && at < piece->first + piece->second.size_bytes) {
        const std::uint64_t until = std::min(end, piece->first + piece->second.size_bytes);
        add_patched(extent, at, until, piece->first, piece->second);
        at = until;
      } else {
        const std::uint64_t until = next == patch_.pieces().end() ? end : std::min(end, next->first);
        add_present(extent, at, until);
        at = until;
      }
    }
  }

  [[nodiscard]] const std::vector<WriteRange>& ranges() const noexcept { return ranges_; }

 private:
  static std::uint64_t place_of(const RawExtent& extent, std::uint64_t at) noexcept {
    return extent.held->range().offset + (at - extent.start);
  }

  void add_patched(const RawExtent& extent, std::uint64_t at, std::uint64_t until, std::uint64_t piece_begin,
                   const Patch::Piece& piece) {
    while (at < until) {
      const std::uint64_t size =
          piece.bytes == nullptr ? std::min<std::uint64_t>(until - at, kZeros.size()) : until - at;
      const std::byte* bytes = piece.bytes == nullptr ? kZeros.data() : piece.bytes + (at - piece_begin);
      ranges_.push_back({place_of(extent, at), {bytes, size}});
      at += size;
    }
  }

  void add_present(const RawExtent& extent, std::uint64_t at, std::uint64_t until) {
    std::uint64_t to = place_of(extent, at);
    before_.for_each_piece(at, until - at, [&](const RawExtent&, ByteRange piece) {
      ranges_.push_back({to, {storage_.at(piece.offset), piece.size_bytes}});
      to += piece.size_bytes;
    });
  }

  const Storage& storage_;
  const ExtentTable& before_;
  const Patch& patch_;
  std::uint64_t size_bytes_;
  std::vector<WriteRange> ranges_;
};

}  // namespace

Result<void> RegionSpace::swap_in(Engine& engine, RawBytes& raw, const Patch& patch, std::uint64_t size_bytes,
                                  std::uint64_t capacity) {
  const auto before = table();
  Filling filling(engine.storage(), *before, patch, size_bytes);
  std::vector<RawExtent> added;
  for (const Run& run : runs_of(patch)) {
    auto extents = raw.allocate(run.begin, run.end - run.begin);
    if (!extents) return Unexpected(extents.error());
    for (RawExtent& extent : *extents) {
      filling.fill(extent);
      added.push_back(std::move(extent));
    }
  }
  ExtentSwap swap(raw, *before, std::move(added), capacity);

  // A new size covers bytes in other extents as well: then one drain for all of them.
  const bool has_new_size = size_bytes != durable_size_bytes_.load();
  const bool drains = has_new_size && raw.shares_syncs();
  if (mutated(Mutant::swap_before_bytes))
    if (auto early = take_swap(raw, swap, size_bytes); !early) return early;
  auto written = raw.write(filling.ranges(), drains ? Durability::buffered : Durability::immediate);
  if (written && drains) {
    const bool was_dirty = dirty_.exchange(false);
    written = raw.drain();
    if (!written && was_dirty) mark_dirty();
  }
  if (!written) return written;                   // (1)
  return mutated(Mutant::swap_before_bytes) ? success() : take_swap(raw, swap, size_bytes);  // (2)
}

Result<void> RegionSpace::take_swap(RawBytes& raw, ExtentSwap& swap, std::uint64_t size_bytes) {
  if (size_bytes != durable_size_bytes_.load()) swap.change().size_bytes = size_bytes;
  if (auto changed = raw.change(space_.id(), swap.change()); !changed) return changed;
  durable_size_bytes_.store(size_bytes);
  set_table(swap.table());
  swap.complete();  // (3)
  return success();
}

Result<void> RegionSpace::update(std::span<const RegionWrite> writes, std::uint64_t size_bytes_max) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  Patch patch;
  for (const RegionWrite& write : writes) {
    if (auto checked = check_end(write.offset, write.bytes.size(), size_bytes_max); !checked) return checked;
    patch.add(write.offset, write.bytes);
  }
  if (patch.pieces().empty()) return success();
  const std::lock_guard sizing(sizing_);
  return growth_.alone([&](std::uint64_t size) -> Result<std::uint64_t> {
    if (auto present = check_present(); !present) return Unexpected(present.error());
    const InPlaceWrites::Closed closed(in_place_);
    patch.fill_gaps_from(size);
    const std::uint64_t size_bytes = std::max(size, patch.end());
    if (auto swapped = swap_in(**engine, **raw, patch, size_bytes, UINT64_MAX); !swapped)
      return Unexpected(swapped.error());
    return size_bytes;
  });
}

Result<void> RegionSpace::truncate_write(std::uint64_t offset, std::span<const std::byte> bytes,
                                         std::uint64_t size_bytes_max) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  if (bytes.empty()) return truncate(offset, size_bytes_max);
  if (auto checked = check_end(offset, bytes.size(), size_bytes_max); !checked) return checked;
  const std::uint64_t size_bytes = offset + bytes.size();
  const std::lock_guard sizing(sizing_);
  return growth_.alone([&](std::uint64_t size) -> Result<std::uint64_t> {
    if (auto present = check_present(); !present) return Unexpected(present.error());
    const InPlaceWrites::Closed closed(in_place_);
    Patch patch;
    patch.add(offset, bytes);
    patch.fill_gaps_from(std::min(size, offset));
    auto swapped = swap_in(**engine, **raw, patch, size_bytes, round_up(size_bytes, kGrowthBytesMin));
    if (!swapped) return Unexpected(swapped.error());
    return size_bytes;
  });
}

}  // namespace holdfast::region
