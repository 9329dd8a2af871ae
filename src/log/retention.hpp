#pragma once

#include <cstdint>
#include <vector>

#include <holdfast/log.hpp>
#include <holdfast/options.hpp>

#include "common/engine/space_segments.hpp"

namespace holdfast::log {

/// The id below which a stream of these segments may be cut, as its settings say: behind a whole segment, or
/// `first_id` if none may go. `next_id` is the one behind the last record shown; from `kept_from` on all ids stay.
[[nodiscard]] LogId retention_cut(const LogSettings& settings, std::vector<SegmentUse> uses, LogId first_id,
                                  LogId next_id, LogId kept_from, std::uint64_t now_us);

/// Whether the settings let anything go.
[[nodiscard]] inline bool retains_not_all(const LogSettings& settings) noexcept {
  return settings.retain_ms != 0 || settings.retain_bytes != 0 || settings.retain_records != 0;
}

}  // namespace holdfast::log
