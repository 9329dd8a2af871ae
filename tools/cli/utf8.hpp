#pragma once

#include <cstddef>
#include <string_view>

namespace holdfast::cli {

/// One character at the head of a text.
struct Utf8Character {
  std::size_t size_bytes = 0;  ///< 0: the text does not begin with valid UTF-8 (RFC 3629).
  char32_t code = 0;
};

/// Decodes the first character of `text`; overlong forms and surrogates are not valid.
[[nodiscard]] Utf8Character decode_utf8(std::string_view text) noexcept;

/// True if all of `text` is valid UTF-8; zero bytes are.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace holdfast::cli
