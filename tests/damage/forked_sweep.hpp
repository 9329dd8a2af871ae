#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::damage {

/// What became of a store that was damaged once.
enum class Outcome : std::uint8_t {
  unharmed,  ///< Everything is there: the byte is in no use, or a second copy served.
  refused,   ///< It does not open, with a typed error.
  detected,  ///< A read of what was hit answers `corruption`.
  reported,  ///< Recovery has reported the loss.
  dropped,   ///< The last record of a store that was not closed passed for a torn tail, and was counted as one.
  wrong,     ///< Wrong data, a loss that nobody reported, an error of the wrong kind.
};
inline constexpr std::size_t kOutcomeCount = 6;
[[nodiscard]] std::string_view name(Outcome outcome) noexcept;

struct Verdict {
  Outcome outcome = Outcome::unharmed;
  std::string wrong{};  ///< What is wrong, if something is.
};

struct SweepReport {
  std::array<std::uint64_t, kOutcomeCount> outcomes{};
  std::uint64_t trials = 0;
  std::vector<std::string> wrong{};  ///< The first few, with the number of their trial.
  std::vector<std::uint64_t> deaths{};
  std::vector<std::uint64_t> hangs{};

  /// "trials=12, unharmed=3, ...".
  [[nodiscard]] std::string to_string() const;
};

/// Calls `trial(i)` for each i below `count` in a forked child, with bounded memory and time for each. A trial that
/// ends the child, or hangs, is noted, and another child goes on behind it.
[[nodiscard]] SweepReport forked_sweep(std::uint64_t count, const std::function<Verdict(std::uint64_t)>& trial);

}  // namespace holdfast::damage
