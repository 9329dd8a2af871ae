#include "child_writer.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "store_fixture.hpp"

namespace holdfast::bench {
namespace {

constexpr char kReady = 'r';

/// A pipe whose writing end a child gets as its stdout.
struct Pipe {
  std::array<int, 2> ends{-1, -1};
  ~Pipe() {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
  }
};

std::vector<std::string> arguments_for(const Config& config, const std::filesystem::path& path) {
  return {"holdfast-bench",  "reopen",
          "--fill-and-wait", path.string(),
          "--backend",       std::string(name(config.backend)),
          "--keys",          std::to_string(config.keys),
          "--key-size",      std::to_string(config.key_size_bytes),
          "--value-size",    std::to_string(config.value_size_bytes)};
}

Result<pid_t> spawn(const Config& config, const std::filesystem::path& path, const Pipe& pipe) {
  std::vector<std::string> arguments = arguments_for(config, path);
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, pipe.ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addclose(&actions, pipe.ends[0]);
  pid_t child = -1;
  errno = ::posix_spawn(&child, "/proc/self/exe", &actions, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (errno != 0) return system_failure("the writing process did not start");
  return child;
}

}  // namespace

Result<void> write_in_killed_child(const Config& config, const std::filesystem::path& path) {
  Pipe pipe;
  if (::pipe(pipe.ends.data()) != 0) return system_failure("no pipe");
  auto child = spawn(config, path, pipe);
  if (!child) return Unexpected(std::move(child.error()));
  ::close(std::exchange(pipe.ends[1], -1));  // the child's is the last: its death ends our read
  char word = 0;
  ssize_t got = 0;
  do got = ::read(pipe.ends[0], &word, 1);
  while (got < 0 && errno == EINTR);
  ::kill(*child, SIGKILL);
  int status = 0;
  while (::waitpid(*child, &status, 0) < 0 && errno == EINTR) {
  }
  if (got != 1 || word != kReady || !WIFSIGNALED(status)) {
    return Unexpected(
        Error{ErrorCode::io, "the writing process failed before it could be killed", path.string()});
  }
  return {};
}

Error fill_and_wait(const Config& config, const std::filesystem::path& path) {
  auto fixture = StoreFixture::make(config, path, config.keys);
  if (!fixture) return std::move(fixture.error());
  const Values values(config.value_size_bytes);
  if (auto done = fill(fixture->store, fixture->space, config, values, 0, config.keys); !done)
    return std::move(done.error());
  if (::write(STDOUT_FILENO, &kReady, 1) != 1) return system_failure("nobody listens").value();
  while (true) ::pause();
}

}  // namespace holdfast::bench
