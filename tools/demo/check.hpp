#pragma once

#include <cstdint>
#include <holdfast/holdfast.hpp>

#include "demo/acknowledgement.hpp"
#include "demo/binary.hpp"
#include "demo/package_index.hpp"

namespace holdfast::demo {

/// What a comparison with the source found. All counts are of records; those of a region are its pieces.
struct Comparison {
  std::uint64_t expected = 0;  ///< Acknowledged, so they must be there.
  std::uint64_t found = 0;     ///< There, byte for byte.
  std::uint64_t lost = 0;      ///< expected - found.
  std::uint64_t invented = 0;  ///< There, and nobody wrote them.
};

/// The space holds what was put. Of several records of one key the last acknowledged one, or a later one that
/// was in flight, must be there; an earlier one counts as found with it.
[[nodiscard]] Result<Comparison> compare_space(const Kv& space, const PackageIndex& index,
                                               const Acknowledged& acknowledged);

/// The log holds what was appended, under the ids that were acknowledged.
/// Errors: corruption (the ids have a gap).
[[nodiscard]] Result<Comparison> compare_log(const Log& log, const PackageIndex& index,
                                             const Acknowledged& acknowledged);

/// The region holds the bytes of `binary` as far as they were flushed; behind that, those bytes or zeros.
[[nodiscard]] Result<Comparison> compare_region(const Region& region, const Binary& binary,
                                                const Acknowledged& acknowledged);

}  // namespace holdfast::demo
