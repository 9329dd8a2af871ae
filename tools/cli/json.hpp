#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::cli {

/// Fields keep the order in which they were set.
using Json = nlohmann::ordered_json;

/// Sets `object[field]` to `bytes` if they are UTF-8, else `object[field + "_base64"]`: JSON text cannot
/// hold other bytes, and a reader sees by the field's name which it is.
void set_bytes(Json& object, std::string_view field, std::string_view bytes);

/// The bytes that set_bytes() put there; nothing if neither form is there, both are, or one is malformed.
[[nodiscard]] std::optional<std::string> bytes_of(const Json& object, std::string_view field);

}  // namespace holdfast::cli
