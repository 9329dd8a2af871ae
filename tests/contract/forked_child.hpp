#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include <holdfast/error.hpp>

namespace holdfast {

/// Whether every other thread of this process sleeps. One that has only just been started may hold locks of
/// the C library or of a sanitizer's allocator, and a child forked then would wait for them for ever.
[[nodiscard]] inline bool others_sleep() {
  const std::string self = std::to_string(::gettid());
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    if (task.path().filename() == self) continue;
    std::ifstream stat(task.path() / "stat");
    const std::string line((std::istreambuf_iterator<char>(stat)), {});
    const auto name_end = line.rfind(") ");  // behind it stands the state
    if (name_end == std::string::npos || line[name_end + 2] != 'S') return false;
  }
  return true;
}

/// What `ask` answers in a forked child; -1 if the child died, or did not end within some minutes. The fork waits for other
/// threads to sleep, such as those that have recovered the store; not for ever, as some are meant to be at work.
template <class Ask>
[[nodiscard]] int in_forked_child(Ask ask) {
  for (int looks = 0; looks < 5'000 && !others_sleep(); ++looks) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(300);
    ::_exit(ask());
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

template <class T>
[[nodiscard]] bool is_locked_out(const Result<T>& result) {
  return !result && result.error().code == ErrorCode::locked;
}

}  // namespace holdfast
