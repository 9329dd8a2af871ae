#include "pmem/pmem_error.hpp"

#include <libpmem2.h>
#include <libpmemobj/base.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <string>

namespace holdfast::pmem {
namespace {

ErrorCode code_of(int error_number) noexcept {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorCode::no_space;
    case ENOENT:
      return ErrorCode::not_found;
    case EEXIST:
      return ErrorCode::exists;
    case EISDIR:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
    case ENXIO:
      return ErrorCode::invalid_argument;
    default:
      return ErrorCode::io;
  }
}

/// "what: why", as one line, without the capital letter of other people's sentences.
Error make(ErrorCode code, std::string_view what, std::string_view why, std::string_view path) {
  std::string message(what);
  message.append(": ");
  const std::size_t first = message.size();
  message.append(why);
  const bool acronym = why.size() > 1 && std::isupper(static_cast<unsigned char>(why[1])) != 0;
  if (!why.empty() && !acronym) {
    message[first] = static_cast<char>(std::tolower(static_cast<unsigned char>(message[first])));
  }
  std::replace(message.begin(), message.end(), '\n', ' ');
  return Error{.code = code, .message = std::move(message), .path = std::string(path)};
}

/// In English whatever the locale, and safe in any thread.
std::string text_of(int error_number) {
  const char* const text = ::strerrordesc_np(error_number);
  return text != nullptr ? text : "error " + std::to_string(error_number);
}

}  // namespace

Error os_error(int error_number, std::string_view what, std::string_view path) {
  return make(code_of(error_number), what, text_of(error_number), path);
}

Error pmem2_error(int result, std::string_view what, std::string_view path) {
  const std::string why = pmem2_errormsg();
  // Its own errors lie at PMEM2_E_UNKNOWN and below, those of the system are -errno. (The header declares
  // pmem2_err_to_errno(), but PMDK 1.12 does not export it.)
  const int error_number = result > PMEM2_E_UNKNOWN ? -result : EIO;
  return make(code_of(error_number), what, why, path);
}

Error pmemobj_error(std::string_view what, std::string_view path) {
  const int error_number = errno;
  const char* const words = pmemobj_errormsg();
  const std::string why = words != nullptr && *words != '\0' ? words : text_of(error_number);
  switch (error_number) {
    case EAGAIN:
      return make(ErrorCode::locked, what, "another process holds PMDK's lock on the pool", path);
    case EEXIST:  // libpmemobj knows its open pools by their UUID
      return make(ErrorCode::locked, what, "a copy of this pool is open in this process", path);
    case EINVAL:
      return make(ErrorCode::corruption, what, why, path);
    default:
      return make(code_of(error_number), what, why, path);
  }
}

}  // namespace holdfast::pmem
