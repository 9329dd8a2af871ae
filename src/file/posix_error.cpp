#include "file/posix_error.hpp"

#include <cerrno>
#include <cstring>
#include <string>

namespace holdfast::file {
namespace {

ErrorCode code_of(int number) noexcept {
  if (is_full(number)) return ErrorCode::no_space;
  switch (number) {
    case ENOENT:
      return ErrorCode::not_found;
    case EEXIST:
      return ErrorCode::exists;
    case EISDIR:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
    case ENODEV:
    case ENXIO:
      return ErrorCode::invalid_argument;
    default:
      return ErrorCode::io;
  }
}

/// "No space left on device" -> "no space left on device"; not translated, safe in any thread.
std::string reason(int number) {
  const char* text = ::strerrordesc_np(number);
  if (text == nullptr) return "error " + std::to_string(number);
  std::string lower(text);
  if (lower[0] >= 'A' && lower[0] <= 'Z') lower[0] = static_cast<char>(lower[0] - 'A' + 'a');
  return lower;
}

Error make(ErrorCode code, int number, std::string_view what, std::string_view path) {
  return Error{.code = code, .message = std::string(what) + ": " + reason(number), .path = std::string(path)};
}

}  // namespace

Error posix_error(int number, std::string_view what, std::string_view path) {
  return make(code_of(number), number, what, path);
}

Error medium_error(int number, std::string_view what, std::string_view path) {
  return make(ErrorCode::io, number, what, path);
}

bool is_full(int number) noexcept { return number == ENOSPC || number == EDQUOT || number == EFBIG; }

bool is_unsupported(int number) noexcept {
  return number == EOPNOTSUPP || number == ENOSYS || number == EINVAL;
}

}  // namespace holdfast::file
