#include "common/engine/async_room.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace holdfast {
namespace {

using namespace std::chrono_literals;

TEST(AsyncRoom, EndsAtItsBound) {
  AsyncRoom room;
  room.limit(100, 0ms);
  EXPECT_TRUE(room.take(60));
  EXPECT_TRUE(room.take(40));
  EXPECT_FALSE(room.take(1));
  EXPECT_EQ(room.in_flight_bytes(), 100u);
  room.give_back(60);
  EXPECT_FALSE(room.take(61));
  EXPECT_TRUE(room.take(60));
}

TEST(AsyncRoom, LetsInWhatIsLargerAlone) {
  AsyncRoom room;
  room.limit(100, 0ms);
  EXPECT_TRUE(room.take(1'000));
  EXPECT_FALSE(room.take(1));
  room.give_back(1'000);
  EXPECT_TRUE(room.take(1));
  EXPECT_FALSE(room.take(1'000));
}

TEST(AsyncRoom, RefusesWhoHasWaitedLongEnough) {
  AsyncRoom room;
  room.limit(100, 1ms);
  EXPECT_TRUE(room.take(100));
  EXPECT_FALSE(room.take(1));
  EXPECT_EQ(room.in_flight_bytes(), 100u);
}

TEST(AsyncRoom, WakesWhoeverWaits) {
  AsyncRoom room;
  room.limit(100, 1h);
  std::atomic<std::uint64_t> in_flight{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        ASSERT_TRUE(room.take(60));
        EXPECT_EQ(in_flight.fetch_add(1), 0u);  // two do not fit
        if (i % 8 == 0) std::this_thread::yield();
        in_flight.fetch_sub(1);
        room.give_back(60);
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(room.in_flight_bytes(), 0u);
}

}  // namespace
}  // namespace holdfast
