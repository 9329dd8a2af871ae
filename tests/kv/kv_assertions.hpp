#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include <holdfast/kv.hpp>

#include "contract/storage_test_support.hpp"

namespace holdfast {

/// A value as a failure message may show it: large ones by their size and begin.
[[nodiscard]] inline std::string shown(std::string_view value) {
  if (value.size() <= 60) return "\"" + std::string(value) + "\"";
  return std::to_string(value.size()) + " bytes \"" + std::string(value.substr(0, 20)) + "...\"";
}

/// Whether `key` holds exactly `value`.
[[nodiscard]] inline ::testing::AssertionResult holds(const Kv& space, std::string_view key,
                                                      std::string_view value) {
  const auto found = space.get(key);
  if (!found) return ok(found);
  if (!*found) return ::testing::AssertionFailure() << shown(key) << " is absent";
  if (**found == value) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << shown(key) << " holds " << shown(**found) << " instead of " << shown(value);
}

[[nodiscard]] inline ::testing::AssertionResult is_absent(const Kv& space, std::string_view key) {
  const auto found = space.get(key);
  if (!found) return ok(found);
  if (!*found) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << shown(key) << " holds " << shown(**found);
}

/// Whether an operation that answers yes or no has said `expected`.
[[nodiscard]] inline ::testing::AssertionResult says(bool expected, const Result<bool>& answer) {
  if (!answer) return ok(answer);
  if (*answer == expected) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << (*answer ? "true" : "false");
}

[[nodiscard]] inline ::testing::AssertionResult has_size(const Kv& space, std::uint64_t expected) {
  const auto size = space.size();
  if (!size) return ok(size);
  if (*size == expected) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << *size << " keys instead of " << expected;
}

}  // namespace holdfast
