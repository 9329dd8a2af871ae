// The tester's own proof: with one ordering step left out, the lab must complain, in two scenarios or more.

#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/mutant.hpp"
#include "runner.hpp"

namespace holdfast::lab {
namespace {

using testing::MediumModel;

struct Catch {
  std::string scenario;
  MediumModel model;
  std::uint64_t failing_sync = 0;
  bool second_stage = false;  ///< Seen only by what comes behind the scenario's own images.
};

struct Row {
  Mutant mutant;
  std::string name;
  std::vector<Catch> catches;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

std::vector<Row> rows() {
  constexpr auto kLines = MediumModel::cache_lines;
  constexpr auto kPages = MediumModel::pages;
  return {
      {Mutant::no_fence_in_put,
       "no_fence_in_put",
       {{"put", kLines}, {"overwrite", kLines}, {"erase", kLines}}},
      {Mutant::no_sync_in_group_commit,
       "no_sync_in_group_commit",
       {{"put", kPages}, {"batch", kPages}, {"erase", kPages}}},
      {Mutant::no_epoch_in_seed,
       "no_epoch_in_seed",
       {{"torn_first_record", kPages, 0, true}, {"buffered_over_segments", kPages, 0, true}}},
      {Mutant::extents_after_catalog,
       "extents_after_catalog",
       {{"large_value", kLines}, {"overwrite_large", kPages}, {"fault_in_extents", kLines}}},
      {Mutant::forgotten_sync_error,
       "forgotten_sync_error",
       {{"fault_in_puts", kPages, 5}, {"fault_in_sync", kPages, 5}}},
      {Mutant::trailer_not_checked,
       "trailer_not_checked",
       {{"batch", kLines},
        {"batch", kPages},
        {"append_batch", kLines},
        {"append_batch_buffered", kPages},
        {"commit_over_stream_and_keys", kLines},
        {"commit_buffered", kPages}}},
      {Mutant::id_shown_early,
       "id_shown_early",
       {{"append", kLines},
        {"append", kPages},
        {"append_batch", kLines},
        {"append_batch", kPages},
        {"commit_over_stream_and_keys", kLines},
        {"commit_over_stream_and_keys", kPages}}},
  };
}

LabReport run(const Catch& one) {
  RunOptions options = run_options_from_environment();
  options.stops_at_first = true;
  options.images_max = 0;  // whatever the environment asks for: one image may be the only one that shows it
  options.deep_every = 1;
  options.second_stage = one.second_stage;
  options.faults.failing_sync = one.failing_sync;
  return run_scenario(scenario(one.scenario), one.model, options);
}

class Activated {
 public:
  explicit Activated(Mutant mutant) { active_mutant = mutant; }
  ~Activated() { active_mutant = Mutant::none; }
  Activated(const Activated&) = delete;
  Activated& operator=(const Activated&) = delete;
};

class LabMutants : public ::testing::TestWithParam<Row> {};

TEST_P(LabMutants, IsCaughtByEachOfItsScenarios) {
  ASSERT_GE(GetParam().catches.size(), 2u);
  for (const Catch& one : GetParam().catches) {
    LabReport report;
    {
      const Activated activated(GetParam().mutant);
      report = run(one);
    }
    std::cout << "lab: mutant=" << GetParam().name << ", caught by " << one.scenario << ": "
              << (report.first_violations.empty() ? "nothing" : report.first_violations.front()) << '\n';
    EXPECT_GT(report.violations, 0u) << one.scenario << " on " << name(one.model) << " does not see it";
  }
}

TEST_P(LabMutants, WithoutItThoseScenariosAreSilent) {
  for (const Catch& one : GetParam().catches) {
    RunOptions options = run_options_from_environment();
    options.images_max = 8;  // the whole sets come in Lab
    options.faults.failing_sync = one.failing_sync;
    const LabReport report = run_scenario(scenario(one.scenario), one.model, options);
    EXPECT_EQ(report.violations, 0u) << one.scenario;
  }
}

INSTANTIATE_TEST_SUITE_P(All, LabMutants, ::testing::ValuesIn(rows()),
                         [](const auto& one) { return one.param.name; });

/// The compiler complains here when the enum gets a value that this table does not know.
bool is_mutant(Mutant mutant) {
  switch (mutant) {
    case Mutant::no_fence_in_put:
    case Mutant::no_sync_in_group_commit:
    case Mutant::no_epoch_in_seed:
    case Mutant::extents_after_catalog:
    case Mutant::forgotten_sync_error:
    case Mutant::trailer_not_checked:
    case Mutant::id_shown_early:
      return true;
    case Mutant::none:
      return false;
  }
  return false;
}

TEST(LabMutantsTable, HasOneRowForEveryMutant) {
  std::map<Mutant, int> rows_of;
  for (const Row& row : rows()) ++rows_of[row.mutant];
  int mutants = 0;
  for (int value = 1; is_mutant(static_cast<Mutant>(value)); ++value, ++mutants)
    EXPECT_EQ(rows_of[static_cast<Mutant>(value)], 1) << "mutant " << value;
  EXPECT_EQ(rows_of.size(), static_cast<std::size_t>(mutants));
}

}  // namespace
}  // namespace holdfast::lab
