#include "scenario.hpp"

#include <algorithm>
#include <iterator>

#include "common/base/check.hpp"

namespace holdfast::lab {
namespace {

constexpr std::uint64_t kSegmentSizeBytes = std::uint64_t{64} << 10;

std::vector<Scenario> joined() {
  std::vector<Scenario> all;
  for (auto* const part : {&store_scenarios, &write_scenarios, &kv_scenarios, &ordered_scenarios, &value_scenarios, &cleaning_scenarios,
                           &log_scenarios, &truncation_scenarios, &end_scenarios, &compaction_scenarios, &space_scenarios, &durability_scenarios, &thread_scenarios, &fault_scenarios, &random_scenarios}) {
    auto some = part();
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  for (Scenario& one : all) {
    one.options.segment_size_bytes = kSegmentSizeBytes;
    one.options.recovery_threads = 1;
    one.options.clean_automatically = false;  // in a thread of its own it would come at any event
  }
  return all;
}

}  // namespace

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = joined();
  return all;
}

const Scenario& scenario(const std::string& name) {
  const auto found = std::find_if(scenarios().begin(), scenarios().end(),
                                  [&](const Scenario& one) { return one.name == name; });
  HOLDFAST_CHECK(found != scenarios().end());
  return *found;
}

}  // namespace holdfast::lab
