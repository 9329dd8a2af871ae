#pragma once

#include <holdfast/holdfast.hpp>

namespace holdfast::lanes {

/// A store with the handles of everything that the lanes use.
struct Spaces {
  Store store;
  Kv kv;
  Log log;
  Region region;
  Kv batch_kv;
  Log batch_log;
};

/// Opens the spaces of a store; mode open_or_create creates what is missing. Errors: as Store::kv.
[[nodiscard]] Result<Spaces> open_spaces(Store store, OpenMode mode);

}  // namespace holdfast::lanes
