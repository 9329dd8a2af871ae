#include "region/region_change.hpp"

#include <algorithm>
#include <utility>

#include "common/base/mutant.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/success.hpp"
#include "region/filling.hpp"
#include "region/limits.hpp"
#include "region/region_space.hpp"

namespace holdfast::region {
namespace {

// Blocks between two that are written are copied along if there are no more: an extent of their own would cost the
// catalog and every later view more.
constexpr std::uint64_t kCopiedAlongBytes = std::uint64_t{64} << 10;

void join(Runs& runs, const Run& run, std::uint64_t copied_along) {
  if (run.begin >= run.end) return;
  if (!runs.empty() && run.begin <= runs.back().end + copied_along) {
    runs.back().end = std::max(runs.back().end, run.end);
  } else {
    runs.push_back(run);
  }
}

// Whole blocks, neighbours as one: what is written has borders anywhere, and sectors are not synced in parts.
void add_blocks(std::vector<ByteRange>& ranges, const WriteRange& written) {
  const std::uint64_t begin = round_down(written.offset, kBlockSizeBytes);
  const std::uint64_t end = round_up(written.offset + written.bytes.size(), kBlockSizeBytes);
  if (ranges.empty() || begin < ranges.back().offset || begin > ranges.back().offset + ranges.back().size_bytes) {
    ranges.push_back({begin, end - begin});
  } else {
    ranges.back().size_bytes = std::max(ranges.back().size_bytes, end - ranges.back().offset);
  }
}

constexpr auto kByPlace = [](const Run& a, const Run& b) { return a.begin < b.begin; };

/// Whole units that the plan touches, and those copied along. What it wants to be a hole, at most one, is no more than
/// that.
Runs runs_of(const RegionChange::Plan& plan, const RegionForm& form) {
  const std::uint64_t unit = std::max<std::uint64_t>(form.checked_block_bytes, kBlockSizeBytes);
  // Checked blocks are extents of their own anyway, and damage to one is no other's matter.
  const std::uint64_t copied_along = form.checked_block_bytes != 0 ? 0 : kCopiedAlongBytes;
  const std::uint64_t end_of_blocks = round_up(plan.size_bytes, kBlockSizeBytes);
  Runs touched;
  Run hole{};
  for (const Run& run : plan.also) (run.is_hole ? hole : touched.emplace_back()) = run;
  for (const auto& [offset, piece] : plan.patch.pieces())
    touched.push_back({round_down(offset, unit), std::min(round_up(offset + piece.size_bytes, unit), end_of_blocks)});
  std::sort(touched.begin(), touched.end(), kByPlace);
  Runs joined;
  for (const Run& run : touched) join(joined, run, copied_along);
  if (!hole.is_hole) return joined;
  Runs runs;
  const auto add = [&](std::uint64_t begin, std::uint64_t end) {
    if (begin < end) runs.push_back({begin, end});
  };
  for (const Run& run : joined) {
    add(run.begin, std::min(run.end, hole.begin));
    add(std::max(run.begin, hole.end), run.end);
  }
  runs.push_back(hole);
  std::sort(runs.begin(), runs.end(), kByPlace);
  return runs;
}

// Checked regions: each extent lies inside one block, so that it is replaced as a whole.
Result<std::vector<RawExtent>> allocate(RawBytes& raw, const Run& run, const RegionForm& form) {
  if (run.is_hole) return std::vector<RawExtent>{raw.hole(run.begin, run.end - run.begin)};
  const std::uint64_t block = form.checked_block_bytes;
  if (block == 0) return raw.allocate(run.begin, run.end - run.begin);
  std::vector<RawExtent> all;
  for (std::uint64_t begin = run.begin; begin < run.end;) {
    const std::uint64_t end = std::min(run.end, round_down(begin, block) + block);
    auto extents = raw.allocate(begin, end - begin);
    if (!extents) return extents;
    for (RawExtent& extent : *extents) {
      if (form.is_mirrored) {
        auto mirror = raw.allocate_mirror(extent.size_bytes());
        if (!mirror) return Unexpected(mirror.error());
        extent.mirror = std::move(*mirror);
      }
      all.push_back(std::move(extent));
    }
    begin = end;
  }
  return all;
}

}  // namespace

Result<std::vector<RawExtent>> extents_for(RawBytes& raw, const ExtentTable& before, const RegionChange::Plan& plan,
                                           const RegionForm& form, std::vector<WriteRange>& writes) {
  Filling filling(raw, before, plan.patch, plan.size_bytes);
  std::vector<RawExtent> all;
  for (const Run& run : runs_of(plan, form)) {
    auto extents = allocate(raw, run, form);
    if (!extents) return extents;
    for (RawExtent& extent : *extents) {
      if (!extent.held->is_hole())
        if (auto filled = filling.fill(extent, form.checked_block_bytes != 0); !filled)
          return Unexpected(filled.error());
      all.push_back(std::move(extent));
    }
  }
  writes = filling.take_ranges();
  return all;
}

RegionChange::RegionChange(RegionSpace& region)
    : region_(region),
      sizing_(region.sizing_),
      alone_(region.growth_),
      closed_(region.in_place_),
      before_(region.table()),
      nothing_(std::make_shared<const ExtentTable>()) {}

Result<std::unique_ptr<RegionChange>> RegionChange::begin(RegionSpace& region, Views views) {
  auto change = begin_removal(region);
  if (!change) return change;
  if (auto writable = region.check_changeable(); !writable) return Unexpected(writable.error());
  if (views == Views::refused && region.in_place_.has_views())
    return Unexpected(Error{.code = ErrorCode::busy, .message = "a mutable view of the region lives"});
  return change;
}

Result<std::unique_ptr<RegionChange>> RegionChange::begin_removal(RegionSpace& region) {
  std::unique_ptr<RegionChange> change(new RegionChange(region));
  if (auto present = region.check_present(); !present) return Unexpected(present.error());
  if (auto whole = change->alone_.check(); !whole) return Unexpected(whole.error());
  return change;
}

Result<void> RegionChange::prepare(RawBytes& raw, const Plan& plan) {
  new_size_bytes_ = plan.size_bytes;
  is_resized_ = plan.size_bytes != region_.durable_size_bytes_.load();
  is_flushed_ = plan.is_flushed || is_resized_;
  const RegionForm form{.checked_block_bytes = region_.checked_block_bytes_, .is_mirrored = region_.is_mirrored_};
  auto added = extents_for(raw, *before_, plan, form, writes_);
  if (!added) return Unexpected(added.error());
  auto swap = ExtentSwap::make(raw, plan.leaves_old ? *nothing_ : *before_, std::move(*added), plan.capacity, plan.kept);
  if (!swap) return Unexpected(swap.error());
  swap_.emplace(std::move(*swap));
  if (is_resized_) swap_->change().size_bytes = plan.size_bytes;
  return success();
}

// A new size covers bytes in other extents as well: then these are synced along.
Result<void> RegionChange::write(RawBytes& raw, std::span<const std::unique_ptr<RegionChange>> changes) {
  std::vector<WriteRange> writes;
  std::vector<ByteRange> synced;
  std::vector<RegionFlush> flushes;
  flushes.reserve(changes.size());  // what a flush has begun must be ended
  for (const auto& change : changes)
    if (change->is_flushed_ && raw.shares_syncs()) flushes.push_back(change->region_.begin_flush());
  const auto written = without_bad_alloc([&]() -> Result<void> {
    for (const auto& change : changes) writes.insert(writes.end(), change->writes_.begin(), change->writes_.end());
    for (const RegionFlush& flush : flushes)
      if (auto handed_on = flush.add_ranges(raw, synced); !handed_on) return handed_on;
    if (synced.empty()) return writes.empty() ? success() : raw.write(writes, Durability::immediate);
    if (auto buffered = raw.write(writes, Durability::buffered); !buffered) return buffered;
    for (const WriteRange& range : writes) add_blocks(synced, range);
    return raw.sync(synced);
  });
  std::size_t i = 0;
  for (const auto& change : changes)
    if (change->is_flushed_ && raw.shares_syncs()) change->region_.take_back(flushes[i++], written.has_value());
  return written;
}

void RegionChange::add_entries(std::vector<CatalogEntry>& entries) const {
  for (CatalogEntry& entry : entries_of(region_.space_.id(), swap_->change())) entries.push_back(std::move(entry));
}

void RegionChange::set_named() noexcept { swap_->change().set_named(); }

void RegionChange::complete() noexcept {
  if (is_resized_) region_.durable_size_bytes_.store(new_size_bytes_);
  region_.set_table(swap_->table());
  swap_->complete();
  alone_.set_size(new_size_bytes_);
}

void RegionChange::add_removal(std::vector<CatalogEntry>& entries) const {
  for (const RawExtent& extent : before_->extents()) {
    entries.push_back({.type = CatalogEntryType::free_segment, .segment_id = extent.held->segment()});
    if (extent.mirror != nullptr)
      entries.push_back({.type = CatalogEntryType::free_segment, .segment_id = extent.mirror->segment()});
  }
}

void RegionChange::complete_removal() noexcept {
  region_.removed_.store(true, std::memory_order_release);
  region_.durable_size_bytes_.store(0);
  region_.set_table(nothing_);
  for (const RawExtent& extent : before_->extents()) {
    extent.held->free_when_let_go();
    if (extent.mirror != nullptr) extent.mirror->free_when_let_go();
  }
  alone_.set_size(0);
}

Result<void> RegionChange::publish(RawBytes& raw, std::span<const std::unique_ptr<RegionChange>> changes,
                                   std::vector<CatalogEntry> also) {
  for (const auto& change : changes) change->add_entries(also);
  if (also.empty()) return success();
  auto published = raw.publish(also);
  if (published || published.error().code == ErrorCode::io)  // io: the medium may know of them
    for (const auto& change : changes) change->set_named();
  if (!published) return published;
  for (const auto& change : changes) change->complete();
  return success();
}

Result<void> RegionChange::make_true(RawBytes& raw, std::unique_ptr<RegionChange> change,
                                     std::vector<CatalogEntry> also) {
  const std::span changes(&change, 1);
  const bool too_early = mutated(Mutant::swap_before_bytes);
  if (too_early) {
    auto early = publish(raw, changes, std::move(also));
    return early ? write(raw, changes) : early;
  }
  if (auto written = write(raw, changes); !written) return written;  // (1)
  return publish(raw, changes, std::move(also));                     // (2) (3)
}

}  // namespace holdfast::region
