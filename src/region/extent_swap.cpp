#include "region/extent_swap.hpp"

#include <algorithm>

#include "common/base/success.hpp"
#include "region/limits.hpp"

namespace holdfast::region {

Result<ExtentSwap> ExtentSwap::make(RawBytes& raw, const ExtentTable& before, std::vector<RawExtent> added,
                                    std::uint64_t capacity, Kept kept) {
  ExtentSwap swap;
  for (const RawExtent& extent : before.extents()) {
    std::vector<Lost> lost;  // in order, none touching another: what is lost as a whole must be seen to be
    const auto lose = [&](std::uint64_t begin, std::uint64_t end) {
      if (!lost.empty() && begin <= lost.back().end) {
        lost.back().end = std::max(lost.back().end, end);
      } else {
        lost.push_back({begin, end});
      }
    };
    auto replacement = std::upper_bound(added.begin(), added.end(), extent.start,
                                        [](std::uint64_t at, const RawExtent& other) { return at < other.end(); });
    for (; replacement != added.end() && replacement->start < extent.end(); ++replacement)
      lose(std::max(replacement->start, extent.start), std::min(replacement->end(), extent.end()));
    if (capacity < extent.end()) lose(std::max(capacity, extent.start), extent.end());
    if (auto done = swap.keep_of(raw, extent, lost, kept); !done) return Unexpected(done.error());
  }
  swap.change_.named.insert(swap.change_.named.end(), added.begin(), added.end());
  swap.kept_.insert(swap.kept_.end(), added.begin(), added.end());
  std::sort(swap.kept_.begin(), swap.kept_.end(),
            [](const RawExtent& a, const RawExtent& b) { return a.start < b.start; });
  swap.table_ = std::make_shared<const ExtentTable>(std::move(swap.kept_));
  return swap;
}

Result<void> ExtentSwap::keep_of(RawBytes& raw, const RawExtent& extent, const std::vector<Lost>& lost, Kept kept) {
  const bool keeps_name = kept == Kept::as_they_are ||
                          (kept == Kept::sealed && (extent.held->check() || extent.held->is_hole()));
  if (lost.empty() && keeps_name) {
    kept_.push_back(extent);
    return success();
  }
  forget(*extent.held);
  if (extent.mirror != nullptr) forget(*extent.mirror);
  if (lost.size() == 1 && lost.front().begin == extent.start && lost.front().end == extent.end()) {
    freed_.push_back(extent.held);
    if (extent.mirror != nullptr) freed_.push_back(extent.mirror);
    return success();
  }
  Split split{.whole = extent.held, .parts = {}};
  Split mirror_split{.whole = extent.mirror, .parts = {}};
  std::uint64_t at = extent.start;
  for (const auto& [begin, end] : lost) {
    if (auto done = keep_part(raw, extent, at, begin, kept, split, mirror_split); !done) return done;
    at = std::max(at, begin);
    if (at < end) {
      split.parts.push_back(raw.piece_of(*extent.held, at - extent.start, end - at));
      freed_.push_back(split.parts.back());
    }
    at = std::max(at, end);
  }
  if (auto done = keep_part(raw, extent, at, extent.end(), kept, split, mirror_split); !done) return done;
  splits_.push_back(std::move(split));
  if (extent.mirror != nullptr) splits_.push_back(std::move(mirror_split));
  return success();
}

// Extents with mirrors lie in a block each, and are lost or kept as a whole.
Result<void> ExtentSwap::keep_part(RawBytes& raw, const RawExtent& extent, std::uint64_t begin, std::uint64_t end,
                                   Kept kept, Split& split, Split& mirror_split) {
  if (begin >= end) return success();
  if (kept != Kept::as_they_are && end - begin > kSealedExtentBytesMax && !extent.held->is_hole()) {
    for (std::uint64_t at = begin; at < end; at += kSealedExtentBytesMax) {
      const std::uint64_t until = std::min(end, at + kSealedExtentBytesMax);
      if (auto done = keep_part(raw, extent, at, until, kept, split, mirror_split); !done) return done;
    }
    return success();
  }
  const auto part_of = [&](HeldExtent& held) -> Result<std::shared_ptr<HeldExtent>> {
    if (kept != Kept::as_they_are) return raw.sealed(held, begin - extent.start, end - begin);
    return raw.piece_of(held, begin - extent.start, end - begin);
  };
  auto part = part_of(*extent.held);
  if (!part) return Unexpected(part.error());
  RawExtent named{begin, *part};
  split.parts.push_back(*part);
  if (extent.mirror != nullptr) {
    auto mirror = part_of(*extent.mirror);
    if (!mirror) return Unexpected(mirror.error());
    named.mirror = *mirror;
    mirror_split.parts.push_back(std::move(*mirror));
  }
  change_.named.push_back(named);
  kept_.push_back(std::move(named));
  return success();
}

void ExtentSwap::complete() noexcept {
  for (const auto& freed : freed_) freed->free_when_let_go();
  for (Split& split : splits_) split.whole->split_into(std::move(split.parts));
}

}  // namespace holdfast::region
