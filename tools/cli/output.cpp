#include "cli/output.hpp"

#include <poll.h>
#include <stdio_ext.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include "cli/escape.hpp"

namespace holdfast::cli {
namespace {

constexpr std::string_view kStandardOutput = "standard output";

/// Looks at each page, as the kernel could not: if they are a store's and one went missing, the store is
/// told.
void look_at(std::string_view bytes) noexcept {
  constexpr std::size_t kPageBytes = 4096;
  for (std::size_t at = 0; at < bytes.size(); at += kPageBytes)
    static_cast<const volatile char*>(bytes.data())[at];
  if (!bytes.empty()) static_cast<const volatile char*>(bytes.data())[bytes.size() - 1];
}

}  // namespace

Result<void> Output::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size()) return {};
  const Error error = system_error(kStandardOutput, "cannot write");
  look_at(bytes);
  return Unexpected(error);
}

Result<void> Output::line(std::string_view text) {
  return write(text).and_then([] { return write("\n"); });
}

Result<void> Output::document(const Json& json) { return line(json.dump(2)); }

Result<void> Output::flush() {
  if (std::fflush(stdout) != 0) return Unexpected(system_error(kStandardOutput, "cannot write"));
  return {};
}

bool Output::is_terminal() noexcept { return ::isatty(STDOUT_FILENO) == 1; }

bool Output::is_abandoned() noexcept {
  pollfd output{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  return ::poll(&output, 1, 0) == 1 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

void Output::discard() noexcept { ::__fpurge(stdout); }

void print_error(std::string_view what_and_why) {
  const std::string line = "holdfast: " + escape(what_and_why) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void print_error(const Error& error) { print_error(error.to_string()); }

ExitCode exit_code(const Error& error) noexcept {
  return error.code == ErrorCode::corruption ? ExitCode::corruption : ExitCode::failed;
}

Error system_error(std::string_view path, std::string_view action) {
  const std::error_code cause(errno, std::generic_category());
  const ErrorCode code = cause == std::errc::no_such_file_or_directory ? ErrorCode::not_found
                         : cause == std::errc::file_exists             ? ErrorCode::exists
                         : cause == std::errc::no_space_on_device      ? ErrorCode::no_space
                                                                       : ErrorCode::io;
  return Error{
      .code = code, .message = std::string(action) + ": " + cause.message(), .path = std::string(path)};
}

}  // namespace holdfast::cli
