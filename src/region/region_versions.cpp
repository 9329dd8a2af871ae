// Versions of a region: kept, listed, found.

#include <utility>

#include "common/base/success.hpp"
#include "region/limits.hpp"
#include "region/version_keeper.hpp"

namespace holdfast::region {

Result<RegionVersion> RegionSpace::keep_version() {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  auto change = RegionChange::begin(*this, RegionChange::Views::refused);
  if (!change) return Unexpected(change.error());
  KeptMetadata kept = *this->kept();
  if (kept.form.versions_kept == 0)
    return Unexpected(Error{.code = ErrorCode::not_supported,
                            .message = "the region keeps no versions (Region::set_versions_kept)"});
  VersionKeeper keeper(**engine, **raw, directory_, **change, std::move(kept));
  if (auto copied = keeper.copy_bytes(); !copied) return Unexpected(copied.error());
  auto version = keeper.publish(false);
  change->reset();
  if (version) keeper.complete();
  return version;
}

Result<RegionVersion> RegionSpace::replace(std::span<const std::byte> bytes, std::uint64_t size_bytes_max) {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const auto raw = (*engine)->raw_bytes();
  if (!raw) return Unexpected(raw.error());
  if (auto checked = check_end(0, bytes.size(), size_bytes_max); !checked) return Unexpected(checked.error());
  auto change = RegionChange::begin(*this, RegionChange::Views::refused);
  if (!change) return Unexpected(change.error());
  KeptMetadata kept = *this->kept();
  RegionChange::Plan plan{.size_bytes = bytes.size(),
                          .capacity = capacity_without_holes(bytes.size(), capacity_for(bytes.size()))};
  plan.patch.add(0, bytes);
  if (kept.form.versions_kept == 0) {
    if (auto prepared = (*change)->prepare(**raw, plan); !prepared) return Unexpected(prepared.error());
    if (auto written = RegionChange::write(**raw, {&*change, 1}); !written) return Unexpected(written.error());
    VersionKeeper keeper(**engine, **raw, directory_, **change, std::move(kept));
    if (auto published = keeper.publish_without(); !published) return Unexpected(published.error());
    change->reset();
    keeper.complete();
    count_write(bytes.size());
    return RegionVersion{};
  }
  VersionKeeper keeper(**engine, **raw, directory_, **change, std::move(kept));
  if (keeper.moves_extents()) {
    if (auto ended = end_last_block(**raw, **change); !ended) return Unexpected(ended.error());
    plan.leaves_old = true;
    plan.is_flushed = true;
    if (auto taken = keeper.take_bytes(); !taken) return Unexpected(taken.error());
  } else if (auto copied = keeper.copy_bytes(); !copied) {
    return Unexpected(copied.error());
  }
  if (auto prepared = (*change)->prepare(**raw, plan); !prepared) return Unexpected(prepared.error());
  if (auto written = RegionChange::write(**raw, {&*change, 1}); !written) return Unexpected(written.error());
  auto version = keeper.publish(true);
  change->reset();
  if (!version) return version;
  keeper.complete();
  count_write(bytes.size());
  return version;
}

Result<std::vector<RegionVersion>> RegionSpace::versions() const {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  std::vector<std::shared_ptr<RegionSpace>> kept;
  {
    const std::lock_guard lock(versions_mutex_);
    for (const auto& [number, version] : versions_) kept.push_back(version);
  }
  std::vector<RegionVersion> versions;
  for (const auto& version : kept) versions.push_back(RegionDirectory::version_of(*version));
  return versions;
}

Result<std::shared_ptr<RegionSpace>> RegionSpace::version(std::uint64_t number) const {
  const auto engine = enter();
  if (!engine) return Unexpected(engine.error());
  const std::lock_guard lock(versions_mutex_);
  if (const auto found = versions_.find(number); found != versions_.end()) return found->second;
  return Unexpected(Error{.code = ErrorCode::not_found,
                          .message = "the region keeps no version " + std::to_string(number)});
}

}  // namespace holdfast::region
