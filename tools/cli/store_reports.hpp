#pragma once

#include <holdfast/holdfast.hpp>
#include <string>
#include <vector>

#include "cli/json.hpp"

namespace holdfast::cli {

/// The library's reports as JSON and as lines for a person. Every text is safe to print.
[[nodiscard]] Json info_json(const StoreInfo& info, const RecoveryReport& recovery);
[[nodiscard]] std::string info_text(const StoreInfo& info, const RecoveryReport& recovery);

[[nodiscard]] Json spaces_json(const std::vector<SpaceInfo>& spaces);
[[nodiscard]] std::string spaces_text(const std::vector<SpaceInfo>& spaces);

[[nodiscard]] Json verify_json(const VerifyReport& report);
[[nodiscard]] std::string verify_text(const VerifyReport& report);

[[nodiscard]] std::string_view name(Backend backend) noexcept;
[[nodiscard]] std::string_view name(Granularity granularity) noexcept;

}  // namespace holdfast::cli
