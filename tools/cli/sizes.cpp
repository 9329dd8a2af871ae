#include "cli/sizes.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace holdfast::cli {
namespace {

constexpr std::string_view kUnits = "KMGT";

/// Power of 1024 named by `unit`, or nothing.
std::optional<unsigned> unit_power(std::string_view unit) noexcept {
  if (unit.empty() || unit == "B") return 0;
  const char letter = unit.front() >= 'a' ? static_cast<char>(unit.front() - 'a' + 'A') : unit.front();
  const auto position = kUnits.find(letter);
  if (position == std::string_view::npos) return std::nullopt;
  if (unit.size() != 1 && unit.substr(1) != "iB") return std::nullopt;
  return static_cast<unsigned>(position + 1);
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc{}) return std::nullopt;
  const auto power = unit_power(text.substr(static_cast<std::size_t>(end - text.data())));
  if (!power) return std::nullopt;
  const unsigned shift = *power * 10;
  if (number > (std::numeric_limits<std::uint64_t>::max() >> shift)) return std::nullopt;
  return number << shift;
}

std::string format_size(std::uint64_t size_bytes) {
  unsigned power = 0;
  while (power < kUnits.size() && (size_bytes >> (10 * (power + 1))) != 0) ++power;
  if (power == 0) return fmt::format("{} B", size_bytes);
  const std::uint64_t unit = std::uint64_t{1} << (10 * power);
  const char letter = kUnits[power - 1];
  if (size_bytes % unit == 0) return fmt::format("{} {}iB", size_bytes / unit, letter);
  return fmt::format("{:.1f} {}iB", static_cast<double>(size_bytes) / static_cast<double>(unit), letter);
}

}  // namespace holdfast::cli
