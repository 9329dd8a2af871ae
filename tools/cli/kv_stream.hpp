#pragma once

#include <holdfast/error.hpp>
#include <string>
#include <string_view>

namespace holdfast::cli {

/// The text form of a key-value space: JSON Lines, one object an entry, in any order:
///
///     {"key":"user:1","value":"alice"}
///     {"key_base64":"/wA=","value":""}
///
/// "key" and "value" hold UTF-8 text; bytes that are not UTF-8 stand in "key_base64" and "value_base64"
/// (RFC 4648, padded) instead. An object has one of each pair and nothing else. Lossless for any bytes.
struct Entry {
  std::string key;
  std::string value;
};

/// One line of the stream, without its line break.
[[nodiscard]] std::string format_entry(std::string_view key, std::string_view value);

/// Errors: invalid_argument, saying what is wrong with the line.
[[nodiscard]] Result<Entry> parse_entry(std::string_view line);

}  // namespace holdfast::cli
