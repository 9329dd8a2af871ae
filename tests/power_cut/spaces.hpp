#pragma once

#include <filesystem>

#include <holdfast/holdfast.hpp>

namespace holdfast::power_cut {

/// A store with the handles of everything that the lanes use.
struct Spaces {
  Store store;
  Kv kv;
  Log log;
  Region region;
  Kv batch_kv;
  Log batch_log;
};

/// Opens the store at `path` with its spaces; mode open_or_create creates what is missing.
/// Errors: as Store::open, Store::kv.
[[nodiscard]] Result<Spaces> open_spaces(const std::filesystem::path& path, OpenMode mode);

}  // namespace holdfast::power_cut
