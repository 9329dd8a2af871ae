#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace holdfast::lab {

/// A thread that does what it is told and nothing else: run() returns when it is done. Several of them taking
/// turns are threads to the store, and one fixed order of events to the lab.
class Turns {
 public:
  Turns() : thread_([this] { loop(); }) {}
  ~Turns() {
    run(nullptr);
    thread_.join();
  }
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  void run(std::function<void()> turn) {
    std::unique_lock lock(mutex_);
    turn_ = std::move(turn);
    has_turn_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !has_turn_; });
  }

 private:
  void loop() {
    std::unique_lock lock(mutex_);
    for (bool goes_on = true; goes_on;) {
      changed_.wait(lock, [this] { return has_turn_; });
      goes_on = turn_ != nullptr;
      if (goes_on) turn_();
      has_turn_ = false;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> turn_;
  bool has_turn_ = false;
  std::thread thread_;
};

}  // namespace holdfast::lab
