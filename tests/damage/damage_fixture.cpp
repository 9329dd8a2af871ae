#include "damage_fixture.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace holdfast::damage {
namespace {

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

Sample sample_of(const char* every_variable, const char* first_variable, std::uint64_t default_every) {
  return {std::max<std::uint64_t>(1, number_in(every_variable, default_every)), number_in(first_variable, 0)};
}

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.medium << (one.ending == Ending::closed ? ", closed" : ", killed");
}

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  return std::string(info.param.medium) + (info.param.ending == Ending::closed ? "_closed" : "_killed");
}

void Damage::SetUp() {
  ASSERT_FALSE(HasFailure());
  const Verdict whole = subject_.judge(subject_.image(), Extent::byte, true);
  ASSERT_EQ(whole.outcome, Outcome::unharmed) << whole.wrong;
}

SweepReport Damage::sweep(const char* what, Sample sample, std::uint64_t count,
                          const std::function<Verdict(std::uint64_t)>& trial) {
  const std::uint64_t chosen = count > sample.first ? (count - sample.first - 1) / sample.every + 1 : 0;
  const auto nth = [sample](std::uint64_t i) { return sample.first + i * sample.every; };
  const SweepReport report = forked_sweep(chosen, [&](std::uint64_t i) {
    Verdict verdict = trial(nth(i));
    if (!verdict.wrong.empty()) verdict.wrong = std::to_string(nth(i)) + " of the sweep: " + verdict.wrong;
    return verdict;
  });
  for (const std::string& wrong : report.wrong) ADD_FAILURE() << what << ", " << wrong;
  for (const std::uint64_t i : report.deaths) ADD_FAILURE() << what << ", " << nth(i) << " of the sweep ended the process";
  for (const std::uint64_t i : report.hangs) ADD_FAILURE() << what << ", " << nth(i) << " of the sweep hangs";
  EXPECT_EQ(report.trials, chosen);
  if (GetParam().ending == Ending::closed) {
    EXPECT_EQ(report.outcomes[static_cast<std::size_t>(Outcome::dropped)], 0u) << "nothing is torn in a closed store";
  }
  std::cout << "damage: " << what << ", one in " << sample.every << " of " << count << ", " << report.to_string() << '\n';
  return report;
}

}  // namespace holdfast::damage
