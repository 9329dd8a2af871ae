#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace holdfast::demo {

/// The three ways into a store; all are loaded at the same time.
enum class Facade : std::size_t { kv, log, region };

inline constexpr std::array kFacades{Facade::kv, Facade::log, Facade::region};

[[nodiscard]] constexpr std::string_view name(Facade facade) noexcept {
  constexpr std::array<std::string_view, kFacades.size()> kNames{"kv", "log", "region"};
  return kNames[static_cast<std::size_t>(facade)];
}

/// One value for each of them.
template <class Value>
struct PerFacade {
  std::array<Value, kFacades.size()> values{};

  [[nodiscard]] constexpr Value& operator[](Facade facade) noexcept {
    return values[static_cast<std::size_t>(facade)];
  }
  [[nodiscard]] constexpr const Value& operator[](Facade facade) const noexcept {
    return values[static_cast<std::size_t>(facade)];
  }
};

}  // namespace holdfast::demo
