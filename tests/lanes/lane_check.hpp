#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <holdfast/holdfast.hpp>

#include "key_replay.hpp"

namespace holdfast::lanes {

/// What one lane's part of a store shows.
struct LaneFinding {
  std::uint64_t settled = 0;  ///< Operations that are there as a whole.
  std::uint64_t lost = 0;     ///< Acknowledged ones that are not.
  std::string complaint{};    ///< Empty: as it must be.
};

/// The keys of one lane in a space; a value that does not prove itself becomes a complaint.
[[nodiscard]] ThreadState read_keys(const Kv& space, std::uint32_t lane, std::string& complaint);

/// Whether `found` is the state behind `acknowledged` operations, or behind one more. Where the operation in
/// flight changes nothing that shows, `also` decides (the batch lane's stream), else it counts as not there.
[[nodiscard]] LaneFinding check_keys(const ThreadState& found, std::uint64_t seed, std::uint32_t lane,
                                     std::uint64_t acknowledged, std::optional<std::uint64_t> also = {});

/// All records of a stream, and what is wrong with their ids.
[[nodiscard]] std::vector<std::string> read_stream(const Log& stream, std::string& complaint);

/// The lane's operations whose records are there. `taken` counts the records that are some lane's.
[[nodiscard]] LaneFinding check_records(const std::vector<std::string>& records, std::uint64_t seed,
                                        std::uint32_t lane, std::uint64_t acknowledged, std::uint64_t& taken);

/// The region's bytes and size. What of the operation in flight is there does not count as settled: it is
/// written again.
[[nodiscard]] LaneFinding check_region(const Region& region, std::uint64_t seed, std::uint64_t acknowledged);

}  // namespace holdfast::lanes
