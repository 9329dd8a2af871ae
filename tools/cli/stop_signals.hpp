#pragma once

#include <signal.h>

#include <chrono>

namespace holdfast::cli {

/// While it lives, SIGINT and SIGTERM no longer end the process but ask it to end, and SIGPIPE is ignored, so
/// that a closed pipe is an error of the next write. For commands that run until somebody stops them.
/// One a process. Threads: the main thread.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// True once a signal has come.
  [[nodiscard]] bool stopped() const noexcept;

  /// Sleeps for `time`, but no longer than until a signal comes or nobody reads standard output any more.
  void wait(std::chrono::milliseconds time) const noexcept;

 private:
  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
  struct sigaction pipe_ {};
};

}  // namespace holdfast::cli
