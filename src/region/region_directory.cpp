#include "region/region_directory.hpp"

#include <chrono>
#include <vector>

#include "common/base/out_of_memory.hpp"
#include "common/base/rollback.hpp"
#include "region/limits.hpp"
#include "region/metadata.hpp"

namespace holdfast::region {
namespace {

// Low bits of an id: they prove that this store gave it out. The rest is the space's number.
constexpr unsigned kTagBits = 24;
constexpr std::uint64_t kTagMask = (std::uint64_t{1} << kTagBits) - 1;

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

Unexpected damaged(const Engine& engine, std::string message, std::string expected, std::string found) {
  return Unexpected(Error{.code = ErrorCode::corruption,
                          .message = std::move(message),
                          .path = std::string(engine.storage().path()),
                          .expected = std::move(expected),
                          .found = std::move(found)});
}

/// Extents that hold `bytes`, durable, and that nobody knows of yet.
Result<std::vector<RawExtent>> write_new_extents(RawBytes& raw, std::span<const std::byte> bytes) {
  if (bytes.empty()) return std::vector<RawExtent>();
  auto extents = raw.allocate(0, round_up(bytes.size(), kBlockSizeBytes));
  if (!extents) return extents;
  std::vector<WriteRange> ranges;
  for (const RawExtent& extent : *extents) {
    const std::uint64_t size_bytes = std::min(extent.size_bytes(), bytes.size() - extent.start);
    ranges.push_back({extent.held->range().offset, bytes.subspan(extent.start, size_bytes)});
  }
  if (auto written = raw.write(ranges, Durability::immediate); !written) return Unexpected(written.error());
  return extents;
}

}  // namespace

RegionId RegionDirectory::id_of(const Engine& engine, SpaceId space) noexcept {
  return space << kTagBits | (engine.space_tag(space) & kTagMask);
}

std::shared_ptr<RegionSpace> RegionDirectory::add(const Engine& engine, Space& space, std::string name,
                                                  ExtentTable table, std::uint64_t size_bytes, bool may_be_dirty) {
  auto region = std::make_shared<RegionSpace>(gate_, *this, space, id_of(engine, space.id()), name, std::move(table),
                                              size_bytes, may_be_dirty);
  const auto by_name = name.empty() ? by_name_.end() : by_name_.emplace(std::move(name), region).first;
  Rollback unnamed([&] {
    if (by_name != by_name_.end()) by_name_.erase(by_name);
  });
  by_id_.emplace(region->id(), region);
  unnamed.keep();
  return region;
}

Result<std::shared_ptr<RegionSpace>> RegionDirectory::recover(Engine& engine, Space& space) {
  const std::lock_guard lock(mutex_);
  // Who creates it holds the lock from before the engine knows of it.
  if (const auto there = by_id_.find(id_of(engine, space.id())); there != by_id_.end()) return there->second;
  auto [extents, size_bytes] = engine.region_bytes(space.id());
  ExtentTable table(std::move(extents));
  if (!table.is_whole() || table.capacity() < size_bytes)
    return damaged(engine, "the catalog does not say where all bytes of a region lie",
                   std::to_string(size_bytes) + " bytes without a gap", std::to_string(table.capacity()));
  const std::string metadata = engine.space_metadata(space.id());
  if (!decode_metadata(metadata))
    return damaged(engine, "the catalog's metadata of a region contradicts itself", "lengths that add up",
                   std::to_string(metadata.size()) + " bytes");
  // A killed process may have left bytes that can be seen and are not durable: the first flush takes them along.
  return add(engine, space, space.name(), std::move(table), size_bytes, !engine.report().clean_close);
}

std::shared_ptr<RegionSpace> RegionDirectory::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto region = by_name_.find(name);
  return region == by_name_.end() ? nullptr : region->second;
}

Result<std::shared_ptr<RegionSpace>> RegionDirectory::find(RegionId id) const {
  const std::lock_guard lock(mutex_);
  const auto region = by_id_.find(id);
  if (region == by_id_.end())
    return Unexpected(Error{.code = ErrorCode::not_found, .message = "no region of id " + std::to_string(id)});
  return region->second;
}

// Crash order: (1) the bytes are durable in extents that nobody knows of; (2) one catalog record says everything.
Result<std::shared_ptr<RegionSpace>> RegionDirectory::create(Engine& engine, const NewRegion& region,
                                                             std::uint64_t size_bytes_max) {
  if (auto checked = check_end(0, region.bytes.size(), size_bytes_max); !checked) return Unexpected(checked.error());
  const auto metadata = encode_metadata({.created_ns = now_ns(), .metadata = region.metadata});
  if (!metadata) return Unexpected(metadata.error());
  const auto raw = engine.raw_bytes();
  if (!raw) return Unexpected(raw.error());
  const auto extents = write_new_extents(**raw, region.bytes);  // (1)
  if (!extents) return Unexpected(extents.error());
  ExtentTable table(*extents);
  const std::lock_guard lock(mutex_);
  const auto space = engine.create_space(SpaceKind::region, region.name, [&](SpaceId id) {  // (2)
    std::vector<CatalogEntry> entries = entries_of(id, {.forgotten = {}, .named = *extents});
    entries.push_back({.type = CatalogEntryType::region_size, .space_id = id, .size_bytes = region.bytes.size()});
    entries.push_back({.type = CatalogEntryType::space_metadata, .space_id = id, .name = *metadata});
    return entries;
  });
  // io: the medium may know of them.
  if (space || space.error().code == ErrorCode::io)
    for (const RawExtent& extent : *extents) extent.held->named();
  if (!space) return Unexpected(space.error());
  return add(engine, **space, std::string(region.name), std::move(table), region.bytes.size(), false);
}

Result<std::vector<RegionInfo>> RegionDirectory::infos(std::string_view prefix) const {
  std::vector<std::shared_ptr<RegionSpace>> regions;
  {
    const std::lock_guard lock(mutex_);
    if (prefix.empty())
      for (const auto& [id, region] : by_id_)
        if (region->name().empty()) regions.push_back(region);
    for (auto at = by_name_.lower_bound(prefix); at != by_name_.end() && at->first.starts_with(prefix); ++at)
      regions.push_back(at->second);
  }
  std::vector<RegionInfo> infos;
  for (const auto& region : regions) {
    auto info = region->info();
    if (!info && info.error().code == ErrorCode::not_found) continue;  // removed meanwhile
    if (!info) return Unexpected(info.error());
    infos.push_back(std::move(*info));
  }
  return infos;
}

Result<void> RegionDirectory::rename(Engine& engine, RegionSpace& region, std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (auto present = region.check_present(); !present) return present;
  std::string shown(name);  // behind the engine's commit nothing may fail
  const std::string old_name = region.name();
  const auto itself = by_id_.find(region.id());
  const auto [named, is_free] = by_name_.emplace(name, itself->second);
  Rollback unnamed([this, &named = named, is_free = is_free] {
    if (is_free) by_name_.erase(named);
  });
  if (auto renamed = engine.rename_space(region.space_, name); !renamed) return renamed;
  unnamed.keep();
  if (!old_name.empty()) by_name_.erase(by_name_.find(old_name));
  const tbb::spin_mutex::scoped_lock name_lock(region.table_mutex_);
  region.name_.swap(shown);
  return {};
}

Result<void> RegionDirectory::remove(Engine& engine, RegionSpace& region) {
  const std::lock_guard lock(mutex_);
  const std::string name = region.name();  // behind the engine's commit nothing may fail
  if (auto removed = region.remove_from(engine); !removed) return removed;
  by_id_.erase(region.id());
  if (!name.empty()) by_name_.erase(by_name_.find(name));
  return {};
}

Result<void> RegionDirectory::sync(RawBytes& raw, const std::function<Result<void>()>& drain) {
  struct Taken {
    std::shared_ptr<RegionSpace> region;
    std::unique_lock<std::mutex> sizing;
    RegionSpace::Flush flush;
  };
  std::vector<std::shared_ptr<RegionSpace>> regions;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, region] : by_id_) regions.push_back(region);
  }
  std::vector<Taken> taken;  // by id: two syncs at a time take them in one order
  taken.reserve(regions.size());  // what begin_flush() has taken must come to end_flush()
  for (const auto& region : regions)
    if (auto sizing = region->lock_if_dirty(); sizing.owns_lock())
      taken.push_back({region, std::move(sizing), region->begin_flush()});
  const auto synced = without_bad_alloc([&]() -> Result<void> {
    std::vector<CatalogEntry> entries;
    for (const Taken& one : taken)
      if (const auto entry = one.region->size_entry(one.flush)) entries.push_back(*entry);
    if (auto drained = drain(); !drained) return drained;
    return entries.empty() ? Result<void>() : raw.publish(entries);
  });
  for (const Taken& one : taken) one.region->end_flush(one.flush, synced.has_value());
  return synced;
}

}  // namespace holdfast::region
