#pragma once

#include <cstdint>

namespace holdfast {

/// What cleaning has done in a space since the store was opened.
struct CleaningCounters {
  std::uint64_t cleaned_segments = 0;
  std::uint64_t moved_bytes = 0;
  std::uint64_t freed_bytes = 0;
};

}  // namespace holdfast
