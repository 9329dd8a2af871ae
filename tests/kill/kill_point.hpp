#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::kill {

/// Calls of the seam at which a process can end.
enum class StorageCall : std::uint32_t { write, commit, flush, drain, sync, grow, punch };
inline constexpr std::uint32_t kStorageCalls = 7;

[[nodiscard]] std::string_view name(StorageCall call) noexcept;

/// Where a process ends itself by SIGKILL: before or behind the `count`-th call of a kind.
struct KillPoint {
  StorageCall call = StorageCall::write;
  std::uint64_t count = 1;
  bool is_before = false;

  /// "drain:17:before", as from_string() reads it.
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] static std::optional<KillPoint> from_string(const std::string& text);
};

}  // namespace holdfast::kill
