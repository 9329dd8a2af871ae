#include "cli/stop_signals.hpp"

#include <poll.h>
#include <time.h>
#include <unistd.h>

namespace holdfast::cli {
namespace {

volatile sig_atomic_t stop_asked = 0;

void ask_to_stop(int) { stop_asked = 1; }

}  // namespace

StopSignals::StopSignals() {
  stop_asked = 0;
  struct sigaction ask {};  // without SA_RESTART: a write that blocks must end too
  ask.sa_handler = ask_to_stop;
  ::sigaction(SIGINT, &ask, &interrupt_);
  ::sigaction(SIGTERM, &ask, &terminate_);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &pipe_);
}

StopSignals::~StopSignals() {
  ::sigaction(SIGINT, &interrupt_, nullptr);
  ::sigaction(SIGTERM, &terminate_, nullptr);
  ::sigaction(SIGPIPE, &pipe_, nullptr);
}

bool StopSignals::stopped() const noexcept { return stop_asked != 0; }

void StopSignals::wait(std::chrono::milliseconds time) const noexcept {
  sigset_t signals;
  sigset_t before;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  // Blocked until ppoll() sleeps: a signal between the look at stop_asked and the sleep ends the sleep.
  ::pthread_sigmask(SIG_BLOCK, &signals, &before);
  if (!stopped()) {
    pollfd output{.fd = STDOUT_FILENO, .events = 0, .revents = 0};  // a closed pipe shows by itself
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timespec sleep{.tv_sec = seconds.count(),
                         .tv_nsec = std::chrono::nanoseconds(time - seconds).count()};
    ::ppoll(&output, 1, &sleep, &before);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace holdfast::cli
