#pragma once

#include <string>
#include <vector>

#include "demo/scenario.hpp"

namespace holdfast::demo {

/// The closing table. Every put in it was Durability::immediate.
[[nodiscard]] std::string table(const std::vector<Row>& rows);

}  // namespace holdfast::demo
