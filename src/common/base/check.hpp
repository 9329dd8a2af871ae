#pragma once

namespace holdfast {

/// Prints what was violated and ends the process. For broken code only; bytes from media never get here.
[[noreturn]] void fatal(const char* condition, const char* file, int line) noexcept;

}  // namespace holdfast

/// Always on. A violated check is a bug in Holdfast, never the state of a medium or a user's mistake.
#define HOLDFAST_CHECK(condition) \
  (__builtin_expect(static_cast<bool>(condition), 1) ? void() : ::holdfast::fatal(#condition, __FILE__, __LINE__))
