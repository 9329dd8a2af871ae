#include <holdfast/error.hpp>
#include <holdfast/report.hpp>

namespace holdfast {

std::string_view name(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::exists: return "exists";
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::out_of_bounds: return "out_of_bounds";
    case ErrorCode::too_large: return "too_large";
    case ErrorCode::no_space: return "no_space";
    case ErrorCode::corruption: return "corruption";
    case ErrorCode::io: return "io";
    case ErrorCode::locked: return "locked";
    case ErrorCode::busy: return "busy";
    case ErrorCode::version_mismatch: return "version_mismatch";
    case ErrorCode::read_only: return "read_only";
    case ErrorCode::closed: return "closed";
    case ErrorCode::not_supported: return "not_supported";
    case ErrorCode::no_memory: return "no_memory";
  }
  return "unknown";
}

std::string_view name(SpaceKind kind) noexcept {
  switch (kind) {
    case SpaceKind::catalog: return "catalog";
    case SpaceKind::kv: return "kv";
    case SpaceKind::log: return "log";
    case SpaceKind::region: return "region";
  }
  return "unknown";
}

std::string Error::to_string() const {
  std::string text;
  if (!path.empty()) text.append(path).append(": ");
  text.append(message);
  std::string place;
  const auto add = [&place](std::string_view label, std::string_view value) {
    if (!place.empty()) place.append(", ");
    place.append(label).append(" ").append(value);
  };
  if (offset != 0) add("offset", std::to_string(offset));
  if (!expected.empty()) add("expected", expected);
  if (!found.empty()) add("found", found);
  if (!place.empty()) text.append(" (").append(place).append(")");
  return text;
}

}  // namespace holdfast
