// Who goes through the gate, who waits, and what is visible at a cut.

#include "sharded_log/cut_gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "unit/scripted_barrier.hpp"

namespace holdfast::sharded_log {
namespace {

using Kind = CutGate::Kind;

template <class Barrier>
class CutGates : public ::testing::Test {
 protected:
  using Gate = BasicCutGate<Barrier>;
  using Pass = typename Gate::Pass;
};
using Barriers = ::testing::Types<ProcessBarrier, NoBarrier>;
TYPED_TEST_SUITE(CutGates, Barriers);

TYPED_TEST(CutGates, ACutWaitsForAppendsOverShardsAndNotForOthers) {
  typename TestFixture::Gate gate;
  const auto single = gate.enter(Kind::single);
  EXPECT_EQ(gate.cut([] { return Result<int>(7); }), 7) << "one that is under way is in the cut or behind it";
  std::optional<typename TestFixture::Pass> across(gate.enter(Kind::across));
  std::atomic<bool> is_cut{false};
  std::thread cutter([&] {
    EXPECT_TRUE(gate.cut([&]() -> Result<void> {
      is_cut = true;
      return {};
    }));
  });
  // While the cut waits, the others go on.
  for (int i = 0; i < 1'000; ++i) {
    const auto another = gate.enter(Kind::single);
    EXPECT_FALSE(is_cut);
  }
  across.reset();
  cutter.join();
  EXPECT_TRUE(is_cut);
}

TYPED_TEST(CutGates, NobodyBeginsWhileTheCutLooks) {
  typename TestFixture::Gate gate;
  std::vector<std::thread> appenders;
  std::atomic<int> entered{0};
  EXPECT_TRUE(gate.cut([&]() -> Result<void> {
    for (const Kind kind : {Kind::single, Kind::across})
      appenders.emplace_back([&gate, &entered, kind] {
        const auto pass = gate.enter(kind);
        ++entered;
      });
    for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
    EXPECT_EQ(entered, 0);
    return {};
  }));
  for (std::thread& appender : appenders) appender.join();
  EXPECT_EQ(entered, 2);
}

TYPED_TEST(CutGates, WhoIsAloneHasWaitedForEverybody) {
  typename TestFixture::Gate gate;
  std::optional<typename TestFixture::Pass> single(gate.enter(Kind::single));
  std::atomic<bool> is_alone{false};
  std::thread closer([&] {
    EXPECT_TRUE(gate.alone([&]() -> Result<void> {
      is_alone = true;
      return {};
    }));
  });
  for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
  EXPECT_FALSE(is_alone);
  single.reset();
  closer.join();
  EXPECT_TRUE(is_alone);
  EXPECT_EQ(gate.alone([] { return Result<int>(1); }), 1);
}

// Each append over shards adds to both counters; a cut must never see one of them alone. What a single append has seen before
// it began is in every cut that has the append. The counters are stored as plainly as a shard's end is.
TYPED_TEST(CutGates, CutsAreConsistentUnderLoad) {
  typename TestFixture::Gate gate;
  constexpr int kCuts = 2'000;
  struct alignas(64) End {
    std::atomic<std::uint64_t> value{0};
    void grow() { value.store(value.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
    [[nodiscard]] std::uint64_t look() const { return value.load(std::memory_order_acquire); }
  };
  End left;
  End right;
  End first;   // written before `second`, by one thread
  End second;
  std::atomic<bool> is_over{false};
  std::thread both([&] {
    while (!is_over) {
      const auto pass = gate.enter(Kind::across);
      left.grow();
      right.grow();
    }
  });
  std::thread in_turn([&] {
    while (!is_over) {
      {
        const auto pass = gate.enter(Kind::single);
        first.grow();
      }
      const auto pass = gate.enter(Kind::single);
      second.grow();
    }
  });
  while (left.look() == 0 || second.look() == 0) std::this_thread::yield();
  for (int i = 0; i < kCuts; ++i)
    EXPECT_TRUE(gate.cut([&]() -> Result<void> {
      EXPECT_EQ(left.look(), right.look());
      const std::uint64_t seen_first = first.look();
      EXPECT_LE(second.look(), seen_first);
      return {};
    }));
  is_over = true;
  both.join();
  in_turn.join();
}

struct CutGateTag {};
using Script = ScriptedBarrier<CutGateTag>;
using ScriptedGate = BasicCutGate<Script>;

class CutGateOrder : public ::testing::Test {
 protected:
  void TearDown() override { Script::at_rare = nullptr; }

  /// Notes each barrier, which must find the gate closed.
  void note_barriers() {
    Script::at_rare = [this] {
      EXPECT_TRUE(gate_.is_closed(Kind::single));
      EXPECT_TRUE(gate_.is_closed(Kind::across));
      events_ += "barrier ";
      ++barriers_;
      return true;
    };
  }
  Result<void> note(const char* event) {
    events_ += event;
    return {};
  }

  ScriptedGate gate_;
  std::string events_;
  std::atomic<int> barriers_{0};
};

TEST_F(CutGateOrder, WhatTheBarrierMakesVisibleIsThereWhenTheCutLooks) {
  note_barriers();
  EXPECT_TRUE(gate_.cut([this] { return note("look"); }));
  EXPECT_EQ(events_, "barrier look");
  EXPECT_FALSE(gate_.is_closed(Kind::single) || gate_.is_closed(Kind::across));
}

TEST_F(CutGateOrder, ACutThatHasWaitedMakesABarrierAnew) {
  note_barriers();
  std::optional<ScriptedGate::Pass> across(gate_.enter(Kind::across));
  std::thread cutter([this] { EXPECT_TRUE(gate_.cut([this] { return note("look"); })); });
  while (barriers_ == 0) std::this_thread::yield();
  static_cast<void>(gate_.enter(Kind::single));  // goes on while the cut waits
  across.reset();
  cutter.join();
  EXPECT_EQ(events_, "barrier barrier look");
}

TEST_F(CutGateOrder, WhoIsAloneHasMadeABarrierAndLooksForOthersThen) {
  note_barriers();
  std::optional<ScriptedGate::Pass> single(gate_.enter(Kind::single));
  std::thread closer([this] { EXPECT_TRUE(gate_.alone([this] { return note("act"); })); });
  while (barriers_ == 0) std::this_thread::yield();  // were they looked for first, it would not come so far
  single.reset();
  closer.join();
  EXPECT_EQ(events_, "barrier act");
}

TEST_F(CutGateOrder, WithoutTheBarrierNothingIsDoneAndTheGateIsOpen) {
  Script::at_rare = [] { return false; };
  const auto cut = gate_.cut([this] { return note("look"); });
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, ErrorCode::not_supported);
  const auto alone = gate_.alone([this] { return note("act"); });
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().code, ErrorCode::not_supported);
  EXPECT_EQ(events_, "");
  static_cast<void>(gate_.enter(Kind::single));
  static_cast<void>(gate_.enter(Kind::across));
}

}  // namespace
}  // namespace holdfast::sharded_log
