#pragma once

#include <cstdint>

#include "lane_operations.hpp"
#include "lane_spaces.hpp"

namespace holdfast::lanes {

/// Carries out the operations of one lane, one after the other; each is durable when apply() returns.
/// Threads: one.
class LaneWriter {
 public:
  /// Goes on behind operation `done`.
  LaneWriter(Spaces& spaces, std::uint64_t seed, std::uint32_t lane, std::uint64_t done);

  /// Operation number() + 1. Errors: as the calls it makes.
  [[nodiscard]] Result<void> apply();

  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

 private:
  [[nodiscard]] Result<void> apply_kv();
  [[nodiscard]] Result<void> apply_append();
  [[nodiscard]] Result<void> apply_region();
  [[nodiscard]] Result<void> apply_batch();

  Spaces& spaces_;
  std::uint64_t seed_;
  std::uint32_t lane_;
  std::uint64_t number_;
  RegionScript region_script_;
};

}  // namespace holdfast::lanes
