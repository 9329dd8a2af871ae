// Every scenario on both media: each image that a power cut could leave recovers to what was promised.

#include <iostream>

#include <gtest/gtest.h>

#include "runner.hpp"

namespace holdfast::lab {
namespace {

struct LabCase {
  const Scenario* scenario;
  testing::MediumModel model;
};

void PrintTo(const LabCase& one, std::ostream* out) { *out << one.scenario->name << " on " << name(one.model); }

std::vector<LabCase> lab_cases() {
  std::vector<LabCase> all;
  for (const Scenario& scenario : scenarios())
    for (const auto model : {testing::MediumModel::cache_lines, testing::MediumModel::pages})
      all.push_back({&scenario, model});
  return all;
}

class Lab : public ::testing::TestWithParam<LabCase> {};

TEST_P(Lab, EveryImageKeepsThePromise) {
  const LabReport report =
      run_scenario(*GetParam().scenario, GetParam().model, run_options_from_environment());
  std::cout << report.to_string() << '\n';
  for (const std::string& violation : report.first_violations) ADD_FAILURE() << violation;
  EXPECT_EQ(report.violations, 0u);
  EXPECT_EQ(report.points_imaged, report.points) << "a crash point without an image";
  EXPECT_GT(report.points, 1u);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Lab, ::testing::ValuesIn(lab_cases()), [](const auto& one) {
  return one.param.scenario->name + "_" + std::string(name(one.param.model));
});

}  // namespace
}  // namespace holdfast::lab
