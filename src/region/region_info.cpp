// What is said of a region, beside its bytes.

#include "region/metadata.hpp"
#include "region/region_space.hpp"

namespace holdfast::region {

Result<void> RegionSpace::set_metadata(const RegionMetadata& metadata) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  const std::lock_guard sizing(sizing_);
  if (auto present = check_present(); !present) return present;
  auto kept = decode_metadata((*engine)->space_metadata(space_.id()));
  if (!kept) kept.emplace();
  kept->metadata = metadata;
  auto bytes = encode_metadata(*kept);
  if (!bytes) return Unexpected(bytes.error());
  return (*raw)->publish({{.type = CatalogEntryType::space_metadata, .space_id = space_.id(), .name = std::move(*bytes)}});
}

Result<RegionInfo> RegionSpace::info() const {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto kept = decode_metadata((*engine)->space_metadata(space_.id())).value_or(KeptMetadata{});
  const auto present = table();
  RegionInfo info{.id = id_,
                  .name = name(),
                  .size_bytes = growth_.size_bytes(),
                  .capacity_bytes = present->capacity(),
                  .extent_count = present->extents().size(),
                  .metadata = kept.metadata};
  info.created += std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::nanoseconds(kept.created_ns));
  return info;
}

}  // namespace holdfast::region
