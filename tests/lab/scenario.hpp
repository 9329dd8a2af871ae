#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <holdfast/options.hpp>
#include <holdfast/testing/crash_storage.hpp>

#include "actor.hpp"

namespace holdfast::lab {

/// What the lab shall cut the power in. Prepare and act say what is done; what must hold afterwards is the
/// same for all of them (History) and said nowhere else.
struct Scenario {
  std::string name;
  /// Fills the store before anything is recorded; it is closed cleanly behind it. Not there: act finds an
  /// empty medium and creates the store.
  std::function<void(Actor&)> prepare;
  /// What is recorded, opening the store included. Crashes come behind each of its events.
  std::function<void(Actor&)> act;
  std::uint64_t size_bytes = std::uint64_t{384} << 10;
  std::uint64_t max_size_bytes = std::uint64_t{1} << 20;
  Options options{};
  /// One of that many images gets the second stage: read-only open, crash inside recovery, writing on. The
  /// first two of each crash point, none and all, always do.
  std::uint64_t deep_every = 4;
};

/// Of a small value.
inline constexpr std::size_t kValueBytes = 40;

/// Makes the space "users" and puts its first keys.
template <std::uint64_t kKeys>
void prepare_keys(Actor& actor) {
  actor.space("users");
  for (std::uint64_t i = 0; i < kKeys; ++i) actor.put("users", key_of(i), value_of(i, kValueBytes));
}

/// Acts made up by a seed. Those from HOLDFAST_LAB_RANDOM_FIRST (default 1) on run, HOLDFAST_LAB_RANDOM_COUNT
/// of them.
inline constexpr std::uint64_t kRandomScenarioCount = 4;
[[nodiscard]] Scenario random_scenario(std::uint64_t seed);

/// Every scenario, in the order in which a reader would want them.
[[nodiscard]] const std::vector<Scenario>& scenarios();

/// The scenario of that name. Requires: there is one.
[[nodiscard]] const Scenario& scenario(const std::string& name);

// One function a file; scenarios() joins them.
[[nodiscard]] std::vector<Scenario> store_scenarios();       // create, open, close, recovery
[[nodiscard]] std::vector<Scenario> write_scenarios();       // put, overwrite, erase, batch
[[nodiscard]] std::vector<Scenario> kv_scenarios();          // several keys in one call, conditional, without waiting
[[nodiscard]] std::vector<Scenario> ordered_scenarios();     // ordered spaces
[[nodiscard]] std::vector<Scenario> cleaning_scenarios();    // segments that are cleaned, spaces that are dropped
[[nodiscard]] std::vector<Scenario> value_scenarios();       // compressed values, keys that expire
[[nodiscard]] std::vector<Scenario> log_scenarios();         // appends, batches over streams and keys
[[nodiscard]] std::vector<Scenario> truncation_scenarios();  // streams whose begin goes, and that are dropped
[[nodiscard]] std::vector<Scenario> end_scenarios();         // streams whose end goes
[[nodiscard]] std::vector<Scenario> compaction_scenarios();  // streams of which records are left out
[[nodiscard]] std::vector<Scenario> space_scenarios();       // growth, rollover, large values, publishing
[[nodiscard]] std::vector<Scenario> durability_scenarios();  // buffered, interval, mixed, kill and power cut
[[nodiscard]] std::vector<Scenario> thread_scenarios();      // two threads
[[nodiscard]] std::vector<Scenario> fault_scenarios();       // a sync that fails

[[nodiscard]] std::vector<Scenario> random_scenarios();  // made up by a seed

}  // namespace holdfast::lab
