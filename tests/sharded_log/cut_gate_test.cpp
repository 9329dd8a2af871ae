// Who goes through the gate, and who waits.

#include "sharded_log/cut_gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace holdfast::sharded_log {
namespace {

using Kind = CutGate::Kind;

TEST(CutGate, ACutWaitsForAppendsOverShardsAndNotForOthers) {
  CutGate gate;
  const auto single = gate.enter(Kind::single);
  EXPECT_EQ(gate.cut([] { return 7; }), 7) << "one that is under way is in the cut or behind it";
  std::optional<CutGate::Pass> across(gate.enter(Kind::across));
  std::atomic<bool> is_cut{false};
  std::thread cutter([&] { gate.cut([&] { is_cut = true; }); });
  // While the cut waits, the others go on.
  for (int i = 0; i < 1'000; ++i) {
    const auto another = gate.enter(Kind::single);
    EXPECT_FALSE(is_cut);
  }
  across.reset();
  cutter.join();
  EXPECT_TRUE(is_cut);
}

TEST(CutGate, NobodyBeginsWhileTheCutLooks) {
  CutGate gate;
  std::vector<std::thread> appenders;
  std::atomic<int> entered{0};
  gate.cut([&] {
    for (const Kind kind : {Kind::single, Kind::across})
      appenders.emplace_back([&gate, &entered, kind] {
        const auto pass = gate.enter(kind);
        ++entered;
      });
    for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
    EXPECT_EQ(entered, 0);
  });
  for (std::thread& appender : appenders) appender.join();
  EXPECT_EQ(entered, 2);
}

TEST(CutGate, WhoIsAloneHasWaitedForEverybody) {
  CutGate gate;
  std::optional<CutGate::Pass> single(gate.enter(Kind::single));
  std::atomic<bool> is_alone{false};
  std::thread closer([&] { gate.alone([&] { is_alone = true; }); });
  for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
  EXPECT_FALSE(is_alone);
  single.reset();
  closer.join();
  EXPECT_TRUE(is_alone);
  EXPECT_EQ(gate.alone([] { return 1; }), 1);
}

// Each append over shards adds to both counters; a cut must never see one of them alone. What a single append has seen before it
// began is in every cut that has the append.
TEST(CutGate, CutsAreConsistentUnderLoad) {
  CutGate gate;
  constexpr int kCuts = 500;
  std::atomic<std::uint64_t> left{0};
  std::atomic<std::uint64_t> right{0};
  std::atomic<std::uint64_t> first{0};   // written before `second`, by one thread
  std::atomic<std::uint64_t> second{0};
  std::atomic<bool> is_over{false};
  std::thread both([&] {
    while (!is_over) {
      const auto pass = gate.enter(Kind::across);
      ++left;
      ++right;
    }
  });
  std::thread in_turn([&] {
    while (!is_over) {
      {
        const auto pass = gate.enter(Kind::single);
        ++first;
      }
      const auto pass = gate.enter(Kind::single);
      ++second;
    }
  });
  while (left == 0 || second == 0) std::this_thread::yield();
  for (int i = 0; i < kCuts; ++i)
    gate.cut([&] {
      EXPECT_EQ(left.load(), right.load());
      const std::uint64_t seen_first = first.load();
      EXPECT_LE(second.load(), seen_first);
    });
  is_over = true;
  both.join();
  in_turn.join();
}

}  // namespace
}  // namespace holdfast::sharded_log
