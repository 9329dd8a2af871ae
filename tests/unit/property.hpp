#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>

namespace holdfast {

/// The seed of every property: HOLDFAST_SEED, else always the same.
[[nodiscard]] inline std::uint64_t property_seed() {
  const char* const chosen = std::getenv("HOLDFAST_SEED");
  return chosen != nullptr ? std::strtoull(chosen, nullptr, 10) : 20'240'601;
}

/// Checks `property` with `case_count` random cases; fails the test with the smallest case that breaks it.
template <class Property>
void check_property(int case_count, Property&& property) {
  const auto* const test = ::testing::UnitTest::GetInstance()->current_test_info();
  rc::detail::TestMetadata metadata;
  metadata.id = metadata.description = std::string(test->test_suite_name()) + "." + test->name();
  rc::detail::TestParams params;
  params.seed = property_seed();
  params.maxSuccess = case_count;
  // the library prints its own seed at first use: let it be this one
  ::setenv("RC_PARAMS", ("seed=" + std::to_string(params.seed)).c_str(), 0);
  const auto result = rc::detail::checkTestable(std::forward<Property>(property), metadata, params);
  if (result.template is<rc::detail::SuccessResult>()) return;
  std::ostringstream message;
  rc::detail::printResultMessage(result, message);
  FAIL() << "HOLDFAST_SEED=" << params.seed << "\n" << message.str();
}

}  // namespace holdfast
