#include "kill_point.hpp"

#include <array>
#include <stdexcept>

namespace holdfast::kill {
namespace {

constexpr std::array<std::string_view, kStorageCalls> kNames{"write", "commit", "flush", "drain", "sync", "grow", "punch"};

}  // namespace

std::string_view name(StorageCall call) noexcept { return kNames[static_cast<std::uint32_t>(call)]; }

std::string KillPoint::to_string() const {
  return std::string(name(call)) + ":" + std::to_string(count) + (is_before ? ":before" : ":behind");
}

std::optional<KillPoint> KillPoint::from_string(const std::string& text) {
  const auto first = text.find(':');
  const auto second = text.find(':', first + 1);
  if (second == std::string::npos) return std::nullopt;
  for (std::uint32_t call = 0; call < kStorageCalls; ++call) {
    if (text.compare(0, first, kNames[call]) != 0) continue;
    return KillPoint{static_cast<StorageCall>(call), std::stoull(text.substr(first + 1)), text.substr(second) == ":before"};
  }
  return std::nullopt;
}

}  // namespace holdfast::kill
