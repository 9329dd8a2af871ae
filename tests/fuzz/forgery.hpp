#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base_store.hpp"

namespace holdfast::fuzz {

using Input = std::vector<std::uint8_t>;

/// What a forged store may be of, in an input's first byte.
inline constexpr std::uint8_t kBaseMask = 0x03;   ///< Number of the base store of facades, or with kLogs of logs.
inline constexpr std::uint8_t kRaw = 0x04;        ///< The rest: an offset of 4 bytes, and bytes that lie from there on.
inline constexpr std::uint8_t kFileMedium = 0x08; ///< On the file backend instead of the crash lab's medium.
inline constexpr std::uint8_t kLogs = 0x10;       ///< Of a base store of logs.
inline constexpr std::uint8_t kUseMask = 0x60;    ///< Which of several ways to use the logs it shows.
inline constexpr std::uint8_t kUseShift = 5;
inline constexpr std::uint8_t kUseCount = 4;

/// Else the rest is a list of operations, each begun by such a byte and a structure's number of 2 bytes (little-endian, as
/// all numbers; modulo what there is).
enum class Operation : std::uint8_t {
  bytes = 0,  ///< offset in the structure (2), length (1), bytes: they lie there now
  field = 1,  ///< field (1), value (1): one that tends to be at some limit
  copy = 2,   ///< another structure (2): a copy of it lies here, as far as this one's room goes
  cut = 3,    ///< the store ends at the block where the structure begins
};
inline constexpr std::uint8_t kOperationMask = 0x03;
inline constexpr std::uint8_t kSeal = 0x04;       ///< Make the check over the structure right again.
inline constexpr std::uint8_t kSealSlice = 0x08;  ///< And all checks of its slice.

inline constexpr std::size_t kOperationsMax = 64;

/// How many values Operation::field tells apart: limits, and neighbours of what is there.
inline constexpr std::uint8_t kLimitChoices = 54;
inline constexpr std::uint8_t kNeighbourChoices = 12;
inline constexpr std::uint8_t kFieldChoices = kLimitChoices + kNeighbourChoices;

/// What an input's first byte says of `base`.
[[nodiscard]] constexpr std::uint8_t base_byte(std::size_t base) noexcept {
  return static_cast<std::uint8_t>(base >= kLogStoresFirst ? (base - kLogStoresFirst) | kLogs : base);
}

/// A base store as an input has changed it.
struct Forgery {
  std::size_t base = 0;
  bool on_file = false;
  std::uint8_t use = 0;
  Image image{};
  std::uint64_t sealed = 0;  ///< Checks made right.
  bool proves_itself = false;  ///< It may show what nobody wrote: checks were made right, or a change has met one.
};

/// What `input` stands for; any bytes are an input.
[[nodiscard]] Forgery forge(std::span<const std::uint8_t> input);

/// An input of operations by a seed.
[[nodiscard]] Input random_input(std::uint64_t seed);

}  // namespace holdfast::fuzz
