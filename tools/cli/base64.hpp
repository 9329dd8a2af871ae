#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::cli {

/// RFC 4648 section 4, padded.
[[nodiscard]] std::string base64_encode(std::string_view bytes);

/// Nothing unless `text` is what base64_encode() could have written.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace holdfast::cli
