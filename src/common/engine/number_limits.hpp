#pragma once

#include <holdfast/error.hpp>
#include <holdfast/storage.hpp>

#include "common/engine/recovery.hpp"

namespace holdfast {

/// Whether a writer could have given out the numbers that recovery has found. What goes on behind the highest one must
/// not run over, and an id without a record takes memory. Errors: corruption.
[[nodiscard]] Result<void> check_numbers(const RecoveredSpaces& recovered, const CatalogState& catalog,
                                         const Storage& storage);

}  // namespace holdfast
