#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "common/base/checksum.hpp"

namespace holdfast {

#ifdef HOLDFAST_MUTANTS
/// Test builds can cut the hash down to a few values, so that true collisions are everywhere.
inline std::atomic<std::uint64_t> key_hash_modulus{0};
#endif

/// The hash by which indexes find a key: XXH3-64. In memory and, as a hint, in footers.
[[nodiscard]] inline std::uint64_t key_hash(std::string_view key) noexcept {
  const std::uint64_t hash = checksum(std::as_bytes(std::span(key)), 0);
#ifdef HOLDFAST_MUTANTS
  if (const std::uint64_t modulus = key_hash_modulus.load(std::memory_order_relaxed); modulus != 0) return hash % modulus;
#endif
  return hash;
}

}  // namespace holdfast
