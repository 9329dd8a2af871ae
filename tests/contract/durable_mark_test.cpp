// The rules of the durable mark, by themselves and by the two kinds of media it tells apart.

#include "testing/durable_mark_storage.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace holdfast::testing {
namespace {

void write(DurableMark& mark, ByteRange range) {
  mark.begin_write(range);
  mark.end_write(range);
}

void drain(DurableMark& mark, bool succeeds = true) { mark.end_drain(mark.begin_drain(), succeeds); }

TEST(DurableMark, WrittenIsNotDurableUntilDrained) {
  DurableMark mark(true);
  write(mark, {0, 10});
  EXPECT_FALSE(mark.is_durable({0, 10}));
  drain(mark);
  EXPECT_TRUE(mark.is_durable({0, 10}));
  EXPECT_FALSE(mark.is_durable({0, 11}));
}

TEST(DurableMark, WritingAgainMakesItPendingAgain) {
  DurableMark mark(true);
  write(mark, {0, 10});
  drain(mark);
  write(mark, {3, 1});
  EXPECT_FALSE(mark.is_durable({0, 10}));
  EXPECT_TRUE(mark.is_durable({4, 6}));
  drain(mark);
  EXPECT_TRUE(mark.is_durable({0, 10}));
}

TEST(DurableMark, ACommitIsDurableAndDrainsNothingElse) {
  DurableMark mark(true);
  write(mark, {100, 10});
  mark.begin_write({0, 10});
  mark.end_commit({0, 10});
  EXPECT_TRUE(mark.is_durable({0, 10}));
  EXPECT_FALSE(mark.is_durable({100, 10}));
}

TEST(DurableMark, AFailedDrainTakesAwayWhatWasPendingForGood) {
  DurableMark mark(true);
  write(mark, {0, 10});
  drain(mark, false);
  drain(mark);
  EXPECT_FALSE(mark.is_durable({0, 10})) << "a later success proves nothing";
  write(mark, {0, 10});
  drain(mark);
  EXPECT_TRUE(mark.is_durable({0, 10}));
}

TEST(DurableMark, AWriteDuringADrainIsNotCovered) {
  DurableMark mark(true);
  write(mark, {0, 10});
  const auto running = mark.begin_drain();
  write(mark, {5, 1});
  mark.begin_write({20, 1});
  mark.end_drain(running, true);
  mark.end_write({20, 1});
  EXPECT_TRUE(mark.is_durable({0, 5}));
  EXPECT_FALSE(mark.is_durable({5, 1}));
  drain(mark);
  EXPECT_TRUE(mark.is_durable({5, 1}));
  EXPECT_TRUE(mark.is_durable({20, 1}));
}

TEST(DurableMark, OfTwoDrainsTheFirstToReturnCounts) {
  DurableMark mark(true);
  write(mark, {0, 10});
  const auto slow = mark.begin_drain();
  drain(mark);
  EXPECT_TRUE(mark.is_durable({0, 10}));
  mark.end_drain(slow, true);
  EXPECT_TRUE(mark.is_durable({0, 10}));
}

TEST(DurableMark, AFailedDrainDiscreditsOneThatRanBesideIt) {
  DurableMark mark(true);
  write(mark, {0, 10});
  const auto beside = mark.begin_drain();
  drain(mark, false);
  mark.end_drain(beside, true);
  EXPECT_FALSE(mark.is_durable({0, 10}));
}

TEST(DurableMark, WithoutSharedSyncsAThreadDrainsItsOwn) {
  DurableMark mark(false);
  std::thread([&] { write(mark, {0, 10}); }).join();
  write(mark, {20, 10});
  drain(mark);
  EXPECT_FALSE(mark.is_durable({0, 10}));
  EXPECT_TRUE(mark.is_durable({20, 10}));
  std::thread([&] { drain(mark); }).join();
  EXPECT_FALSE(mark.is_durable({0, 10})) << "nor does a thread that comes later";
}

TEST(DurableMark, WithSharedSyncsOneDrainsForAll) {
  DurableMark mark(true);
  std::thread([&] { write(mark, {0, 10}); }).join();
  drain(mark);
  EXPECT_TRUE(mark.is_durable({0, 10}));
}

TEST(DurableMark, AThreadsWriteTakesAnothersPendingBytesOver) {
  DurableMark mark(false);
  write(mark, {0, 10});
  std::thread([&] { write(mark, {0, 10}); }).join();
  drain(mark);
  EXPECT_FALSE(mark.is_durable({0, 10})) << "the last writer has not drained";
}

}  // namespace
}  // namespace holdfast::testing
