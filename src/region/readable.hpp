#pragma once

#include <cstdint>

#include "common/engine/raw_bytes.hpp"

namespace holdfast::region {

/// Where the bytes of `piece`, which lies in the extent, are read: in the extent, or in its mirror where only that was
/// found to be whole. Requires: it is no hole, and was looked at.
[[nodiscard]] inline std::uint64_t place_of(const RawExtent& extent, ByteRange piece) noexcept {
  const HeldExtent& held = *extent.held;
  if (!held.check() || held.is_proved() || extent.mirror == nullptr || !extent.mirror->is_proved()) return piece.offset;
  return extent.mirror->range().offset + (piece.offset - held.range().offset);
}

}  // namespace holdfast::region
