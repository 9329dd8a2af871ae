#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "region/extent_swap.hpp"
#include "region/region_change.hpp"
#include "region/region_directory.hpp"
#include "region/region_space.hpp"

namespace holdfast::region {

/// Keeps what a region holds as a version: a region without a name, sealed, that the catalog names in the same record in
/// which the region goes on and the oldest versions end.
///
/// Crash order, as in docs/durability.md "regions": (1) the version's bytes are durable; (2) one catalog record names it,
/// with its extents, forgets the versions that go, and says what becomes of the region; (3) room of those that went is
/// given out again when the last who looks at it lets go.
/// Threads: one; writers of the region are held off by `change`.
class VersionKeeper {
 public:
  VersionKeeper(Engine& engine, RawBytes& raw, RegionDirectory& directory, RegionChange& change, KeptMetadata kept)
      : engine_(engine), raw_(raw), directory_(directory), change_(change), kept_(std::move(kept)) {}

  /// Whether the region's extents can become the version's, as they can unless it is to be compressed.
  [[nodiscard]] bool moves_extents() const noexcept { return !kept_.form.compresses_versions; }

  /// Copies the bytes, compressed if that was asked for and saves room; durable.
  /// Errors: no_space, corruption, io.
  [[nodiscard]] Result<void> copy_bytes();

  /// Takes the region's extents, which the change leaves.
  /// Errors: corruption, io.
  [[nodiscard]] Result<void> take_bytes();

  /// (2), with the change if `is_changed`. Errors: no_space (nothing changed), io.
  [[nodiscard]] Result<RegionVersion> publish(bool is_changed);

  /// (2) of a change that keeps no version, and ends those that there are. Errors: as publish().
  [[nodiscard]] Result<void> publish_without();

  /// (3), when the change is gone: lookups by id find the version.
  void complete() noexcept;

 private:
  [[nodiscard]] Result<void> copy_plain();
  [[nodiscard]] Result<bool> copy_compressed();
  [[nodiscard]] Result<void> allocate(std::uint64_t size_bytes);
  [[nodiscard]] Result<void> make_durable();
  [[nodiscard]] Result<void> read(std::uint64_t offset, std::span<std::byte> bytes) const;
  [[nodiscard]] Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes);
  void find_victims();
  [[nodiscard]] std::vector<Space*> victim_spaces();
  void complete_removals();
  [[nodiscard]] KeptMetadata version_metadata() const;

  Engine& engine_;
  RawBytes& raw_;
  RegionDirectory& directory_;
  RegionChange& change_;
  KeptMetadata kept_;  // the region's

  std::vector<RawExtent> extents_;  // the version's
  std::optional<ExtentSwap> taken_;
  std::uint64_t stored_size_bytes_ = 0;
  bool is_compressed_ = false;
  std::vector<std::unique_ptr<RegionChange>> victims_;
  std::map<RegionId, std::shared_ptr<RegionSpace>> added_;  // one: a node for the directory
  std::vector<RegionId> gone_;
};

}  // namespace holdfast::region
