#include "demo/command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace holdfast::demo {
namespace {

struct FileActions {
  FileActions() { ::posix_spawn_file_actions_init(&actions); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t actions{};
};

}  // namespace

Error system_error(const std::string& what) {
  return Error{.code = ErrorCode::io, .message = std::generic_category().message(errno), .path = what};
}

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments, int output_fd,
                                         int inherited_fd) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  FileActions files;
  if (output_fd >= 0) ::posix_spawn_file_actions_adddup2(&files.actions, output_fd, STDOUT_FILENO);
  // Onto itself: clears close-on-exec in the child only.
  if (inherited_fd >= 0) ::posix_spawn_file_actions_adddup2(&files.actions, inherited_fd, inherited_fd);
  pid_t pid = -1;
  errno = ::posix_spawnp(&pid, pointers[0], &files.actions, nullptr, pointers.data(), environ);
  if (errno != 0) return Unexpected(system_error(arguments[0]));
  return ChildProcess(pid);
}

void ChildProcess::kill() const noexcept { ::kill(pid_, SIGKILL); }

Result<int> ChildProcess::wait() const {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0)
    if (errno != EINTR) return Unexpected(system_error("wait"));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Result<int> run_command(const std::vector<std::string>& arguments,
                        const std::optional<std::filesystem::path>& output) {
  int output_fd = -1;
  if (output) {
    output_fd = ::open(output->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (output_fd < 0) return Unexpected(system_error(output->string()));
  }
  const auto child = ChildProcess::start(arguments, output_fd, -1);
  if (output_fd >= 0) ::close(output_fd);
  if (!child) return Unexpected(child.error());
  return child->wait();
}

}  // namespace holdfast::demo
