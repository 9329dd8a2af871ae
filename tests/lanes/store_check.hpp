#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "lane_spaces.hpp"
#include "lanes.hpp"

namespace holdfast::lanes {

/// Numbers of the last acknowledged operations, by lane.
using Acknowledged = std::array<std::uint64_t, kLanes.size()>;

/// What a store says after a crash, held against what was acknowledged before it.
struct Verdict {
  Acknowledged settled{};  ///< Up to here each lane's operations are there as a whole.
  std::array<std::uint64_t, kLanes.size()>
      lost{};                           ///< Acknowledged operations that are not there, or not whole.
  std::vector<std::string> complaints;  ///< Empty: nothing is lost, torn or invented.
};

/// Every acknowledged operation is there; the one behind it, of each lane, is there as a whole or not at all;
/// nothing else is:
///  1. key-value lanes: the state behind that many operations, batches included;
///  2. streams: ids from 1 without gaps, each lane's records in the order of its operations, those of one call
///     side by side;
///  3. the region: each byte that the last acknowledged flush covers, or one of the operation behind it; a size
///     that it had;
///  4. the batch lane: its keys and its records tell the same number of operations;
///  5. neither recovery nor verify() reports damage.
[[nodiscard]] Verdict check_store(Spaces& spaces, std::uint64_t seed, const Acknowledged& acknowledged);

}  // namespace holdfast::lanes
