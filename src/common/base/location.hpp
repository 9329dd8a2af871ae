#pragma once

#include <cstdint>

namespace holdfast {

/// Where a record lies, for indexes in memory: a slice of the SliceTable and the record's offset in the
/// slice's segment, in units of 8 bytes. Packs into 64 bits.
struct Location {
  std::uint32_t slice = 0;
  std::uint32_t offset_8 = 0;

  [[nodiscard]] std::uint64_t packed() const noexcept { return (std::uint64_t{slice} << 32) | offset_8; }
  [[nodiscard]] static Location unpacked(std::uint64_t bits) noexcept {
    return {static_cast<std::uint32_t>(bits >> 32), static_cast<std::uint32_t>(bits)};
  }
  [[nodiscard]] std::uint64_t offset() const noexcept { return std::uint64_t{offset_8} * 8; }
  friend bool operator==(const Location&, const Location&) = default;
};

}  // namespace holdfast
