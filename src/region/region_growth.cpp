#include <algorithm>
#include <string>

#include "common/base/out_of_memory.hpp"
#include "region/region_space.hpp"

namespace holdfast::region {
namespace {

// A region grows by as much as it has, within these bounds: few catalog records, and little beyond the need.
constexpr std::uint64_t kGrowthBytesMin = std::uint64_t{64} << 10;
constexpr std::uint64_t kGrowthBytesMax = std::uint64_t{64} << 20;

Result<void> check_end(std::uint64_t begin, std::uint64_t size_bytes, std::uint64_t size_bytes_max) {
  const std::uint64_t limit = std::min(size_bytes_max, kRegionSizeBytesMax);
  if (begin <= limit && size_bytes <= limit - begin) return {};
  Error error{.code = ErrorCode::too_large, .message = "the region would grow beyond its limit", .offset = begin};
  error.expected = "at most " + std::to_string(limit) + " bytes in the region";
  error.found = std::to_string(size_bytes) + " more from " + std::to_string(begin);
  return Unexpected(error);
}

}  // namespace

Result<std::optional<std::uint64_t>> RegionSpace::write_growing(RawBytes& raw, std::optional<std::uint64_t> offset,
                                                                std::span<const std::byte> bytes,
                                                                Durability durability, std::uint64_t size_bytes_max) {
  std::uint64_t begin = 0;
  const auto end_of = [&](std::uint64_t end) -> Result<std::uint64_t> {
    if (auto present = check_present(); !present) return Unexpected(present.error());
    begin = offset.value_or(end);
    if (auto checked = check_end(begin, bytes.size(), size_bytes_max); !checked) return Unexpected(checked.error());
    return begin + bytes.size();
  };
  const auto claim = growth_.claim(end_of, [&](std::uint64_t end) { return make_room(raw, end); });
  if (!claim) return Unexpected(claim.error());
  if (*claim == nullptr) return std::nullopt;
  // Bytes that the catalog's size does not cover yet need not be durable one by one: it follows a drain of them all.
  const bool drains_later = durability == Durability::immediate && raw.shares_syncs();
  const auto present = table();
  const auto filled = without_bad_alloc([&] {
    Result<void> done;
    if ((*claim)->begin < begin) done = write_zeros(raw, *present, (*claim)->begin, begin);
    if (done && !bytes.empty())
      done = write_inside(raw, *present, begin, bytes, drains_later ? Durability::buffered : durability);
    return done;
  });
  if (auto shown = growth_.finish(**claim, filled); !shown) return Unexpected(shown.error());
  if (durability == Durability::immediate)
    if (auto flushed = flush_up_to(raw, begin + bytes.size()); !flushed) return Unexpected(flushed.error());
  return begin;
}

Result<void> RegionSpace::make_room(RawBytes& raw, std::uint64_t size_bytes) {
  const auto present = table();
  const std::uint64_t capacity = present->capacity();
  if (size_bytes <= capacity) return success();
  const std::uint64_t needed = round_up(size_bytes - capacity, kBlockSizeBytes);
  const std::uint64_t comfortable = std::max(needed, std::clamp(capacity, kGrowthBytesMin, kGrowthBytesMax));
  std::shared_ptr<const ExtentTable> longer;
  const auto prepare = [&](const std::vector<RawExtent>& extents) {
    longer = std::make_shared<const ExtentTable>(present->with(extents));
  };
  auto added = raw.add(space_.id(), capacity, comfortable, prepare);
  if (!added && added.error().code == ErrorCode::no_space && comfortable > needed)
    added = raw.add(space_.id(), capacity, needed, prepare);
  if (!added) return added;
  set_table(std::move(longer));
  return success();
}

Result<void> RegionSpace::reserve(std::uint64_t size_bytes, std::uint64_t size_bytes_max) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  if (auto checked = check_end(0, size_bytes, size_bytes_max); !checked) return checked;
  return growth_.between_claims([&]() -> Result<void> {
    if (auto present = check_present(); !present) return present;
    return make_room(**raw, size_bytes);
  });
}

Result<void> RegionSpace::truncate(std::uint64_t size_bytes, std::uint64_t size_bytes_max) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  for (;;) {
    if (growth_.size_bytes() < size_bytes) {
      const auto grown = write_growing(**raw, size_bytes, {}, Durability::immediate, size_bytes_max);
      if (!grown) return Unexpected(grown.error());
      if (*grown) return success();
    }
    const auto cut = cut_to(**raw, size_bytes);
    if (!cut) return Unexpected(cut.error());
    if (*cut) return success();
  }
}

// Crash order, as in docs/durability.md "regions": what stays is durable; then the catalog says the size and frees the
// extents, in one record; then nobody new can find them, and who had found them lets go.
Result<bool> RegionSpace::cut_to(RawBytes& raw, std::uint64_t size_bytes) {
  const std::lock_guard sizing(sizing_);
  bool is_longer = false;
  auto done = growth_.alone([&](std::uint64_t size) -> Result<std::uint64_t> {
    if (auto present = check_present(); !present) return Unexpected(present.error());
    is_longer = size >= size_bytes;
    if (!is_longer) return size;
    if (dirty_.exchange(false)) {
      if (auto drained = without_bad_alloc([&] { return raw.drain(); }); !drained) {
        mark_dirty();
        return Unexpected(drained.error());
      }
    }
    auto [kept, freed] = table()->cut(size_bytes);
    auto shorter = std::make_shared<const ExtentTable>(std::move(kept));  // behind the record nothing may fail
    std::vector<CatalogEntry> entries;
    for (const RawExtent& extent : freed)
      entries.push_back({.type = CatalogEntryType::free_segment, .segment_id = extent.held->segment()});
    if (size_bytes != durable_size_bytes_.load())
      entries.push_back(
          {.type = CatalogEntryType::region_size, .space_id = space_.id(), .size_bytes = size_bytes});
    if (!entries.empty())
      if (auto published = raw.publish(entries); !published) return Unexpected(published.error());
    durable_size_bytes_.store(size_bytes);
    set_table(std::move(shorter));
    for (const RawExtent& extent : freed) extent.held->free_when_let_go();
    return size_bytes;
  });
  if (!done) return Unexpected(done.error());
  return is_longer;
}

Result<void> RegionSpace::remove_from(Engine& engine) {
  const std::lock_guard sizing(sizing_);
  return growth_.alone([&](std::uint64_t) -> Result<std::uint64_t> {
    if (auto present = check_present(); !present) return Unexpected(present.error());
    const std::vector<RawExtent> extents = table()->extents();
    auto nothing = std::make_shared<const ExtentTable>();
    if (auto removed = engine.remove_space(space_, extents); !removed) return Unexpected(removed.error());
    removed_.store(true, std::memory_order_release);
    durable_size_bytes_.store(0);
    set_table(std::move(nothing));
    for (const RawExtent& extent : extents) extent.held->free_when_let_go();
    return 0;
  });
}

}  // namespace holdfast::region
