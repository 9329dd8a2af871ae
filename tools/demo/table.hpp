#pragma once

#include <string>
#include <vector>

#include "demo/scenario.hpp"

namespace holdfast::demo {

/// The closing table, a row for each facade of each backend.
[[nodiscard]] std::string table(const std::vector<Outcome>& outcomes);

}  // namespace holdfast::demo
