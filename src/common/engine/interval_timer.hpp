#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "common/base/fork_guard.hpp"

namespace holdfast {

/// Calls back once, an interval after it was armed: the promise behind Durability::interval. Its thread is
/// started by the first arm(), so that a store without such writes has none.
/// Threads: any number of callers, except stop().
class IntervalTimer {
 public:
  /// `on_interval` runs in the timer's thread, one call at a time, and may arm() again.
  IntervalTimer(std::chrono::milliseconds interval, std::function<void()> on_interval);
  IntervalTimer(const IntervalTimer&) = delete;
  IntervalTimer& operator=(const IntervalTimer&) = delete;
  ~IntervalTimer();

  /// The callback comes an interval from now, if none is on its way already. False: no thread could be started for it.
  bool arm() noexcept;

  /// It comes at once. False: as arm().
  bool fire() noexcept;

  /// Ends the thread, a running callback before it; none follows. In a forked child, where the thread does not
  /// exist, it is only forgotten.
  void stop() noexcept;

 private:
  enum class State { idle, armed, due, stopping };

  bool change_to(State state) noexcept;
  [[nodiscard]] bool start() noexcept;
  void run();

  std::chrono::milliseconds interval_;
  std::function<void()> on_interval_;
  ForkGuard fork_guard_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  State state_ = State::idle;
  std::thread thread_;
};

}  // namespace holdfast
