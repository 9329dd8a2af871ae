#include "cli/escape.hpp"

#include <fmt/format.h>

#include <iterator>

#include "cli/utf8.hpp"

namespace holdfast::cli {
namespace {

bool is_printable(char32_t code) noexcept {
  const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
  const bool line_separator = code == 0x2028 || code == 0x2029;
  const bool reorders_text = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
  return !control && !line_separator && !reorders_text;
}

}  // namespace

std::string escape(std::string_view bytes, Keep keep) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Utf8Character character = decode_utf8(bytes);
    const std::size_t size = character.size_bytes == 0 ? 1 : character.size_bytes;
    const char first = bytes.front();
    if (first == '\\') {
      text += "\\\\";
    } else if (keep == Keep::line_breaks && (first == '\n' || first == '\t')) {
      text += first;
    } else if (character.size_bytes != 0 && is_printable(character.code)) {
      text += bytes.substr(0, size);
    } else {
      for (const char byte : bytes.substr(0, size))
        fmt::format_to(std::back_inserter(text), "\\x{:02x}", static_cast<unsigned char>(byte));
    }
    bytes.remove_prefix(size);
  }
  return text;
}

}  // namespace holdfast::cli
