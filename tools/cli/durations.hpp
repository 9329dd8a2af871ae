#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace holdfast::cli {

/// Time of "200ms", "10s", "5min", "12h", "7d"; a bare number is seconds. Nothing for anything else, and for more than
/// a year.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept;

}  // namespace holdfast::cli
