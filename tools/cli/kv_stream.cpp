#include "cli/kv_stream.hpp"

#include "cli/json.hpp"

namespace holdfast::cli {
namespace {

Unexpected malformed(std::string message) {
  return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = std::move(message)});
}

}  // namespace

std::string format_entry(std::string_view key, std::string_view value, std::optional<std::uint64_t> expires_us) {
  Json object;
  set_bytes(object, "key", key);
  set_bytes(object, "value", value);
  if (expires_us) object["expires_us"] = *expires_us;
  return object.dump();
}

Result<Entry> parse_entry(std::string_view line) {
  const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return malformed("not a JSON object");
  auto key = bytes_of(object, "key");
  if (!key) return malformed("needs one of \"key\" and \"key_base64\"");
  auto value = bytes_of(object, "value");
  if (!value) return malformed("needs one of \"value\" and \"value_base64\"");
  const auto expires = object.find("expires_us");
  const bool does_expire = expires != object.end();
  if (object.size() != (does_expire ? 3 : 2)) return malformed("has other fields than a key, a value and \"expires_us\"");
  Entry entry{.key = std::move(*key), .value = std::move(*value)};
  if (!does_expire) return entry;
  if (!expires->is_number_unsigned()) return malformed("\"expires_us\" is no number of microseconds");
  entry.expires_us = expires->get<std::uint64_t>();
  return entry;
}

}  // namespace holdfast::cli
