#include "common/engine/interval_timer.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace holdfast {
namespace {

using namespace std::chrono_literals;
constexpr auto kFarAway = 1h;

/// Counts calls; whoever waits for the n-th ends with it.
class Calls {
 public:
  void call() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }
  [[nodiscard]] int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

TEST(IntervalTimer, CallsBackOnceEachTimeItIsArmed) {
  Calls calls;
  IntervalTimer timer(1ms, [&] { calls.call(); });
  for (int round = 1; round <= 5; ++round) {
    timer.arm();
    calls.wait_for(round);
  }
  timer.stop();
  EXPECT_EQ(calls.count(), 5);
}

TEST(IntervalTimer, ArmedTwiceItCallsBackOnce) {
  Calls calls;
  IntervalTimer timer(50ms, [&] { calls.call(); });
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) timer.arm();
  const bool in_time = std::chrono::steady_clock::now() - begin < 50ms;
  calls.wait_for(1);
  timer.stop();
  if (!in_time) return;  // the machine had stopped: it may have been armed anew
  EXPECT_EQ(calls.count(), 1);
}

TEST(IntervalTimer, FiresAtOnce) {
  Calls calls;
  IntervalTimer timer(kFarAway, [&] { calls.call(); });
  timer.fire();
  calls.wait_for(1);
  timer.arm();
  timer.fire();
  calls.wait_for(2);
  timer.stop();
  EXPECT_EQ(calls.count(), 2);
}

TEST(IntervalTimer, TheCallbackMayArmItAgain) {
  Calls calls;
  IntervalTimer* itself = nullptr;
  IntervalTimer timer(1ms, [&] {
    calls.call();
    itself->arm();
  });
  itself = &timer;
  timer.arm();
  calls.wait_for(3);
}

TEST(IntervalTimer, StopsWithoutWaitingForTheInterval) {
  Calls calls;
  {
    IntervalTimer timer(kFarAway, [&] { calls.call(); });
    timer.arm();
  }
  EXPECT_EQ(calls.count(), 0);
}

TEST(IntervalTimer, StopsWithoutEverHavingBeenArmedAndTwice) {
  IntervalTimer timer(1ms, [] {});
  timer.stop();
  timer.stop();
  timer.arm();  // comes to nothing
  timer.fire();
}

TEST(IntervalTimer, StopWaitsForTheCallbackThatRuns) {
  Calls begun;
  std::atomic<bool> ended{false};
  IntervalTimer timer(1ms, [&] {
    begun.call();
    std::this_thread::sleep_for(20ms);
    ended = true;
  });
  timer.fire();
  begun.wait_for(1);
  timer.stop();
  EXPECT_TRUE(ended.load());
}

}  // namespace
}  // namespace holdfast
