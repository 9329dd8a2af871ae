#include "region/region_directory.hpp"

#include <vector>

#include "common/base/out_of_memory.hpp"
#include "common/base/rollback.hpp"
#include "region/limits.hpp"
#include "region/metadata.hpp"
#include "region/region_change.hpp"

namespace holdfast::region {
namespace {

// Low bits of an id: they prove that this store gave it out. The rest is the space's number.
constexpr unsigned kTagBits = 24;
constexpr std::uint64_t kTagMask = (std::uint64_t{1} << kTagBits) - 1;

/// Unpublished extents that hold `bytes`, as the form wants them, durable.
Result<std::vector<RawExtent>> write_new_extents(RawBytes& raw, std::span<const std::byte> bytes,
                                                 const RegionForm& form) {
  RegionChange::Plan plan{.size_bytes = bytes.size()};
  plan.patch.add(0, bytes);
  std::vector<WriteRange> ranges;
  auto extents = extents_for(raw, {}, plan, form, ranges);
  if (extents && !ranges.empty())
    if (auto written = raw.write(ranges, Durability::immediate); !written) return Unexpected(written.error());
  return extents;
}

/// On the medium, mirrors included.
std::uint64_t stored_bytes(const ExtentTable& table) {
  std::uint64_t bytes = table.capacity() - table.hole_bytes();
  for (const RawExtent& extent : table.extents())
    if (extent.mirror != nullptr) bytes += extent.size_bytes();
  return bytes;
}

}  // namespace

RegionId RegionDirectory::id_of(const Engine& engine, SpaceId space) noexcept {
  return space << kTagBits | (engine.space_tag(space) & kTagMask);
}

std::shared_ptr<RegionSpace> RegionDirectory::make(const Engine& engine, Space& space, std::string name,
                                                   ExtentTable table, std::uint64_t size_bytes, bool may_be_dirty,
                                                   const KeptMetadata& kept) {
  return std::make_shared<RegionSpace>(gate_, *this,
                                       RegionSpace::Origin{.space = space,
                                                           .id = id_of(engine, space.id()),
                                                           .name = std::move(name),
                                                           .table = std::move(table),
                                                           .size_bytes = size_bytes,
                                                           .may_be_dirty = may_be_dirty,
                                                           .kept = kept,
                                                           .counts = counts_});
}

// Requires: mutex_.
std::shared_ptr<RegionSpace> RegionDirectory::add(std::shared_ptr<RegionSpace> region) {
  const std::string name = region->name();
  const auto by_name = name.empty() ? by_name_.end() : by_name_.emplace(name, region).first;
  Rollback unnamed([&] {
    if (by_name != by_name_.end()) by_name_.erase(by_name);
  });
  by_id_.emplace(region->id(), region);
  unnamed.keep();
  return region;
}

// Requires: mutex_.
void RegionDirectory::forget(const RegionSpace& region) noexcept {
  by_id_.erase(region.id());
  for (auto named = by_name_.begin(); named != by_name_.end();)
    named = named->second.get() == &region ? by_name_.erase(named) : std::next(named);
}

void RegionDirectory::exchange(std::map<RegionId, std::shared_ptr<RegionSpace>> added,
                               std::span<const RegionId> gone) noexcept {
  const std::lock_guard lock(mutex_);
  for (const RegionId id : gone) by_id_.erase(id);
  // Its region may have been removed meanwhile, and it with it.
  std::erase_if(added, [](const auto& one) { return one.second->removed_.load(); });
  by_id_.merge(added);
}

RegionVersion RegionDirectory::version_of(const RegionSpace& version) {
  const auto kept = version.kept();
  const auto table = version.table();
  return {.number = kept->version_number,
          .id = version.id(),
          .size_bytes = kept->is_compressed ? kept->content_size_bytes : version.growth_.size_bytes(),
          .stored_bytes = stored_bytes(*table),
          .kept = time_of(kept->created_ns)};
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
  if (auto checked = check_form(region.form); !checked) return Unexpected(checked.error());
  const KeptMetadata kept{.created_ns = now_ns(), .metadata = region.metadata, .form = region.form};
  const auto metadata = encode_metadata(kept);
  if (!metadata) return Unexpected(metadata.error());
  const auto raw = engine.raw_bytes();
  if (!raw) return Unexpected(raw.error());
  const auto extents = write_new_extents(**raw, region.bytes, region.form);  // (1)
  if (!extents) return Unexpected(extents.error());
  const ExtentChange named{.forgotten = {}, .named = *extents};
  const std::lock_guard lock(mutex_);
  std::shared_ptr<RegionSpace> created;
  Rollback forgotten([&] {
    if (created != nullptr) forget(*created);
  });
  const auto space = engine.create_space(SpaceKind::region, region.name, [&](Space& made) {  // (2)
    created = make(engine, made, std::string(region.name), ExtentTable(*extents), region.bytes.size(), false, kept);
    add(created);
    std::vector<CatalogEntry> entries = entries_of(made.id(), named);
    entries.push_back({.type = CatalogEntryType::region_size, .space_id = made.id(), .size_bytes = region.bytes.size()});
    entries.push_back({.type = CatalogEntryType::space_metadata, .space_id = made.id(), .name = *metadata});
    return entries;
  });
  if (space || space.error().code == ErrorCode::io) named.set_named();  // io: the medium may know of them
  if (!space) return Unexpected(space.error());
  forgotten.keep();
  return created;
}

// Under the lock of renames and removals: each region once, by the name it has.
Result<std::vector<RegionInfo>> RegionDirectory::infos(std::string_view prefix) const {
  const std::lock_guard lock(mutex_);
  std::vector<RegionInfo> infos;
  const auto add = [&](const RegionSpace& region) -> Result<void> {
    auto info = region.info();
    if (!info) return Unexpected(info.error());
    infos.push_back(std::move(*info));
    return {};
  };
  if (prefix.empty())
    for (const auto& [id, region] : by_id_)
      if (!region->is_version() && region->name().empty())
        if (auto added = add(*region); !added) return Unexpected(added.error());
  for (auto at = by_name_.lower_bound(prefix); at != by_name_.end() && at->first.starts_with(prefix); ++at)
    if (auto added = add(*at->second); !added) return Unexpected(added.error());
  return infos;
}

Result<void> RegionDirectory::rename(Engine& engine, RegionSpace& region, std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (auto present = region.check_present(); !present) return present;
  if (region.is_version())
    return Unexpected(Error{.code = ErrorCode::not_supported, .message = "a version has a number instead of a name"});
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

// The region and its versions go in one record.
Result<void> RegionDirectory::remove(Engine& engine, RegionSpace& region) {
  const std::lock_guard lock(mutex_);
  std::vector<std::unique_ptr<RegionChange>> changes;  // in the order of ids
  auto own = RegionChange::begin_removal(region);
  if (!own) return Unexpected(own.error());
  changes.push_back(std::move(*own));
  for (const auto& [number, version] : region.versions_) {  // nobody adds one while its region is held off
    auto change = RegionChange::begin_removal(*version);
    if (!change) return Unexpected(change.error());
    changes.push_back(std::move(*change));
  }
  std::vector<CatalogEntry> entries;
  std::vector<Space*> spaces;
  for (const auto& change : changes) {
    change->add_removal(entries);
    spaces.push_back(&change->region().space_);
  }
  if (auto removed = engine.remove_spaces(spaces, std::move(entries)); !removed) return removed;
  for (const auto& change : changes) {
    change->complete_removal();
    forget(change->region());
  }
  if (!region.is_version()) return {};
  if (const auto owner = by_id_.find(id_of(engine, region.version_of_)); owner != by_id_.end()) {
    const std::lock_guard versions(owner->second->versions_mutex_);
    owner->second->versions_.erase(region.version_number_);
  }
  return {};
}

Result<void> RegionDirectory::sync(RawBytes& raw, const std::function<Result<void>()>& drain) {
  struct Taken {
    std::shared_ptr<RegionSpace> region;
    std::unique_lock<std::mutex> sizing;
    RegionFlush flush;
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
    std::vector<ByteRange> all;  // the drain covers them
    for (const Taken& one : taken) {
      if (auto handed_on = one.flush.add_ranges(raw, all); !handed_on) return handed_on;
      if (const auto entry = one.region->size_entry(one.flush)) entries.push_back(*entry);
    }
    if (auto drained = drain(); !drained) return drained;
    return entries.empty() ? Result<void>() : raw.publish(entries);
  });
  for (Taken& one : taken) one.region->end_flush(one.flush, synced.has_value());
  return synced;
}

}  // namespace holdfast::region
