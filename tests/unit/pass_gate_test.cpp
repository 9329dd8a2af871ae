// Who gets through, who is seen, and where the barrier stands: gates that use it have tests of what they do with it.

#include "common/base/pass_gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <optional>
#include <thread>
#include <vector>

#include "scripted_barrier.hpp"

namespace holdfast {
namespace {

struct PassGateTag {};
using Script = ScriptedBarrier<PassGateTag>;
using ScriptedGate = BasicPassGate<Script>;

class PassGateOrder : public ::testing::Test {
 protected:
  void TearDown() override {
    Script::at_frequent = nullptr;
    Script::at_rare = nullptr;
  }
};

// Closed between the two steps of somebody who comes: the look must see it, and the count must be there.
TEST_F(PassGateOrder, WhoComesIsCountedFirstAndLooksThen) {
  ScriptedGate gate;
  bool was_counted = false;
  Script::at_frequent = [&] {
    EXPECT_TRUE(ScriptedGate::shut({&gate}));
    was_counted = !gate.is_empty();
  };
  const auto pass = gate.enter();
  EXPECT_TRUE(was_counted);
  EXPECT_FALSE(pass) << "it had looked before it was counted";
  EXPECT_TRUE(gate.is_empty()) << "who does not get in is counted out again";
}

TEST_F(PassGateOrder, WhoClosesSaysSoAndMakesTheBarrierThen) {
  ScriptedGate left;
  ScriptedGate right;
  int barriers = 0;
  Script::at_rare = [&] {
    ++barriers;
    EXPECT_TRUE(left.is_closed());
    EXPECT_TRUE(right.is_closed());
    EXPECT_FALSE(left.enter());
    EXPECT_FALSE(right.enter());
    return true;
  };
  EXPECT_TRUE(ScriptedGate::shut({&left, &right}));
  EXPECT_EQ(barriers, 1) << "one for all gates";
}

TEST_F(PassGateOrder, ABarrierThatIsRefusedIsTold) {
  ScriptedGate gate;
  Script::at_rare = [] { return false; };
  EXPECT_FALSE(ScriptedGate::shut({&gate}));
  EXPECT_TRUE(gate.is_closed());
}

template <class Barrier>
class PassGates : public ::testing::Test {
 protected:
  using Gate = BasicPassGate<Barrier>;
};
using Barriers = ::testing::Types<ProcessBarrier, NoBarrier>;
TYPED_TEST_SUITE(PassGates, Barriers);

TYPED_TEST(PassGates, LetsInUntilItIsShutAndWhenItIsOpenAgain) {
  typename TestFixture::Gate gate;
  EXPECT_TRUE(gate.enter());
  EXPECT_TRUE(gate.shut({&gate}));
  EXPECT_TRUE(gate.is_closed());
  EXPECT_FALSE(gate.enter());
  EXPECT_TRUE(gate.is_empty());
  gate.open();
  EXPECT_TRUE(gate.enter());
}

TYPED_TEST(PassGates, SeesThoseInsideWhereverTheyCameFromAndLeave) {
  typename TestFixture::Gate gate;
  std::optional<typename TestFixture::Gate::Pass> elsewhere;
  std::thread([&] { elsewhere.emplace(gate.enter()); }).join();
  std::optional<typename TestFixture::Gate::Pass> outer(gate.enter());
  std::optional<typename TestFixture::Gate::Pass> inner(gate.enter());
  EXPECT_TRUE(gate.shut({&gate}));
  EXPECT_FALSE(gate.is_empty());
  outer.reset();
  EXPECT_FALSE(gate.is_empty());
  inner.reset();
  EXPECT_FALSE(gate.is_empty());
  std::thread([&] { elsewhere.reset(); }).join();
  EXPECT_TRUE(gate.is_empty());
}

TYPED_TEST(PassGates, SeesThreadsThatShareACount) {
  constexpr std::ptrdiff_t kThreads = ThreadSlot::kOwned + 20;
  typename TestFixture::Gate gate;
  std::barrier all_are_inside{kThreads + 1};
  std::barrier all_but_one_are_out{kThreads + 1};
  std::barrier leaves{2};
  std::vector<std::thread> threads;
  for (std::ptrdiff_t i = 0; i < kThreads; ++i)
    threads.emplace_back([&, i] {
      std::optional<typename TestFixture::Gate::Pass> pass(gate.enter());
      EXPECT_TRUE(*pass);
      all_are_inside.arrive_and_wait();
      if (i != kThreads - 1) pass.reset();  // one of those that share
      all_but_one_are_out.arrive_and_wait();
      if (i == kThreads - 1) leaves.arrive_and_wait();
    });
  all_are_inside.arrive_and_wait();
  EXPECT_TRUE(gate.shut({&gate}));
  EXPECT_FALSE(gate.is_empty());
  all_but_one_are_out.arrive_and_wait();
  EXPECT_FALSE(gate.is_empty());
  leaves.arrive_and_wait();
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(gate.is_empty());
}

// What only those inside change, and only plainly, is theirs alone: whoever has shut the gate and sees it empty changes it too.
TYPED_TEST(PassGates, WhoFindsItEmptyIsAlone) {
  constexpr int kRounds = 2'000;
  constexpr std::size_t kThreads = 3;
  typename TestFixture::Gate gate;
  struct alignas(64) Own {
    std::uint64_t begun = 0;
    std::uint64_t ended = 0;
  };
  std::vector<Own> own(kThreads);
  std::atomic<std::size_t> ready{0};
  std::atomic<bool> is_over{false};
  std::vector<std::thread> threads;
  for (Own& mine : own)
    threads.emplace_back([&] {
      for (bool is_first = true; !is_over; is_first = false) {
        {
          const auto pass = gate.enter();
          if (!pass) continue;
          ++mine.begun;
          ++mine.ended;
        }
        if (is_first) ++ready;
      }
    });
  while (ready != kThreads) std::this_thread::yield();
  for (int round = 0; round < kRounds; ++round) {
    ASSERT_TRUE(gate.shut({&gate}));
    while (!gate.is_empty()) std::this_thread::yield();
    for (Own& one : own) {
      EXPECT_EQ(one.begun, one.ended);
      ++one.begun;
      ++one.ended;
    }
    gate.open();
  }
  is_over = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace holdfast
