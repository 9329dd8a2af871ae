#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace holdfast {

/// XXH3-64 of `bytes`.
[[nodiscard]] std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t seed) noexcept;

/// The same of bytes that lie in several pieces.
[[nodiscard]] std::uint64_t checksum_of_pieces(std::span<const std::span<const std::byte>> pieces, std::uint64_t seed) noexcept;

/// The bytes of a trivially copyable object.
template <class T>
[[nodiscard]] std::span<const std::byte> bytes_of(const T& object) noexcept {
  return std::as_bytes(std::span<const T, 1>(&object, 1));
}

/// The checksum of an object on media whose first member is a u64 check: everything behind that member.
template <class T>
[[nodiscard]] std::uint64_t checksum_behind_check(const T& object, std::uint64_t seed) noexcept {
  return checksum(bytes_of(object).subspan(sizeof(std::uint64_t)), seed);
}

}  // namespace holdfast
