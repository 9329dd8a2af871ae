#include "region/region_directory.hpp"

#include <vector>

#include "common/base/out_of_memory.hpp"
#include "common/base/rollback.hpp"

namespace holdfast::region {
namespace {

// Low bits of an id: they prove that this store gave it out. The rest is the space's number.
constexpr unsigned kTagBits = 24;
constexpr std::uint64_t kTagMask = (std::uint64_t{1} << kTagBits) - 1;

}  // namespace

RegionId RegionDirectory::id_of(const Engine& engine, SpaceId space) noexcept {
  return space << kTagBits | (engine.space_tag(space) & kTagMask);
}

std::shared_ptr<RegionSpace> RegionDirectory::add(const Engine& engine, Space& space, std::string name,
                                                  ExtentTable table, std::uint64_t size_bytes, bool may_be_dirty) {
  auto region = std::make_shared<RegionSpace>(gate_, *this, space, id_of(engine, space.id()), name, std::move(table),
                                              size_bytes, may_be_dirty);
  const auto by_name = by_name_.emplace(std::move(name), region).first;
  Rollback unnamed([&] { by_name_.erase(by_name); });
  by_id_.emplace(region->id(), region);
  unnamed.keep();
  return region;
}

Result<void> RegionDirectory::recover(Engine& engine, Space& space) {
  auto [extents, size_bytes] = engine.region_bytes(space.id());
  ExtentTable table(std::move(extents));
  if (!table.is_whole() || table.capacity() < size_bytes) {
    Error error{.code = ErrorCode::corruption,
                .message = "the catalog does not say where all bytes of a region lie",
                .path = std::string(engine.storage().path())};
    error.expected = std::to_string(size_bytes) + " bytes without a gap";
    error.found = std::to_string(table.capacity());
    return Unexpected(error);
  }
  // A killed process may have left bytes that can be seen and are not durable: the first flush takes them along.
  add(engine, space, space.name(), std::move(table), size_bytes, !engine.report().clean_close);
  return {};
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

Result<std::shared_ptr<RegionSpace>> RegionDirectory::create(Engine& engine, std::string_view name, Space* there) {
  const std::lock_guard lock(mutex_);
  auto space = there != nullptr ? Result<Space*>(there) : engine.create_space(SpaceKind::region, name);
  if (!space) return Unexpected(space.error());
  return add(engine, **space, std::string(name), ExtentTable(), 0, false);
}

Result<void> RegionDirectory::rename(Engine& engine, RegionSpace& region, std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (auto present = region.check_present(); !present) return present;
  const std::string old_name = region.name();
  std::string key(name), shown(name);  // behind the engine's commit nothing may fail
  if (auto renamed = engine.rename_space(region.space_, name); !renamed) return renamed;
  auto node = by_name_.extract(old_name);
  node.key() = std::move(key);
  by_name_.insert(std::move(node));
  const tbb::spin_mutex::scoped_lock name_lock(region.table_mutex_);
  region.name_.swap(shown);
  return {};
}

Result<void> RegionDirectory::remove(Engine& engine, RegionSpace& region) {
  const std::lock_guard lock(mutex_);
  const std::string name = region.name();  // behind the engine's commit nothing may fail
  if (auto removed = region.remove_from(engine); !removed) return removed;
  by_id_.erase(region.id());
  by_name_.erase(by_name_.find(name));
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
