#include "contract/worker_process.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace holdfast {
namespace {

constexpr int kSystemCallStop = SIGTRAP | 0x80;  // as PTRACE_O_TRACESYSGOOD marks it

pid_t start(const std::vector<std::string>& arguments) {
  std::vector<char*> argv = {const_cast<char*>(HOLDFAST_STORAGE_WORKER)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  return pid;
}

/// Lets `pid` run to its next stop. False once it is gone.
bool go_on(pid_t pid, int signal, int& status) {
  return ::ptrace(PTRACE_SYSCALL, pid, nullptr, signal) == 0 && ::waitpid(pid, &status, 0) == pid &&
         WIFSTOPPED(status);
}

}  // namespace

WorkerEnd run_worker(const std::vector<std::string>& arguments) {
  const pid_t pid = start(arguments);
  int status = 0;
  if (pid < 0 || ::waitpid(pid, &status, 0) != pid) return {};
  return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1};
}

WorkerEnd run_traced_worker(std::vector<std::string> arguments, int kill_before) {
  arguments.emplace_back("traced");
  const pid_t pid = start(arguments);
  int status = 0;
  WorkerEnd end;
  if (pid < 0 || ::waitpid(pid, &status, 0) != pid) return end;
  if (WIFSTOPPED(status)) {
    ::ptrace(PTRACE_SETOPTIONS, pid, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    bool entering = true;  // stops come in pairs: before a call and after it
    int signal = 0;
    while (go_on(pid, signal, status)) {
      signal = WSTOPSIG(status) == kSystemCallStop ? 0 : WSTOPSIG(status);
      if (signal != 0) continue;
      if (entering && ++end.system_call_count == kill_before) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, &status, 0);
        break;
      }
      entering = !entering;
    }
  }
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  return end;
}

}  // namespace holdfast
