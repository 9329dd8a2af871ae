#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "subject.hpp"

namespace holdfast::damage {

/// Which of a sweep's trials run: the first-th and each `every`-th behind it.
struct Sample {
  std::uint64_t every = 1;
  std::uint64_t first = 0;
};

/// As two environment variables say, where they are set. `every` is best a prime, so that it meets all kinds of bytes.
[[nodiscard]] Sample sample_of(const char* every_variable, const char* first_variable, std::uint64_t default_every);

struct Case {
  const char* medium;  ///< Its name.
  std::unique_ptr<Medium> (*make)();
  Ending ending;
  Sample bytes;  ///< Of the sweeps that take one byte a trial.
  Sample runs;   ///< Of the others.
};

void PrintTo(const Case& one, std::ostream* out);
[[nodiscard]] std::string name_of(const ::testing::TestParamInfo<Case>& info);

/// A store that is damaged in many ways, on any medium.
class Damage : public ::testing::TestWithParam<Case> {
 protected:
  Damage() : subject_(GetParam().make(), GetParam().ending) {}

  /// The store as it is must pass.
  void SetUp() override;

  /// Runs the sample's trials, of `count`; fails for wrong data, deaths and hangs; prints what came out.
  SweepReport sweep(const char* what, Sample sample, std::uint64_t count,
                    const std::function<Verdict(std::uint64_t)>& trial);

  Subject subject_;
};

}  // namespace holdfast::damage
