#include "kv_suites.hpp"

#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace holdfast::kv_suites {
namespace {

using Value = std::optional<std::string>;

/// Whether it answers that this was there before.
[[nodiscard]] ::testing::AssertionResult finds(const Value& expected, const Result<Value>& before) {
  if (!before) return ok(before);
  if (*before == expected) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << (*before ? shown(**before) : "nothing");
}

TEST_P(Kv, ExchangeAnswersWhatWasThere) {
  EXPECT_TRUE(finds(std::nullopt, space_->exchange("key", "first")));
  EXPECT_TRUE(finds("first", space_->exchange("key", "")));
  EXPECT_TRUE(finds("", space_->exchange("key", some_value(200'000))));
  EXPECT_TRUE(finds(some_value(200'000), space_->exchange("key", "last")));
  EXPECT_TRUE(holds(*space_, "key", "last"));
  EXPECT_TRUE(has_size(*space_, 1));
}

TEST_P(Kv, ExchangeForNothingRemovesTheKey) {
  put("key", "value");
  EXPECT_TRUE(finds("value", space_->exchange("key", std::nullopt)));
  EXPECT_TRUE(is_absent(*space_, "key"));
  EXPECT_TRUE(has_size(*space_, 0));
  EXPECT_TRUE(finds(std::nullopt, space_->exchange("key", std::nullopt)));
}

// Every value that was put in comes out once, or stays.
TEST_P(Kv, ExchangesOfManyThreadsLoseNothing) {
  std::mutex mutex;
  std::multiset<std::string> out;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      for (int round = 0; round < 50; ++round) {
        const auto before = space_->exchange("key", std::to_string(thread * 100 + round), kBuffered);
        ASSERT_TRUE(ok(before));
        const std::lock_guard lock(mutex);
        if (*before) out.insert(**before);
      }
    });
  for (std::thread& thread : threads) thread.join();
  const auto last = space_->get("key");
  ASSERT_TRUE(last && *last);
  out.insert(**last);
  EXPECT_EQ(out.size(), 200u);
  for (int thread = 0; thread < 4; ++thread)
    for (int round = 0; round < 50; ++round) EXPECT_EQ(out.count(std::to_string(thread * 100 + round)), 1u);
}

}  // namespace
}  // namespace holdfast::kv_suites
