#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <holdfast/holdfast.hpp>

#include "forgery.hpp"

namespace holdfast::fuzz {

/// What became of a forged store that was opened, read, verified, written to, closed and opened again.
struct Verdict {
  std::optional<Error> refused{};  ///< Why it did not open.
  std::uint64_t sealed = 0;        ///< Checks of it that were made right.
  std::uint64_t damage = 0;        ///< Places that verify() has named.
  std::uint64_t errors = 0;        ///< Calls that answered a typed error.
  std::string wrong{};             ///< What must not happen, if it did.
};

/// A death, a sanitizer's report and a hang are the caller's to notice.
[[nodiscard]] Verdict exercise(const Forgery& forgery);

/// The body of the fuzzer: forge() and exercise().
[[nodiscard]] Verdict run_input(std::span<const std::uint8_t> input);

}  // namespace holdfast::fuzz
