#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace holdfast::pmem {

/// The first eight bytes of a pool file name its kind, zero-padded.
using PoolSignature = std::array<char, 8>;

inline constexpr std::string_view kObjectPool = "PMEMOBJ";

/// The kind of pool ("PMEMOBJ", "PMEMBLK", "PMEMLOG") that begins with `signature`; empty for anything else.
[[nodiscard]] std::string_view pool_kind(const PoolSignature& signature) noexcept;

}  // namespace holdfast::pmem
