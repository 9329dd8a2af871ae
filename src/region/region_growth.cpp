#include <algorithm>
#include <cstring>

#include "common/base/out_of_memory.hpp"
#include "region/limits.hpp"
#include "region/region_change.hpp"
#include "region/region_space.hpp"

namespace holdfast::region {

Result<RegionSpace::Grown> RegionSpace::write_growing(RawBytes& raw, std::optional<std::uint64_t> offset,
                                                      std::span<const std::byte> bytes, Durability durability,
                                                      std::uint64_t size_bytes_max) {
  std::uint64_t begin = 0;
  std::uint64_t end_before = 0;
  const auto end_of = [&](std::uint64_t end) -> Result<std::uint64_t> {
    if (auto changeable = check_changeable(); !changeable) return Unexpected(changeable.error());
    end_before = end;
    begin = offset.value_or(end);
    if (auto checked = check_end(begin, bytes.size(), size_bytes_max); !checked) return Unexpected(checked.error());
    return begin + bytes.size();
  };
  bool begins_in_hole = false;
  const auto make_way = [&](std::uint64_t end) -> Result<void> {
    begins_in_hole = begin < end_before && table()->has_hole_in(begin, end_before - begin);
    if (begins_in_hole) return Unexpected(Error{.code = ErrorCode::busy, .message = ""});  // no claim
    return make_room(raw, end);
  };
  const auto claim = growth_.claim(end_of, make_way);
  if (begins_in_hole) return Grown{Placed::in_hole, 0};
  if (!claim) return Unexpected(claim.error());
  if (*claim == nullptr) return Grown{Placed::inside, 0};
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
  return Grown{Placed::outside, begin};
}

// Many small appends that nobody flushes go by the processor's stores: a system call would cost each of them twenty
// times as much. Not so right behind a flush: what is stored to a page that the kernel keeps together with others is
// written out with all of them.
std::optional<std::uint64_t> RegionSpace::append_by_store(RawBytes& raw, std::span<const std::byte> bytes,
                                                          std::uint64_t size_bytes_max) {
  const StorageCapabilities& medium = raw.storage().capabilities();
  if (!medium.shares_syncs || !medium.stores_need_no_room || bytes.size() > kStoredBytesMax) return std::nullopt;
  const std::uint64_t appended = appended_bytes_.load(std::memory_order_relaxed);  // relaxed: a rule of thumb
  appended_bytes_.store(appended + bytes.size(), std::memory_order_relaxed);
  if (appended < kStoredBehindBytes) return std::nullopt;
  return growth_.append_at_once(bytes.size(), [&](std::uint64_t begin) {
    // Who changes the table holds off whoever is here.
    const ExtentTable& table = *table_;
    if (sealed_.load(std::memory_order_relaxed) || removed_.load(std::memory_order_relaxed)) return false;
    if (begin + bytes.size() > std::min(size_bytes_max, table.capacity())) return false;
    HeldExtent& last = *table.extents().back().held;
    const std::uint64_t start = table.extents().back().start;
    if (begin < start || (!last.is_open() && !open_last(raw, last))) return false;
    prepare_stores(raw, last.range(), begin - start, bytes.size());
    std::memcpy(raw.stored_at(last) + (begin - start), bytes.data(), bytes.size());
    last.mark_stored();
    dirty_.store(true, std::memory_order_release);
    if (counters_ != nullptr) counters_->count_write_alone(bytes.size());
    return true;
  });
}

// Pages come many at once: a fault for each would cost as much as the stores to it.
void RegionSpace::prepare_stores(RawBytes& raw, ByteRange extent, std::uint64_t offset, std::uint64_t size_bytes) noexcept {
  const std::uint64_t end = extent.offset + offset + size_bytes;
  if (end <= stores_prepared_end_ && extent.offset + offset >= stores_prepared_begin_) return;
  stores_prepared_begin_ = extent.offset + offset;
  stores_prepared_end_ = std::min(end + kStoresPreparedBytes, extent.offset + extent.size_bytes);
  raw.expect_stores({stores_prepared_begin_, stores_prepared_end_ - stores_prepared_begin_});
}

bool RegionSpace::open_last(RawBytes& raw, HeldExtent& extent) {
  return extent.range().size_bytes >= kStoredExtentBytesMin && !extent.is_hole() &&
         raw.open_for_stores(extent).has_value();
}

// All of it is a change of its own: appends come one after the other.
Result<std::uint64_t> RegionSpace::append_checked(RawBytes& raw, std::span<const std::byte> bytes,
                                                  std::uint64_t size_bytes_max) {
  auto change = RegionChange::begin(*this, RegionChange::Views::refused);
  if (!change) return Unexpected(change.error());
  const std::uint64_t begin = (*change)->size_bytes();
  if (auto checked = check_end(begin, bytes.size(), size_bytes_max); !checked) return Unexpected(checked.error());
  RegionChange::Plan plan{.size_bytes = begin + bytes.size()};
  plan.patch.add(begin, bytes);
  if (auto prepared = (*change)->prepare(raw, plan); !prepared) return Unexpected(prepared.error());
  if (auto changed = RegionChange::make_true(raw, std::move(*change)); !changed) return Unexpected(changed.error());
  count_write(bytes.size());
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
  if (checked_block_bytes_ != 0)
    return Unexpected(Error{.code = ErrorCode::not_supported,
                            .message = "a checked region has new room with every write: there is nothing to reserve"});
  return growth_.between_claims([&]() -> Result<void> {
    if (auto changeable = check_changeable(); !changeable) return changeable;
    return make_room(**raw, size_bytes);
  });
}

}  // namespace holdfast::region
