#include "region/region_flush.hpp"

#include "common/base/mutant.hpp"
#include "common/base/out_of_memory.hpp"
#include "region/region_space.hpp"

// What makes bytes and size of a region durable.
//
// Crash order, as in docs/durability.md "regions": (1) the size is looked at; (2) one sync covers all bytes below it;
// (3) the catalog says it.

namespace holdfast::region {

RegionFlush::RegionFlush(std::uint64_t size_bytes, std::shared_ptr<const ExtentTable> table, bool looks_at_all) noexcept
    : size_bytes_(size_bytes), table_(std::move(table)) {
  if (!looks_at_all) return;
  for (const RawExtent& extent : table_->extents()) has_bytes_ |= extent.held->begin_sync();
}

Result<void> RegionFlush::add_ranges(RawBytes& raw, std::vector<ByteRange>& ranges) const {
  Result<void> handed_on;
  if (!has_bytes_) return handed_on;
  for (const RawExtent& extent : table_->extents()) {
    if (!extent.held->is_syncing()) continue;
    if (handed_on && extent.held->is_syncing_stores()) handed_on = raw.flush(extent.held->range());
    ranges.push_back(extent.held->range());
  }
  return handed_on;
}

void RegionFlush::end(bool succeeded) noexcept {
  if (!has_bytes_) return;
  for (const RawExtent& extent : table_->extents()) extent.held->end_sync(succeeded);
}

RegionFlush RegionSpace::begin_flush() noexcept {
  const std::uint64_t size_bytes = growth_.size_bytes();  // (1)
  appended_bytes_.store(0, std::memory_order_relaxed);
  return {size_bytes, table(), dirty_.exchange(false)};
}

std::optional<CatalogEntry> RegionSpace::size_entry(const RegionFlush& flush) const {
  if (flush.size_bytes() == durable_size_bytes_.load()) return std::nullopt;
  return CatalogEntry{
      .type = CatalogEntryType::region_size, .space_id = space_.id(), .size_bytes = flush.size_bytes()};
}

void RegionSpace::end_flush(RegionFlush& flush, bool succeeded) noexcept {
  take_back(flush, succeeded);
  if (succeeded) durable_size_bytes_.store(flush.size_bytes());
}

void RegionSpace::take_back(RegionFlush& flush, bool succeeded) noexcept {
  flush.end(succeeded);
  if (!succeeded && flush.has_bytes()) dirty_.store(true, std::memory_order_release);
}

std::unique_lock<std::mutex> RegionSpace::lock_if_dirty() {
  std::unique_lock lock(sizing_);
  if (dirty_.load() || growth_.size_bytes() != durable_size_bytes_.load()) return lock;
  return {};
}

Result<bool> RegionSpace::flush_locked(RawBytes& raw) {
  RegionFlush flush = begin_flush();
  const auto entry = size_entry(flush);
  if (!flush.has_bytes() && !entry) return false;
  const bool too_early = entry && mutated(Mutant::size_before_bytes);
  const auto flushed = without_bad_alloc([&] {
    std::vector<ByteRange> ranges;
    Result<void> done = flush.add_ranges(raw, ranges);
    if (done && too_early) done = raw.publish({*entry});
    if (done && !mutated(Mutant::region_not_drained) && !ranges.empty()) done = raw.sync(ranges);  // (2)
    if (done && entry && !too_early) done = raw.publish({*entry});                                 // (3)
    return done;
  });
  end_flush(flush, flushed.has_value());
  if (!flushed) return Unexpected(flushed.error());
  return true;
}

Result<bool> RegionSpace::flush() {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  const std::lock_guard sizing(sizing_);
  return flush_locked(**raw);
}

// Whoever waits for the lock meanwhile finds its bytes covered: threads that append share their syncs.
Result<void> RegionSpace::flush_up_to(RawBytes& raw, std::uint64_t size_bytes) {
  if (durable_size_bytes_.load() >= size_bytes) return success();
  const std::lock_guard sizing(sizing_);
  if (durable_size_bytes_.load() >= size_bytes) return success();
  if (auto flushed = flush_locked(raw); !flushed) return Unexpected(flushed.error());
  return success();
}

}  // namespace holdfast::region
