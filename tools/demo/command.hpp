#pragma once

#include <sys/types.h>

#include <filesystem>
#include <holdfast/error.hpp>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::demo {

/// A child process. Threads: one at a time.
class ChildProcess {
 public:
  /// Starts `arguments[0]` (searched on PATH). Standard output goes to `output_fd` unless that is -1;
  /// `inherited_fd`, unless -1, stays open under its number; everything else opened close-on-exec is not
  /// seen.
  [[nodiscard]] static Result<ChildProcess> start(const std::vector<std::string>& arguments, int output_fd,
                                                  int inherited_fd);

  void kill() const noexcept;

  /// Waits for the end. The exit code, or 128 + the signal that ended it. Errors: io.
  [[nodiscard]] Result<int> wait() const;

 private:
  explicit ChildProcess(pid_t pid) noexcept : pid_(pid) {}
  pid_t pid_;
};

/// Runs a program to its end, standard output into a new file where `output` is given. Its exit code.
[[nodiscard]] Result<int> run_command(const std::vector<std::string>& arguments,
                                      const std::optional<std::filesystem::path>& output);

/// errno as an Error about `what`.
[[nodiscard]] Error system_error(const std::string& what);

}  // namespace holdfast::demo
