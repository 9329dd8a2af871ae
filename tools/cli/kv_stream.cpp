#include "cli/kv_stream.hpp"

#include "cli/json.hpp"

namespace holdfast::cli {
namespace {

Unexpected malformed(std::string message) {
  return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = std::move(message)});
}

}  // namespace

std::string format_entry(std::string_view key, std::string_view value) {
  Json object;
  set_bytes(object, "key", key);
  set_bytes(object, "value", value);
  return object.dump();
}

Result<Entry> parse_entry(std::string_view line) {
  const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return malformed("not a JSON object");
  auto key = bytes_of(object, "key");
  if (!key) return malformed("needs one of \"key\" and \"key_base64\"");
  auto value = bytes_of(object, "value");
  if (!value) return malformed("needs one of \"value\" and \"value_base64\"");
  if (object.size() != 2) return malformed("has other fields than a key and a value");
  return Entry{std::move(*key), std::move(*value)};
}

}  // namespace holdfast::cli
