#pragma once

#include <memory>
#include <vector>

#include <holdfast/batch.hpp>

#include "region/region_change.hpp"
#include "region/region_space.hpp"

namespace holdfast {

/// What a batch does to regions: one change of each, in the order of their ids. While it lives these regions' other
/// writers wait.
///
/// Crash order, as in docs/durability.md "batch": (1) new extents hold the bytes, durable; then one catalog record names
/// them all: that of publish(), or the one that decides the batch's records.
/// Threads: one.
class BatchRegions {
 public:
  explicit BatchRegions(const Batch& batch) : batch_(batch) {}

  /// Holds the regions' writers off and takes room. Errors: as Region::update(), nothing changed.
  [[nodiscard]] Result<void> prepare(RawBytes& raw);

  /// Whether no region changes at all. Behind prepare().
  [[nodiscard]] bool are_unchanged() const noexcept { return changes_.empty(); }

  /// (1) of all. Errors: io, locked.
  [[nodiscard]] Result<void> write(RawBytes& raw) { return region::RegionChange::write(raw, changes_); }

  /// What the record must say.
  [[nodiscard]] std::vector<CatalogEntry> entries() const;

  /// What has become of that record: the regions show their new bytes, or the old ones as before.
  void finish(const Result<void>& outcome) noexcept;

  /// The record, if there is nothing else to it. Errors: no_space (nothing changed), io.
  [[nodiscard]] Result<void> publish(RawBytes& raw);

 private:
  [[nodiscard]] std::vector<region::RegionSpace*> regions() const;
  [[nodiscard]] std::vector<region::RegionSpace::Step> steps_of(const region::RegionSpace& region) const;

  const Batch& batch_;
  std::vector<std::unique_ptr<region::RegionChange>> changes_;
};

}  // namespace holdfast
