#pragma once

#include <cstdint>
#include <vector>

namespace holdfast::region {

/// A stretch of whole blocks of a region that gets new extents.
struct Run {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool is_hole = false;  ///< Nothing but zeros: its extent is a hole.
};

/// By place, none touching another of its kind.
using Runs = std::vector<Run>;

}  // namespace holdfast::region
