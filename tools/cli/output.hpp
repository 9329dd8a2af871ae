#pragma once

#include <holdfast/error.hpp>
#include <string_view>

#include "cli/exit_code.hpp"
#include "cli/json.hpp"

namespace holdfast::cli {

/// Standard output of the process. Buffered; every command ends with flush().
/// Errors: io, with the path "standard output" (a full disk behind a redirection, a closed pipe).
class Output {
 public:
  [[nodiscard]] static Result<void> write(std::string_view bytes);
  [[nodiscard]] static Result<void> line(std::string_view text);
  [[nodiscard]] static Result<void> document(const Json& json);
  [[nodiscard]] static Result<void> flush();
  [[nodiscard]] static bool is_terminal() noexcept;

  /// True if it is a pipe that nobody reads any more.
  [[nodiscard]] static bool is_abandoned() noexcept;

  /// Forgets what is not written yet.
  static void discard() noexcept;
};

/// Prints "holdfast: <what>: <why>" on standard error, on one line whatever the names hold.
void print_error(std::string_view what_and_why);
void print_error(const Error& error);

/// How a process that failed with `error` ends.
[[nodiscard]] ExitCode exit_code(const Error& error) noexcept;

/// An Error from errno as it is now. `path` is what the command line called it.
[[nodiscard]] Error system_error(std::string_view path, std::string_view action);

}  // namespace holdfast::cli
