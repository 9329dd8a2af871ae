// The n-th sync, write or growth fails, for every n that the work reaches: the first error stays the answer
// of every later write, reads go on, and a store reopened from what a power cut leaves has all that was
// acknowledged.

#include <iostream>

#include <gtest/gtest.h>

#include "runner.hpp"

namespace holdfast::lab {
namespace {

using testing::CrashFaults;
using testing::MediumModel;

struct Case {
  std::string scenario;
  MediumModel model;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.scenario << " on " << name(one.model); }

constexpr std::uint64_t kImagesMax = 24;  // a crash point; the whole sets come in Lab
constexpr std::uint64_t kDeepEvery = 64;

class LabFaults : public ::testing::TestWithParam<Case> {
 protected:
  /// Runs with `fault` set to 1, 2, ... until the work no longer reaches it; returns how often it came.
  std::uint64_t sweep(std::uint64_t CrashFaults::*fault) {
    for (std::uint64_t n = 1;; ++n) {
      RunOptions options = run_options_from_environment();
      if (options.images_max == 0 || options.images_max > kImagesMax) options.images_max = kImagesMax;
      options.deep_every = kDeepEvery;
      options.faults.*fault = n;
      const LabReport report = run_scenario(scenario(GetParam().scenario), GetParam().model, options);
      std::cout << report.to_string() << ", failing=" << n << '\n';
      for (const std::string& violation : report.first_violations)
        ADD_FAILURE() << "failing " << n << ": " << violation;
      EXPECT_EQ(report.violations, 0u);
      if (!report.fault_happened || ::testing::Test::HasFailure()) return n - 1;
    }
  }
};

class LabSyncFaults : public LabFaults {};

TEST_P(LabSyncFaults, FirstErrorStaysAndNothingAcknowledgedIsLost) {
  EXPECT_GT(sweep(&CrashFaults::failing_sync), 2u);
}

class LabWriteFaults : public LabFaults {};

TEST_P(LabWriteFaults, FirstErrorStaysAndNothingAcknowledgedIsLost) {
  EXPECT_GT(sweep(&CrashFaults::failing_write), 0u);
}

class LabGrowFaults : public LabFaults {};

TEST_P(LabGrowFaults, NoSpaceChangesNothing) { EXPECT_GT(sweep(&CrashFaults::failing_grow), 0u); }

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  return info.param.scenario + "_" + std::string(name(info.param.model));
}

std::vector<Case> cases(std::initializer_list<MediumModel> models, std::initializer_list<const char*> names) {
  std::vector<Case> all;
  for (const char* const one : names)
    for (const MediumModel model : models) all.push_back({one, model});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Syncs, LabSyncFaults,
                         ::testing::ValuesIn(cases({MediumModel::pages},
                                                   {"fault_in_puts", "fault_in_batches", "fault_in_sync",
                                                    "fault_in_extents", "fault_in_appends", "fault_in_compaction"})),
                         case_name);
// Where syncs are shared, all but buffered writes go by commit(), whose failures the first suite has.
INSTANTIATE_TEST_SUITE_P(Writes, LabWriteFaults,
                         ::testing::Values(Case{"fault_in_sync", MediumModel::cache_lines},
                                           Case{"fault_in_extents", MediumModel::cache_lines},
                                           Case{"fault_in_appends", MediumModel::cache_lines},
                                           Case{"fault_in_compaction", MediumModel::cache_lines},
                                           Case{"fault_in_compaction", MediumModel::pages},
                                           Case{"fault_in_sync", MediumModel::pages}),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Growth, LabGrowFaults,
                         ::testing::ValuesIn(cases({MediumModel::cache_lines, MediumModel::pages},
                                                   {"fault_in_extents", "fault_in_appends"})),
                         case_name);

}  // namespace
}  // namespace holdfast::lab
