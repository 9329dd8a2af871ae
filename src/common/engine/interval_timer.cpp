#include "common/engine/interval_timer.hpp"

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

void IntervalTimer::arm() { change_to(State::armed); }

void IntervalTimer::fire() { change_to(State::due); }

// States only rise until the thread has seen them: armed, due, stopping.
void IntervalTimer::change_to(State state) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ >= state) return;
    state_ = state;
    if (!thread_.joinable() && state != State::stopping) thread_ = std::thread([this] { run(); });
  }
  changed_.notify_one();
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
