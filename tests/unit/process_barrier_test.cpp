#include "common/base/process_barrier.hpp"

#include <gtest/gtest.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <atomic>
#include <thread>
#include <vector>

#include "refused_calls.hpp"

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
template <class Barrier>
void expect_that_one_sees_the_other(std::size_t round_count, Barrier barrier) {
  std::vector<Round> rounds(round_count);
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
    EXPECT_TRUE(barrier());
    round.rare_saw_frequent = round.frequent.set.load(std::memory_order_acquire);
  }
  frequent.join();
  for (const Round& round : rounds) ASSERT_TRUE(round.frequent_saw_rare || round.rare_saw_frequent);
}

cpu_set_t own_processors() {
  cpu_set_t set;
  EXPECT_EQ(::sched_getaffinity(0, sizeof set, &set), 0);
  return set;
}

/// Whether a thread here may run everywhere; in a container with processors of its own it may not.
bool may_go_everywhere() {
  bool may = false;
  std::thread([&] {
    cpu_set_t all;
    CPU_ZERO(&all);
    for (std::size_t processor = 0; processor < CPU_SETSIZE; ++processor) CPU_SET(processor, &all);
    EXPECT_EQ(::sched_setaffinity(0, sizeof all, &all), 0);
    const cpu_set_t set = own_processors();
    may = CPU_COUNT(&set) == ::sysconf(_SC_NPROCESSORS_ONLN);
  }).join();
  return may;
}

long times_taken_off() {
  rusage usage{};
  EXPECT_EQ(::getrusage(RUSAGE_THREAD, &usage), 0);
  return usage.ru_nvcsw + usage.ru_nivcsw;
}

TEST(ProcessBarrier, OfTwoSidesThatStoreAndLookOneSeesTheOther) {
  if (!has_process_barrier()) {  // the kernel, or a filter of system calls, refuses it each time
    EXPECT_NE(::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0), 0);
    return;
  }
  expect_that_one_sees_the_other(5'000, process_barrier);
}

TEST(ProcessBarrier, IsThereInAForkedChildAsWell) {
  const bool is_there = has_process_barrier();
  const pid_t child = ::fork();
  if (child == 0) ::_exit(!has_process_barrier() || process_barrier() ? 0 : 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << is_there;
}

TEST(ProcessBarrier, WhereOneCommandIsRefusedAnotherDoes) {
  static_cast<void>(has_process_barrier());
  const long commands = ::syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
  const bool has_another = commands > 0 && (commands & MEMBARRIER_CMD_GLOBAL) != 0;
  with_calls_refused({{SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED}, {SYS_sched_setaffinity}},
                     [&] { EXPECT_EQ(process_barrier(), has_another); });
}

TEST(ProcessBarrier, WhereAllOfThemAreRefusedTheProcessorsAreVisited) {
  const bool may = may_go_everywhere();
  with_calls_refused({{SYS_membarrier}}, [&] {
    EXPECT_EQ(process_barrier(), may);
    if (may) expect_that_one_sees_the_other(200, process_barrier);
  });
}

TEST(ProcessBarrier, IsNotClaimedWhereNothingIsLeft) {
  with_calls_refused({{SYS_membarrier}, {SYS_sched_setaffinity}}, [] { EXPECT_FALSE(process_barrier()); });
  EXPECT_EQ(no_process_barrier().code, ErrorCode::not_supported);
}

TEST(VisitProcessors, TakesEverybodyElseOffTheirProcessor) {
  if (!may_go_everywhere()) {
    EXPECT_FALSE(visit_processors());
    return;
  }
  Flag runs;
  Flag ends;
  long before = 0;
  long after = 0;
  std::thread other([&] {
    before = times_taken_off();
    runs.set.store(true, std::memory_order_release);
    while (!ends.set.load(std::memory_order_acquire)) {
    }
    after = times_taken_off();
  });
  while (!runs.set.load(std::memory_order_acquire)) {
  }
  EXPECT_TRUE(visit_processors());
  ends.set.store(true, std::memory_order_release);
  other.join();
  EXPECT_GT(after, before);
}

TEST(VisitProcessors, ComesBack) {
  const cpu_set_t all = own_processors();
  static_cast<void>(visit_processors());
  cpu_set_t after = own_processors();
  EXPECT_TRUE(CPU_EQUAL(&after, &all));
  std::thread([&after, one = all]() mutable {
    while (CPU_COUNT(&one) > 1)
      for (std::size_t processor = CPU_SETSIZE; processor-- > 0;)
        if (CPU_ISSET(processor, &one)) {
          CPU_CLR(processor, &one);
          break;
        }
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    static_cast<void>(visit_processors());
    after = own_processors();
    EXPECT_TRUE(CPU_EQUAL(&after, &one));
  }).join();
}

}  // namespace
}  // namespace holdfast
