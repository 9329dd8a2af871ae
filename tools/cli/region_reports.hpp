#pragma once

#include <holdfast/holdfast.hpp>
#include <string>
#include <vector>

#include "cli/json.hpp"

namespace holdfast::cli {

/// What the library says of regions, as JSON and as lines for a person. Every text is safe to print.
[[nodiscard]] Json region_json(const RegionInfo& region, std::size_t version_count);
[[nodiscard]] std::string region_text(const RegionInfo& region, std::size_t version_count);

[[nodiscard]] Json version_json(const RegionVersion& version);
[[nodiscard]] Json versions_json(const std::vector<RegionVersion>& versions);
[[nodiscard]] std::string versions_text(const std::vector<RegionVersion>& versions);

}  // namespace holdfast::cli
