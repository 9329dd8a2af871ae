#pragma once

#include <new>
#include <utility>

#include <holdfast/error.hpp>

namespace holdfast {

/// The error of a failed allocation; makes none itself.
[[nodiscard]] inline Error out_of_memory() noexcept {
  return {.code = ErrorCode::no_memory, .message = "out of memory"};  // short enough for the string itself
}

/// What `call` answers; no_memory instead of std::bad_alloc. Whatever `call` has begun must be undone by
/// then.
template <class Call>
[[nodiscard]] auto without_bad_alloc(Call&& call) -> decltype(call()) {
  try {
    return std::forward<Call>(call)();
  } catch (const std::bad_alloc&) {
    return Unexpected(out_of_memory());
  }
}

/// A copy of `error`, or what can be said of it without memory: at least its code.
[[nodiscard]] inline Error copy_of(const Error& error) noexcept {
  try {
    return error;
  } catch (const std::bad_alloc&) {
    return {.code = error.code, .message = "out of memory"};
  }
}

}  // namespace holdfast
