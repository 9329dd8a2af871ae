#pragma once

#include <cstdint>
#include <holdfast/holdfast.hpp>

#include "demo/loader_process.hpp"
#include "demo/package_index.hpp"

namespace holdfast::demo {

/// What a comparison of a space with the source found. All counts are of records.
struct Comparison {
  std::uint64_t expected = 0;  ///< Acknowledged, so they must be there.
  std::uint64_t found = 0;     ///< There, byte for byte (or replaced by a later one of the same key).
  std::uint64_t lost = 0;      ///< expected - found.
  std::uint64_t invented = 0;  ///< Entries that equal no record of the source.
};

/// Compares `space` with those records of `index` that `acknowledged` names. Of several records of one
/// key the last acknowledged one, or a later one that was in flight, must be there.
[[nodiscard]] Result<Comparison> compare(const Kv& space, const PackageIndex& index,
                                         const Acknowledged& acknowledged);

}  // namespace holdfast::demo
