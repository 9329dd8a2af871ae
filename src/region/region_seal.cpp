// What makes a region read-only for good.

#include <array>
#include <utility>

#include "region/region_change.hpp"
#include "region/region_space.hpp"

namespace holdfast::region {

// A check is of whole extents, so no byte of one may be unknown: behind the region's end there are zeros.
Result<void> RegionSpace::end_last_block(RawBytes& raw, const RegionChange& change) {
  static constexpr std::array<std::byte, kBlockSizeBytes> kZeros{};
  const std::uint64_t end = round_up(change.size_bytes(), kBlockSizeBytes);
  if (checked_block_bytes_ != 0 || end == change.size_bytes()) return {};
  const auto rest = std::span(kZeros).first(end - change.size_bytes());
  return write_inside(raw, change.before(), change.size_bytes(), rest, Durability::buffered);
}

Result<void> RegionSpace::seal() {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  if (sealed_.load(std::memory_order_acquire)) return {};
  const auto change = RegionChange::begin(*this, RegionChange::Views::refused);
  if (!change) return Unexpected(change.error());
  if (auto ended = end_last_block(**raw, **change); !ended) return ended;
  RegionChange::Plan plan{.size_bytes = (*change)->size_bytes(),
                          .capacity = round_up((*change)->size_bytes(), kBlockSizeBytes),
                          .kept = ExtentSwap::Kept::sealed,
                          .is_flushed = true};
  if (auto prepared = (*change)->prepare(**raw, plan); !prepared) return prepared;
  auto kept = std::make_shared<KeptMetadata>(*this->kept());
  kept->is_sealed = true;
  auto metadata = encode_metadata(*kept);
  if (!metadata) return Unexpected(metadata.error());
  if (auto written = RegionChange::write(**raw, {&*change, 1}); !written) return written;
  auto published = RegionChange::publish(
      **raw, {&*change, 1},
      {{.type = CatalogEntryType::space_metadata, .space_id = space_.id(), .name = std::move(*metadata)}});
  if (!published) return published;
  set_kept(std::move(kept));
  sealed_.store(true, std::memory_order_release);  // before writers go on
  return published;
}

}  // namespace holdfast::region
