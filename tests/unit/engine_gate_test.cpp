#include "common/engine/engine_gate.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <atomic>
#include <barrier>
#include <optional>
#include <thread>
#include <vector>

#include "memory_storage.hpp"
#include "refused_calls.hpp"

namespace holdfast {
namespace {

std::unique_ptr<Engine> some_engine() {
  auto storage = memory_storage();
  const Options options{.segment_size_bytes = kSegmentSizeBytesMin};
  EXPECT_TRUE(ok(Engine::format(*storage, options)));
  auto engine = Engine::open(std::move(storage), options);
  EXPECT_TRUE(ok(engine));
  EXPECT_TRUE(ok((*engine)->finish_recovery({})));
  return std::move(*engine);
}

TEST(EngineGate, LetsInWhileItIsOpen) {
  EngineGate gate(some_engine());
  const auto pass = gate.enter();
  ASSERT_TRUE(pass);
  EXPECT_FALSE(pass->read_only());
}

TEST(EngineGate, LetsNobodyInAfterClose) {
  EngineGate gate(some_engine());
  ASSERT_TRUE(ok(gate.close()));
  EXPECT_FALSE(gate.enter());
  EXPECT_TRUE(fails_with(ErrorCode::closed, gate.close()));
}

TEST(EngineGate, LetsNobodyInAfterRelease) {
  EngineGate gate(some_engine());
  gate.release();
  EXPECT_FALSE(gate.enter());
  EXPECT_TRUE(fails_with(ErrorCode::closed, gate.close()));
  gate.release();
}

TEST(EngineGate, ClosesWhenTheLastOneInsideIsOut) {
  EngineGate gate(some_engine());
  std::atomic<bool> closed{false};
  std::thread closer;
  {
    const auto pass = gate.enter();
    closer = std::thread([&] {
      EXPECT_TRUE(ok(gate.close()));
      closed = true;
    });
    while (gate.enter()) std::this_thread::yield();  // it has begun to close
    EXPECT_FALSE(closed.load());
    EXPECT_GT(pass->info().size_bytes, 0u);  // and the engine is still there
  }
  closer.join();
  EXPECT_TRUE(closed.load());
}

TEST(EngineGate, AThreadMayComeInSeveralTimesAtOnce) {
  EngineGate gate(some_engine());
  {
    const auto outer = gate.enter();
    const auto inner = gate.enter();
    EXPECT_TRUE(outer && inner);
  }
  EXPECT_TRUE(ok(gate.close()));
}

TEST(EngineGate, WaitsForAPassThatEndsInAnotherThread) {
  EngineGate gate(some_engine());
  std::optional<EngineGate::Pass> pass;
  std::thread([&] { pass.emplace(gate.enter()); }).join();  // the thread, and what it counts by, is gone
  ASSERT_TRUE(*pass);
  std::atomic<bool> closed{false};
  std::thread closer([&] {
    EXPECT_TRUE(ok(gate.close()));
    closed = true;
  });
  while (gate.enter()) std::this_thread::yield();  // it has begun to close
  EXPECT_FALSE(closed.load());
  EXPECT_GT((*pass)->info().size_bytes, 0u);
  std::thread([&] { pass.reset(); }).join();
  closer.join();
  EXPECT_TRUE(closed.load());
}

TEST(EngineGate, WaitsForThreadsThatShareACount) {
  constexpr std::ptrdiff_t kThreads = ThreadSlot::kOwned + 20;
  EngineGate gate(some_engine());
  std::barrier all_are_inside{kThreads + 1};
  std::atomic<bool> leaves{false};
  std::atomic<int> inside{0};
  std::vector<std::thread> threads;
  for (std::ptrdiff_t i = 0; i < kThreads; ++i)
    threads.emplace_back([&] {
      const auto pass = gate.enter();
      EXPECT_TRUE(pass);
      ++inside;
      all_are_inside.arrive_and_wait();
      while (!leaves) std::this_thread::yield();
      --inside;
    });
  all_are_inside.arrive_and_wait();
  std::thread closer([&] {
    EXPECT_TRUE(ok(gate.close()));
    EXPECT_EQ(inside.load(), 0);
  });
  while (gate.enter()) std::this_thread::yield();  // it has begun to close
  leaves = true;
  closer.join();
  for (std::thread& thread : threads) thread.join();
}

TEST(EngineGate, ThreadsThatComeAndGoNeverMeetAClosedEngine) {
  for (int round = 0; round < 5; ++round) {
    EngineGate gate(some_engine());
    std::atomic<int> entered{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([&] {
        for (;;) {
          const auto pass = gate.enter();
          if (!pass) return;
          EXPECT_GT(pass->info().size_bytes, 0u);
          ++entered;
        }
      });
    while (entered < 50) std::this_thread::yield();
    EXPECT_TRUE(ok(gate.close()));
    for (std::thread& thread : threads) thread.join();
  }
}

// Without a barrier it would have to guess.
TEST(EngineGate, StaysOpenWhereNobodyCanTellWhoIsInside) {
  if (!has_process_barrier()) return;  // then it can always tell
  EngineGate gate(some_engine());
  with_calls_refused({{SYS_membarrier}, {SYS_sched_setaffinity}},
                     [&] { EXPECT_TRUE(fails_with(ErrorCode::not_supported, gate.close())); });
  EXPECT_TRUE(gate.enter());
  EXPECT_TRUE(ok(gate.close()));
}

TEST(EngineGate, LetsNobodyInButKeepsTheEnginesMemoryWhereItIsReleasedSo) {
  if (!has_process_barrier()) return;  // then it can always tell
  EngineGate gate(some_engine());
  const Engine& engine = *gate.enter();
  with_calls_refused({{SYS_membarrier}, {SYS_sched_setaffinity}}, [&] { gate.release(); });
  EXPECT_FALSE(gate.enter());
  EXPECT_GT(engine.info().size_bytes, 0u) << "somebody may be inside whose count was not seen";
}

}  // namespace
}  // namespace holdfast
