#include "cli/program.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "cli/scratch.hpp"

namespace holdfast::test {
namespace {

constexpr int kCannotStart = 127;

void redirect(int descriptor, const std::filesystem::path& file, int flags) {
  const int fd = ::open(file.c_str(), flags | O_CLOEXEC, 0600);
  if (fd < 0 || ::dup2(fd, descriptor) < 0) ::_exit(kCannotStart);
}

[[noreturn]] void become(const std::string& program, std::vector<char*>& arguments,
                         const ProgramOptions& options, const std::filesystem::path& scratch) {
  redirect(STDIN_FILENO, scratch / "in", O_RDONLY);
  if (!options.keep_output) redirect(STDOUT_FILENO, scratch / "out", O_WRONLY);
  redirect(STDERR_FILENO, scratch / "err", O_WRONLY);
  if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) ::_exit(kCannotStart);
  if (!options.search_path_first.empty()) {
    const std::string path = options.search_path_first.string() + ":" + ::getenv("PATH");
    ::setenv("PATH", path.c_str(), 1);
  }
  if (options.user && (::setgid(*options.user) != 0 || ::setuid(*options.user) != 0)) ::_exit(kCannotStart);
  ::execvp(program.c_str(), arguments.data());
  ::_exit(kCannotStart);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ProgramResult run_program(const std::string& program, const std::vector<std::string>& arguments,
                          const ProgramOptions& options) {
  const ScratchDirectory scratch(std::filesystem::temp_directory_path());
  write_file(scratch.path() / "in", options.input);
  write_file(scratch.path() / "out", "");
  write_file(scratch.path() / "err", "");
  std::vector<char*> pointers{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) become(program, pointers, options, scratch.path());
  EXPECT_GT(child, 0);
  ProgramResult result;
  result.exit_code = wait_for(child);
  result.output = read_file(scratch.path() / "out");
  result.errors = read_file(scratch.path() / "err");
  EXPECT_NE(result.exit_code, kCannotStart) << program << " did not start: " << result.errors;
  return result;
}

}  // namespace holdfast::test
