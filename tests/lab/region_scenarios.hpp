#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "region_actor.hpp"

namespace holdfast::lab {

/// What is done to regions before the power is cut; acts on a closed store with the regions "a" of 3,000 bytes and "b" of
/// 70,000.
struct RegionScenario {
  std::string name;
  std::function<void(RegionActor&)> act;
  std::uint64_t images_max = 0;  ///< Of a crash point; 0: all.
  std::uint64_t deep_every = 1;  ///< One of that many crash points gets crashes inside recovery, and is written on.
};

[[nodiscard]] std::vector<RegionScenario> region_scenarios();       // of plain regions
[[nodiscard]] std::vector<RegionScenario> region_form_scenarios();  // punched, checked, mirrored, sealed; versions

}  // namespace holdfast::lab
