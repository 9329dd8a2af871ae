#include "common/engine/interval_timer.hpp"

#include <new>
#include <system_error>
#include <utility>

namespace holdfast {

IntervalTimer::IntervalTimer(std::chrono::milliseconds interval, std::function<void()> on_interval)
    : interval_(interval), on_interval_(std::move(on_interval)) {}

IntervalTimer::~IntervalTimer() { stop(); }

void IntervalTimer::stop() noexcept {
  if (fork_guard_.in_child()) {  // the thread runs in the parent, and may hold the mutex there
    if (thread_.joinable()) thread_.detach();
    return;
  }
  change_to(State::stopping);
  if (thread_.joinable()) thread_.join();
}

bool IntervalTimer::arm() noexcept { return change_to(State::armed); }

bool IntervalTimer::fire() noexcept { return change_to(State::due); }

// States only rise until the thread has seen them: armed, due, stopping.
bool IntervalTimer::change_to(State state) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (state_ >= state) return true;
    if (!thread_.joinable() && state != State::stopping && !start()) return false;
    state_ = state;
  }
  changed_.notify_one();
  return true;
}

bool IntervalTimer::start() noexcept {
  try {
    thread_ = std::thread([this] { run(); });
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  } catch (const std::system_error&) {  // the system gives no more threads
    return false;
  }
}

void IntervalTimer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return state_ != State::idle; });
    changed_.wait_for(lock, interval_, [this] { return state_ >= State::due; });
    if (state_ == State::stopping) return;
    state_ = State::idle;
    lock.unlock();
    on_interval_();
    lock.lock();
  }
}

}  // namespace holdfast
