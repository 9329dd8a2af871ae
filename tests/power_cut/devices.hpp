#pragma once

#include <cstdint>
#include <string_view>

#include "lanes/lanes.hpp"

namespace holdfast::power_cut {

/// Which of the guest's two media a store lies on.
enum class Device : std::uint32_t { pmem = 0, disk = 1 };
inline constexpr std::uint32_t kDevices = 2;

[[nodiscard]] constexpr std::string_view name(Device device) noexcept {
  return device == Device::pmem ? "pmem" : "disk";
}

/// Where a lane's acknowledgements stand. The slot behind the lanes says that the store and its spaces were
/// created.
inline constexpr std::uint32_t kCreatedSlot = lanes::kLanes.size();
inline constexpr std::uint32_t kSlotsPerDevice = lanes::kLanes.size() + 1;

}  // namespace holdfast::power_cut
