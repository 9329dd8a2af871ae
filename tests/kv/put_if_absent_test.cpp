#include "kv_suites.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace holdfast::kv_suites {
namespace {

TEST_P(Kv, PutIfAbsentStoresWhereNothingIs) {
  EXPECT_TRUE(says(true, space_->put_if_absent("key", "value")));
  EXPECT_TRUE(holds(*space_, "key", "value"));
  EXPECT_TRUE(has_size(*space_, 1));
}

TEST_P(Kv, PutIfAbsentLeavesWhatIsThere) {
  put("key", "");  // empty is not absent
  EXPECT_TRUE(says(false, space_->put_if_absent("key", "value")));
  EXPECT_TRUE(holds(*space_, "key", ""));
}

TEST_P(Kv, PutIfAbsentStoresBehindAnErase) {
  put("key", "old");
  ASSERT_TRUE(ok(space_->erase("key")));
  EXPECT_TRUE(says(true, space_->put_if_absent("key", some_value(100'000))));
  EXPECT_TRUE(holds(*space_, "key", some_value(100'000)));
}

TEST_P(Kv, OfManyWhoPutIfAbsentOneWins) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> winner{-1};
    const std::string key = "key " + std::to_string(round);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([&, thread] {
        const auto stored = space_->put_if_absent(key, std::to_string(thread), kBuffered);
        ASSERT_TRUE(ok(stored));
        if (*stored) {
          EXPECT_EQ(winner.exchange(thread), -1);
        }
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(holds(*space_, key, std::to_string(winner.load())));
  }
}

}  // namespace
}  // namespace holdfast::kv_suites
