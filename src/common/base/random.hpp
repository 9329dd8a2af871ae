#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <holdfast/error.hpp>

namespace holdfast {

using Uuid = std::array<std::uint8_t, 16>;

/// 64 bits from the system's random source. Errors: io.
[[nodiscard]] Result<std::uint64_t> random_u64();

/// A version 4 UUID (RFC 4122, 4.4). Errors: io.
[[nodiscard]] Result<Uuid> random_uuid();

/// 8-4-4-4-12 hexadecimal digits.
[[nodiscard]] std::string to_string(const Uuid& uuid);

}  // namespace holdfast
