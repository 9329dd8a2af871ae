#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "common/engine/engine.hpp"
#include "common/engine/engine_gate.hpp"
#include "common/engine/sync_follower.hpp"
#include "region/region_space.hpp"

namespace holdfast::region {

/// The regions of a store by name and by id.
/// Threads: any number of callers.
class RegionDirectory final : public SyncFollower {
 public:
  RegionDirectory(std::shared_ptr<EngineGate> gate, bool counts) : gate_(std::move(gate)), counts_(counts) {}

  /// The region of `space`; if there is none yet, made of what the catalog says: recovery found it, or memory ran out
  /// when it was created.
  /// Errors: corruption (its extents leave a gap, end before its size does, or are not of its form; its metadata is
  ///         none).
  [[nodiscard]] Result<std::shared_ptr<RegionSpace>> recover(Engine& engine, Space& space);

  /// All regions, and which are versions of which. Before anybody else uses the store.
  /// Errors: corruption (as above; a version of no region).
  [[nodiscard]] Result<void> recover_all(Engine& engine);

  /// Null if there is no region of that name.
  [[nodiscard]] std::shared_ptr<RegionSpace> find(std::string_view name) const;

  /// Errors: not_found (removed, or never given out).
  [[nodiscard]] Result<std::shared_ptr<RegionSpace>> find(RegionId id) const;

  /// A new region with all that `region` says, durable on return. Errors: Engine::create_space's, too_large, exists.
  [[nodiscard]] Result<std::shared_ptr<RegionSpace>> create(Engine& engine, const NewRegion& region,
                                                            std::uint64_t size_bytes_max);

  /// Of the regions whose name begins with `prefix`, by name.
  [[nodiscard]] Result<std::vector<RegionInfo>> infos(std::string_view prefix) const;

  [[nodiscard]] Result<void> rename(Engine& engine, RegionSpace& region, std::string_view name);
  [[nodiscard]] Result<void> remove(Engine& engine, RegionSpace& region);

  [[nodiscard]] Result<void> sync(RawBytes& raw, const std::function<Result<void>()>& drain) override;

  [[nodiscard]] static RegionId id_of(const Engine& engine, SpaceId space) noexcept;

  /// A region that nobody finds yet.
  [[nodiscard]] std::shared_ptr<RegionSpace> make(const Engine& engine, Space& space, std::string name, ExtentTable table,
                                                  std::uint64_t size_bytes, bool may_be_dirty,
                                                  const KeptMetadata& kept);

  /// Found by id from now on, and not any more. Requires: no lock of a region is held.
  void exchange(std::map<RegionId, std::shared_ptr<RegionSpace>> added, std::span<const RegionId> gone) noexcept;

  [[nodiscard]] static RegionVersion version_of(const RegionSpace& version);

 private:
  [[nodiscard]] Result<std::shared_ptr<RegionSpace>> recover(Engine& engine, Space& space, RegionBytes bytes);
  [[nodiscard]] Result<void> link_versions(const Engine& engine);
  std::shared_ptr<RegionSpace> add(std::shared_ptr<RegionSpace> region);
  void forget(const RegionSpace& region) noexcept;

  std::shared_ptr<EngineGate> gate_;
  const bool counts_;
  mutable std::mutex mutex_;  // held over a region's rename and removal: both are rare, and change the maps
  std::map<std::string, std::shared_ptr<RegionSpace>, std::less<>> by_name_;
  std::map<RegionId, std::shared_ptr<RegionSpace>> by_id_;
};

}  // namespace holdfast::region
