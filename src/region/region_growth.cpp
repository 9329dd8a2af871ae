#include <algorithm>

#include "common/base/out_of_memory.hpp"
#include "region/limits.hpp"
#include "region/region_space.hpp"

namespace holdfast::region {
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

}  // namespace holdfast::region
