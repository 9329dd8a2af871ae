#include "common/engine/segment_pins.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <vector>

namespace holdfast {
namespace {

TEST(SegmentPins, AreCountedBySegment) {
  SegmentPins pins;
  EXPECT_FALSE(pins.is_pinned(7));
  std::optional first(pins.pin(7));
  std::optional second(pins.pin(7));
  EXPECT_TRUE(pins.is_pinned(7));
  EXPECT_FALSE(pins.is_pinned(8));
  first.reset();
  EXPECT_TRUE(pins.is_pinned(7));
  second.reset();
  EXPECT_FALSE(pins.is_pinned(7));
}

TEST(SegmentPins, ThatAreMovedCountOnce) {
  SegmentPins pins;
  {
    SegmentPins::Pin from = pins.pin(7);
    const SegmentPins::Pin to(std::move(from));
    EXPECT_TRUE(pins.is_pinned(7));
  }
  EXPECT_FALSE(pins.is_pinned(7));
}

TEST(SegmentPins, MayEndInAnotherThreadThanTheyBegan) {
  SegmentPins pins;
  std::optional<SegmentPins::Pin> pin;
  std::thread([&] { pin.emplace(pins.pin(7)); }).join();
  EXPECT_TRUE(pins.is_pinned(7));
  std::thread([&] { pin.reset(); }).join();
  EXPECT_FALSE(pins.is_pinned(7));
}

TEST(SegmentPins, OfManyThreadsEndWithTheLast) {
  SegmentPins pins;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int i = 0; i < 1'000; ++i) {
        const SegmentPins::Pin pin = pins.pin(static_cast<SegmentId>(i % 3));
        EXPECT_TRUE(pins.is_pinned(static_cast<SegmentId>(i % 3)));
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (SegmentId segment = 0; segment < 3; ++segment) EXPECT_FALSE(pins.is_pinned(segment));
}

}  // namespace
}  // namespace holdfast
