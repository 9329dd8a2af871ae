#include "cli/json.hpp"

#include "cli/base64.hpp"
#include "cli/utf8.hpp"

namespace holdfast::cli {
namespace {

std::string base64_field(std::string_view field) { return std::string(field) + "_base64"; }

}  // namespace

void set_bytes(Json& object, std::string_view field, std::string_view bytes) {
  if (is_utf8(bytes)) {
    object[std::string(field)] = bytes;
  } else {
    object[base64_field(field)] = base64_encode(bytes);
  }
}

std::optional<std::string> bytes_of(const Json& object, std::string_view field) {
  const auto text = object.find(std::string(field));
  const auto encoded = object.find(base64_field(field));
  if ((text == object.end()) == (encoded == object.end())) return std::nullopt;
  const auto& present = text != object.end() ? *text : *encoded;
  if (!present.is_string()) return std::nullopt;
  const auto& string = present.get_ref<const std::string&>();
  return text != object.end() ? std::optional(string) : base64_decode(string);
}

}  // namespace holdfast::cli
