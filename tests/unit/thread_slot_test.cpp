#include "common/base/thread_slot.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace holdfast {
namespace {

TEST(ThreadSlot, IsTheSameAsLongAsAThreadLives) {
  const std::size_t slot = ThreadSlot::current();
  std::thread([] { static_cast<void>(ThreadSlot::current()); }).join();
  EXPECT_EQ(ThreadSlot::current(), slot);
}

TEST(ThreadSlot, ThreadsBeyondThoseOwnedShareOne) {
  constexpr std::ptrdiff_t kThreads = ThreadSlot::kOwned + 20;
  std::barrier all_have_one{kThreads};
  std::mutex mutex;
  std::set<std::size_t> owned;
  int sharers = 0;
  std::vector<std::thread> threads;
  for (std::ptrdiff_t i = 0; i < kThreads; ++i)
    threads.emplace_back([&] {
      const std::size_t slot = ThreadSlot::current();
      {
        const std::lock_guard lock(mutex);
        const bool is_new = slot == ThreadSlot::kShared || owned.insert(slot).second;
        EXPECT_TRUE(is_new) << slot;
        if (slot == ThreadSlot::kShared) ++sharers;
      }
      all_have_one.arrive_and_wait();
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(sharers, 20);
  EXPECT_EQ(ThreadSlot::end(), ThreadSlot::kOwned);
  EXPECT_EQ(owned.size() + static_cast<std::size_t>(sharers), static_cast<std::size_t>(kThreads));
}

TEST(ThreadSlot, IsGivenOutAgainWhenItsThreadHasEnded) {
  for (std::size_t i = 0; i < 3 * ThreadSlot::kOwned; ++i) {
    std::thread([] {
      EXPECT_NE(ThreadSlot::current(), ThreadSlot::kShared);
      EXPECT_LT(ThreadSlot::current(), ThreadSlot::end());
    }).join();
  }
}

}  // namespace
}  // namespace holdfast
