#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace holdfast::lanes {

/// What a lane calls.
enum class Facade : std::uint32_t { kv, log, region, batch };

[[nodiscard]] constexpr std::string_view name(Facade facade) noexcept {
  constexpr std::array<std::string_view, 4> names{"kv", "log", "region", "batch"};
  return names[static_cast<std::uint32_t>(facade)];
}

/// One thread a lane: it carries out operations 1, 2, 3, ... of its own, each one acknowledged before the
/// next begins. So the end of its process leaves at most one of them in flight.
inline constexpr std::array kLanes{Facade::kv,  Facade::kv,     Facade::log,
                                   Facade::log, Facade::region, Facade::batch};

/// Names of the spaces that the lanes share.
inline constexpr std::string_view kKvName = "kv";
inline constexpr std::string_view kLogName = "log";
inline constexpr std::string_view kRegionName = "region";
inline constexpr std::string_view kBatchKvName = "batch kv";
inline constexpr std::string_view kBatchLogName = "batch log";

}  // namespace holdfast::lanes
