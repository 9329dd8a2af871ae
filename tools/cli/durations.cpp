#include "cli/durations.hpp"

#include <charconv>
#include <cstdint>

namespace holdfast::cli {
namespace {

std::optional<std::uint64_t> milliseconds_of(std::string_view unit) noexcept {
  if (unit == "ms") return 1;
  if (unit.empty() || unit == "s") return 1'000;
  if (unit == "min") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return 86'400'000;
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept {
  constexpr std::uint64_t kYearMs = std::uint64_t{366} * 24 * 60 * 60 * 1'000;
  std::uint64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc{}) return std::nullopt;
  const auto unit = milliseconds_of(text.substr(static_cast<std::size_t>(end - text.data())));
  if (!unit || number > kYearMs / *unit) return std::nullopt;
  return std::chrono::milliseconds(number * *unit);
}

}  // namespace holdfast::cli
