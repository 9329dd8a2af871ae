#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <holdfast/testing/crash_images.hpp>
#include <holdfast/testing/crash_storage.hpp>

#include "scenario.hpp"

namespace holdfast::lab {

struct RunOptions {
  bool stops_at_first = false;  ///< A violation ends the run.
  std::uint64_t seed = 1;
  std::uint64_t images_max = 0;  ///< A crash point; 0: all.
  std::uint64_t deep_every = 0;  ///< Overrides the scenario's; 0: the scenario's.
  bool second_stage = true;      ///< Also read-only open, crash inside recovery, writing on, kill.
  testing::ImageSet set = testing::ImageSet::whole;
  testing::CrashFaults faults{};  ///< What shall fail in the act.
  std::uint64_t first_point = 0;
  std::uint64_t last_point = UINT64_MAX;
};

/// The options that the environment asks for: HOLDFAST_LAB_SEED, HOLDFAST_LAB_IMAGES_MAX,
/// HOLDFAST_LAB_DEEP_EVERY, HOLDFAST_LAB_EVENT.
[[nodiscard]] RunOptions run_options_from_environment();

struct LabReport {
  std::string scenario;
  testing::MediumModel model{};
  std::uint64_t seed = 0;
  std::uint64_t events = 0;
  std::uint64_t points = 0;          ///< Crash points that were to be looked at: events from the watched one on.
  std::uint64_t points_imaged = 0;   ///< Of them, those that an image was made of.
  std::uint64_t images = 0;      ///< Held against the model, over all crash points and stages.
  std::uint64_t recoveries = 0;  ///< Stores that were really opened for it: equal images are opened once.
  bool fault_happened = false;
  std::uint64_t violations = 0;
  std::vector<std::string> first_violations;

  /// "lab: scenario=put, model=pages, events=31, images=812, ..."
  [[nodiscard]] std::string to_string() const;
};

/// Runs a scenario on one model: prepares, records the act, then recovers and judges every image.
[[nodiscard]] LabReport run_scenario(const Scenario& scenario, testing::MediumModel model,
                                     const RunOptions& options);

}  // namespace holdfast::lab
