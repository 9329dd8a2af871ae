#include "region/extent_swap.hpp"

#include <algorithm>

namespace holdfast::region {

ExtentSwap::ExtentSwap(RawBytes& raw, const ExtentTable& before, std::vector<RawExtent> added, std::uint64_t capacity) {
  for (const RawExtent& extent : before.extents()) keep_of(raw, extent, added, capacity);
  change_.named.insert(change_.named.end(), added.begin(), added.end());
  kept_.insert(kept_.end(), added.begin(), added.end());
  std::sort(kept_.begin(), kept_.end(), [](const RawExtent& a, const RawExtent& b) { return a.start < b.start; });
  table_ = std::make_shared<const ExtentTable>(std::move(kept_));
}

void ExtentSwap::keep_of(RawBytes& raw, const RawExtent& extent, const std::vector<RawExtent>& added,
                         std::uint64_t capacity) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> lost;  // [begin, end) of the region, in order
  auto replacement = std::upper_bound(added.begin(), added.end(), extent.start,
                                      [](std::uint64_t at, const RawExtent& other) { return at < other.end(); });
  for (; replacement != added.end() && replacement->start < extent.end(); ++replacement)
    lost.emplace_back(std::max(replacement->start, extent.start), std::min(replacement->end(), extent.end()));
  if (capacity < extent.end()) lost.emplace_back(std::max(capacity, extent.start), extent.end());
  if (lost.empty()) return kept_.push_back(extent);

  change_.forgotten.push_back(extent.held->segment());
  Split split{.whole = extent.held, .parts = {}};
  const auto add_part = [&](std::uint64_t begin, std::uint64_t end) {
    split.parts.push_back(raw.piece_of({extent.held->range().offset + (begin - extent.start), end - begin}));
  };
  std::uint64_t at = extent.start;
  const auto keep_up_to = [&](std::uint64_t end) {
    if (at >= end) return;
    add_part(at, end);
    kept_.push_back({at, split.parts.back()});
    change_.named.push_back(kept_.back());
  };
  for (const auto& [begin, end] : lost) {
    keep_up_to(begin);
    if (begin == extent.start && end == extent.end()) return freed_.push_back(extent.held);
    at = std::max(at, begin);
    if (at < end) {
      add_part(at, end);
      freed_.push_back(split.parts.back());
    }
    at = std::max(at, end);
  }
  keep_up_to(extent.end());
  splits_.push_back(std::move(split));
}

void ExtentSwap::complete() noexcept {
  for (const auto& freed : freed_) freed->free_when_let_go();
  for (Split& split : splits_) split.whole->split_into(std::move(split.parts));
}

}  // namespace holdfast::region
