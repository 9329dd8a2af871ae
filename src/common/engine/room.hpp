#pragma once

#include <cstdint>

namespace holdfast {

/// What room is asked for. Of what is kept aside for cleaning, so that a full store can be cleaned and erased from, each
/// may take its part.
enum class Room : std::uint8_t {
  common,    ///< None: refused as long as less is kept aside than should be.
  erasing,   ///< For records that only erase keys: one segment.
  cleaning,  ///< For copies of what is still needed: all of it.
  catalog,   ///< None, but never refused for what is kept aside: nothing is freed without a record there.
};

}  // namespace holdfast
