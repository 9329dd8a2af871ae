#pragma once

#include <cstdint>
#include <holdfast/error.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::cli {

/// The text form of a key-value space: JSON Lines, one object an entry, in any order:
///
///     {"key":"user:1","value":"alice"}
///     {"key_base64":"/wA=","value":""}
///     {"key":"session:7","value":"bob","expires_us":1790000000000000}
///
/// "key" and "value" hold UTF-8 text; bytes that are not UTF-8 stand in "key_base64" and "value_base64"
/// (RFC 4648, padded) instead. An object has one of each pair, of a key that expires the time in microseconds since 1970, and
/// nothing else. Lossless for any bytes.
struct Entry {
  std::string key;
  std::string value;
  std::optional<std::uint64_t> expires_us{};
};

/// One line of the stream, without its line break.
[[nodiscard]] std::string format_entry(std::string_view key, std::string_view value,
                                       std::optional<std::uint64_t> expires_us = {});

/// Errors: invalid_argument, saying what is wrong with the line.
[[nodiscard]] Result<Entry> parse_entry(std::string_view line);

}  // namespace holdfast::cli
