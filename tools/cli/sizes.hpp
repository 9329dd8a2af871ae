#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::cli {

/// Bytes of "4096", "64K", "64KiB", "64M", "1GiB", "2T" ...; letters are powers of 1024 in either case.
/// Nothing for anything else, and for what does not fit 64 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;

/// The size in the largest unit that leaves a number of at least 1: "64 MiB", "1.5 GiB", "12 B".
[[nodiscard]] std::string format_size(std::uint64_t size_bytes);

}  // namespace holdfast::cli
