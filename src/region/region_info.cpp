// What is said of a region, beside its bytes.

#include "region/limits.hpp"
#include "region/metadata.hpp"
#include "region/region_space.hpp"

namespace holdfast::region {

Result<void> RegionSpace::set_metadata(const RegionMetadata& metadata) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  return change_metadata(**raw, [&](KeptMetadata& kept) { kept.metadata = metadata; });
}

Result<void> RegionSpace::set_versions_kept(std::uint32_t count, bool compressed) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  if (auto checked = check_form({.versions_kept = count}); !checked) return checked;
  return change_metadata(**raw, [&](KeptMetadata& kept) {
    kept.form.versions_kept = count;
    kept.form.compresses_versions = compressed;
  });
}

template <class Change>
Result<void> RegionSpace::change_metadata(RawBytes& raw, const Change& change) {
  const std::lock_guard sizing(sizing_);
  if (auto present = check_present(); !present) return present;
  auto changed = std::make_shared<KeptMetadata>(*kept());
  change(*changed);
  auto bytes = encode_metadata(*changed);
  if (!bytes) return Unexpected(bytes.error());
  auto published = raw.publish(
      {{.type = CatalogEntryType::space_metadata, .space_id = space_.id(), .name = std::move(*bytes)}});
  if (published) set_kept(std::move(changed));
  return published;
}

Result<RegionInfo> RegionSpace::info() const {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto kept = this->kept();
  std::uint64_t stored = growth_.size_bytes();
  const auto present = table_holding(stored);  // behind the size: never less than it
  if (auto there = check_present(); !there) return Unexpected(there.error());
  std::uint64_t pieces = 0;
  present->for_each_piece(0, stored, [&](const RawExtent& extent, ByteRange piece) {
    pieces += extent.held->is_hole() ? (piece.size_bytes + kHolePieceBytes - 1) / kHolePieceBytes : 1;
  });
  if (compressed_ != nullptr) pieces = 1;  // a copy
  return RegionInfo{.id = id_,
                    .name = name(),
                    .size_bytes = compressed_ != nullptr ? compressed_->content_size_bytes() : stored,
                    .capacity_bytes = present->capacity(),
                    .extent_count = pieces,
                    .hole_bytes = present->hole_bytes(),
                    .is_sealed = sealed_.load(),
                    .form = kept->form,
                    .created = time_of(kept->created_ns),
                    .metadata = kept->metadata};
}

}  // namespace holdfast::region
