// The tester's own proof where it is not the lab that notices: with a step left out, tests of other rooms must fail.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <iostream>
#include <string>
#include <vector>

#include "cli/program.hpp"
#include "mutants/mutants.hpp"

namespace holdfast {
namespace {

struct Noticing {
  std::string program;
  std::string test;
};

struct Row {
  Mutant mutant;
  std::string name;
  std::vector<Noticing> tests;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

std::vector<Row> rows() {
  return {
      {Mutant::directory_not_synced,
       "directory_not_synced",
       {{HOLDFAST_CONTRACT_TEST, "FileStorage.CreateMakesBytesDurableBeforeTheNameAndTheNameBeforeItReturns"},
        {HOLDFAST_CONTRACT_TEST, "FileStorage.AStoreIsLockedUntilItsNameIsDurable"}}},
      {Mutant::no_segment_in_seed,
       "no_segment_in_seed",
       {{HOLDFAST_UNIT_TEST, "SliceSeed.DependsOnSecretSegmentAndEpoch"},
        {HOLDFAST_UNIT_TEST, "FormatExample.*"}}},
      {Mutant::no_secret_in_seed,
       "no_secret_in_seed",
       {{HOLDFAST_UNIT_TEST, "SliceSeed.DependsOnSecretSegmentAndEpoch"},
        {HOLDFAST_UNIT_TEST, "SliceHeader.OneOfAnotherPlaceSegmentOrStoreIsRefused"}}},
      {Mutant::no_offset_in_seed,
       "no_offset_in_seed",
       {{HOLDFAST_UNIT_TEST, "PlaceSeed.DiffersAtEveryEightByteStep"},
        {HOLDFAST_UNIT_TEST, "FormatExample.*"}}},
      {Mutant::watermark_not_heeded,
       "watermark_not_heeded",
       {{HOLDFAST_KV_TEST, "*KvDamage.FoundAtOpenIsReportedAndTheRestIsThere*"},
        {HOLDFAST_LOG_TEST, "*LogDamage.InTheMiddleOfAStoreThatWasNotClosedIsNoTornTail*"},
        {HOLDFAST_UNIT_TEST, "SegmentScan.ALaterWatermarkMakesABadRecordDamage"}}},
  };
}

/// The exit status of `one`, with `mutant` at work in it.
int run(const Noticing& one, Mutant mutant) {
  ::setenv("HOLDFAST_MUTANT", std::to_string(static_cast<int>(mutant)).c_str(), 1);
  const test::ProgramResult result = test::run_program(one.program, {"--gtest_filter=" + one.test}, {});
  ::unsetenv("HOLDFAST_MUTANT");
  EXPECT_EQ(result.output.find("Running 0 tests"), std::string::npos) << "there is no test " << one.test;
  return result.exit_code;
}

class Mutants : public ::testing::TestWithParam<Row> {};

TEST_P(Mutants, AreNoticedByEachOfTheirTests) {
  constexpr int kTestsFailed = 1;
  ASSERT_GE(GetParam().tests.size(), 2u);
  for (const Noticing& one : GetParam().tests) {
    EXPECT_EQ(run(one, GetParam().mutant), kTestsFailed) << one.test << " does not see it";
    EXPECT_EQ(run(one, Mutant::none), 0) << one.test;
    std::cout << "mutant=" << GetParam().name << ", noticed by " << one.test << '\n';
  }
}

INSTANTIATE_TEST_SUITE_P(All, Mutants, ::testing::ValuesIn(rows()), [](const auto& one) { return one.param.name; });

TEST(MutantsTable, HasOneRowForEachOfItsMutants) {
  std::vector<Mutant> listed;
  for (const Row& row : rows()) listed.push_back(row.mutant);
  EXPECT_EQ(listed, mutants_of(MutantTable::tests));
}

}  // namespace
}  // namespace holdfast
