#pragma once

#include <string>
#include <vector>

namespace holdfast {

/// How a worker ended.
struct WorkerEnd {
  int exit_code = -1;         ///< -1: it was killed.
  int system_call_count = 0;  ///< Counted from where it asked to be traced.
};

/// Runs holdfast_storage_worker with `arguments`.
[[nodiscard]] WorkerEnd run_worker(const std::vector<std::string>& arguments);

/// Runs it traced and kills it right before its `kill_before`-th system call (from 1; 0: never), so that
/// every step that the kernel could be asked for is once the last one. Works on any medium.
[[nodiscard]] WorkerEnd run_traced_worker(std::vector<std::string> arguments, int kill_before);

}  // namespace holdfast
