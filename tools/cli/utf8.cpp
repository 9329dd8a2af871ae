#include "cli/utf8.hpp"

namespace holdfast::cli {
namespace {

struct Form {
  std::size_t size_bytes;
  char32_t code_min;  // below it the form is overlong
  char32_t lead_bits;
};

Form form_of(unsigned char lead) noexcept {
  if (lead < 0x80) return {1, 0, lead};
  if ((lead & 0xE0) == 0xC0) return {2, 0x80, static_cast<char32_t>(lead & 0x1F)};
  if ((lead & 0xF0) == 0xE0) return {3, 0x800, static_cast<char32_t>(lead & 0x0F)};
  if ((lead & 0xF8) == 0xF0) return {4, 0x10000, static_cast<char32_t>(lead & 0x07)};
  return {0, 0, 0};
}

}  // namespace

Utf8Character decode_utf8(std::string_view text) noexcept {
  if (text.empty()) return {};
  const Form form = form_of(static_cast<unsigned char>(text.front()));
  if (form.size_bytes == 0 || form.size_bytes > text.size()) return {};
  char32_t code = form.lead_bits;
  for (std::size_t i = 1; i < form.size_bytes; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte & 0x3F);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < form.code_min || code > 0x10FFFF || surrogate) return {};
  return {form.size_bytes, code};
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const Utf8Character character = decode_utf8(text);
    if (character.size_bytes == 0) return false;
    text.remove_prefix(character.size_bytes);
  }
  return true;
}

}  // namespace holdfast::cli
