#include "common/base/process_barrier.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace holdfast {
namespace {

struct alignas(64) Flag {
  std::atomic<bool> set{false};
};

struct Round {
  Flag frequent;
  Flag rare;
  Flag frequent_is_ready;
  Flag begins;
  bool frequent_saw_rare = false;
  bool rare_saw_frequent = false;
};

void wait_for(const Flag& flag) {
  constexpr int kLooks = 1'000;  // so that both sides go on at the same time, if there are two processors for them
  for (int look = 0; !flag.set.load(std::memory_order_acquire); ++look)
    if (look > kLooks) std::this_thread::yield();
}

// The frequent side has no barrier of its own: without the other's, both would miss each other now and then.
TEST(ProcessBarrier, OfTwoSidesThatStoreAndLookOneSeesTheOther) {
  if (!has_process_barrier()) {  // a kernel, or a filter of system calls, that refuses it does so each time
    EXPECT_FALSE(process_barrier());
    return;
  }
  constexpr std::size_t kRounds = 5'000;
  std::vector<Round> rounds(kRounds);
  std::thread frequent([&] {
    for (Round& round : rounds) {
      round.frequent_is_ready.set.store(true, std::memory_order_release);
      wait_for(round.begins);
      round.frequent.set.store(true, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_seq_cst);
      round.frequent_saw_rare = round.rare.set.load(std::memory_order_acquire);
    }
  });
  for (Round& round : rounds) {
    wait_for(round.frequent_is_ready);
    round.begins.set.store(true, std::memory_order_release);
    round.rare.set.store(true, std::memory_order_relaxed);
    EXPECT_TRUE(process_barrier());
    round.rare_saw_frequent = round.frequent.set.load(std::memory_order_acquire);
  }
  frequent.join();
  for (const Round& round : rounds) ASSERT_TRUE(round.frequent_saw_rare || round.rare_saw_frequent);
}

}  // namespace
}  // namespace holdfast
