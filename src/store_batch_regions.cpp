#include "store_batch_regions.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace holdfast {

std::vector<region::RegionSpace*> BatchRegions::regions() const {
  std::vector<region::RegionSpace*> regions;
  for (const Region& handle : batch_.regions_) regions.push_back(&region::space_of(handle));
  std::sort(regions.begin(), regions.end(), [](const auto* left, const auto* right) { return left->id() < right->id(); });
  regions.erase(std::unique(regions.begin(), regions.end()), regions.end());
  return regions;
}

std::vector<region::RegionSpace::Step> BatchRegions::steps_of(const region::RegionSpace& region) const {
  std::vector<region::RegionSpace::Step> steps;
  for (const Batch::Operation& operation : batch_.operations_) {
    if (!operation.is_of_region()) continue;
    const Region& handle = batch_.regions_[operation.handle];
    if (&region::space_of(handle) != &region) continue;
    const std::span bytes(batch_.bytes_.data() + operation.start, operation.value_size_bytes);
    steps.push_back({.offset = operation.offset,
                     .bytes = std::as_bytes(bytes),
                     .size_bytes_max = handle.options_.size_bytes_max,
                     .is_end = operation.kind == Batch::Kind::truncate_write});
  }
  return steps;
}

Result<void> BatchRegions::prepare(RawBytes& raw) {
  for (region::RegionSpace* const region : regions()) {
    auto change = region->plan(raw, steps_of(*region));
    if (!change) return Unexpected(change.error());
    if (*change != nullptr) changes_.push_back(std::move(*change));
  }
  return {};
}

std::vector<CatalogEntry> BatchRegions::entries() const {
  std::vector<CatalogEntry> entries;
  for (const auto& change : changes_) change->add_entries(entries);
  return entries;
}

void BatchRegions::finish(const Result<void>& outcome) noexcept {
  if (outcome || outcome.error().code == ErrorCode::io)  // io: the medium may know of them
    for (const auto& change : changes_) change->set_named();
  if (!outcome) return;
  for (const auto& change : changes_) change->complete();
  for (const Batch::Operation& operation : batch_.operations_)
    if (operation.is_of_region())
      region::space_of(batch_.regions_[operation.handle]).count_write(operation.value_size_bytes);
}

Result<void> BatchRegions::publish(RawBytes& raw) {
  const auto also = entries();
  auto published = also.empty() ? Result<void>() : raw.publish(also);
  finish(published);
  return published;
}

}  // namespace holdfast
