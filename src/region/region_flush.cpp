#include "common/base/mutant.hpp"
#include "common/base/out_of_memory.hpp"
#include "region/region_space.hpp"

// What makes bytes and size of a region durable.
//
// Crash order, as in docs/durability.md "regions": (1) the size is looked at; (2) one drain covers all bytes below it;
// (3) the catalog says it.

namespace holdfast::region {

RegionSpace::Flush RegionSpace::begin_flush() noexcept {
  return {.size_bytes = growth_.size_bytes(), .had_bytes = dirty_.exchange(false)};  // (1)
}

std::optional<CatalogEntry> RegionSpace::size_entry(const Flush& flush) const {
  if (flush.size_bytes == durable_size_bytes_.load()) return std::nullopt;
  return CatalogEntry{
      .type = CatalogEntryType::region_size, .space_id = space_.id(), .size_bytes = flush.size_bytes};
}

void RegionSpace::end_flush(const Flush& flush, bool succeeded) noexcept {
  if (succeeded) {
    durable_size_bytes_.store(flush.size_bytes);
  } else if (flush.had_bytes) {
    mark_dirty();
  }
}

std::unique_lock<std::mutex> RegionSpace::lock_if_dirty() {
  std::unique_lock lock(sizing_);
  if (dirty_.load() || growth_.size_bytes() != durable_size_bytes_.load()) return lock;
  return {};
}

Result<bool> RegionSpace::flush_locked(RawBytes& raw) {
  const Flush flush = begin_flush();
  const auto entry = size_entry(flush);
  if (!flush.had_bytes && !entry) return false;
  const bool too_early = entry && mutated(Mutant::size_before_bytes);
  const auto flushed = without_bad_alloc([&] {
    Result<void> done;
    if (too_early) done = raw.publish({*entry});
    if (done && !mutated(Mutant::region_not_drained)) done = raw.drain();  // (2)
    if (done && entry && !too_early) done = raw.publish({*entry});         // (3)
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

// Whoever waits for the lock meanwhile finds its bytes covered: threads that append share their drains.
Result<void> RegionSpace::flush_up_to(RawBytes& raw, std::uint64_t size_bytes) {
  if (durable_size_bytes_.load() >= size_bytes) return success();
  const std::lock_guard sizing(sizing_);
  if (durable_size_bytes_.load() >= size_bytes) return success();
  if (auto flushed = flush_locked(raw); !flushed) return Unexpected(flushed.error());
  return success();
}

}  // namespace holdfast::region
