#include "kv_suites.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace holdfast::kv_suites {
namespace {

TEST_P(Kv, CompareAndSetStoresWhereTheKeyIsAbsentAsExpected) {
  EXPECT_TRUE(says(true, space_->compare_and_set("key", std::nullopt, "new")));
  EXPECT_TRUE(holds(*space_, "key", "new"));
  EXPECT_TRUE(has_size(*space_, 1));
}

TEST_P(Kv, CompareAndSetRefusesWhereAnAbsentKeyWasExpectedToHoldSomething) {
  EXPECT_TRUE(says(false, space_->compare_and_set("key", "old", "new")));
  EXPECT_TRUE(says(false, space_->compare_and_set("key", "", "new")));  // empty is not absent
  EXPECT_TRUE(is_absent(*space_, "key"));
}

TEST_P(Kv, CompareAndSetStoresWhereTheValueIsTheExpectedOne) {
  ASSERT_TRUE(ok(space_->put("key", "old")));
  EXPECT_TRUE(says(true, space_->compare_and_set("key", "old", "new")));
  EXPECT_TRUE(holds(*space_, "key", "new"));
  EXPECT_TRUE(has_size(*space_, 1));
}

TEST_P(Kv, CompareAndSetRefusesWhereTheValueIsAnother) {
  ASSERT_TRUE(ok(space_->put("key", "old")));
  for (const std::string_view expected : {"", "ol", "olD", "old ", "new"})
    EXPECT_TRUE(says(false, space_->compare_and_set("key", expected, "new"))) << expected;
  EXPECT_TRUE(holds(*space_, "key", "old"));
}

TEST_P(Kv, CompareAndSetRefusesWhereAPresentKeyWasExpectedToBeAbsent) {
  ASSERT_TRUE(ok(space_->put("key", "old")));
  EXPECT_TRUE(says(false, space_->compare_and_set("key", std::nullopt, "new")));
  ASSERT_TRUE(ok(space_->put("key", "")));
  EXPECT_TRUE(says(false, space_->compare_and_set("key", std::nullopt, "new")));
}

TEST_P(Kv, CompareAndSetTellsAnEmptyValueFromAnAbsentKey) {
  ASSERT_TRUE(ok(space_->put("key", "")));
  EXPECT_TRUE(says(true, space_->compare_and_set("key", "", "new")));
  EXPECT_TRUE(holds(*space_, "key", "new"));
}

TEST_P(Kv, CompareAndSetAfterAnEraseFindsTheKeyAbsent) {
  ASSERT_TRUE(ok(space_->put("key", "old")));
  ASSERT_TRUE(ok(space_->erase("key")));
  EXPECT_TRUE(says(false, space_->compare_and_set("key", "old", "new")));
  EXPECT_TRUE(says(true, space_->compare_and_set("key", std::nullopt, "new")));
  EXPECT_TRUE(holds(*space_, "key", "new"));
}

TEST_P(Kv, CompareAndSetToTheSameValueStoresIt) {
  ASSERT_TRUE(ok(space_->put("key", "value")));
  EXPECT_TRUE(says(true, space_->compare_and_set("key", "value", "value")));
  EXPECT_TRUE(holds(*space_, "key", "value"));
}

TEST_P(Kv, CompareAndSetComparesLargeValues) {
  const std::string old = some_value(500'000, 1);
  std::string near = old;
  near.back() ^= 1;
  ASSERT_TRUE(ok(space_->put("key", old)));
  EXPECT_TRUE(says(false, space_->compare_and_set("key", near, "new")));
  EXPECT_TRUE(says(true, space_->compare_and_set("key", old, some_value(400'000, 2))));
  EXPECT_TRUE(holds(*space_, "key", some_value(400'000, 2)));
}

TEST_P(Kv, CountersRaisedByCompareAndSetLoseNothing) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 50;
  ASSERT_TRUE(ok(space_->put("counter", "0")));
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds;) {
        const auto value = space_->get("counter");
        ASSERT_TRUE(value && *value);
        const auto set =
            space_->compare_and_set("counter", **value, std::to_string(std::stoi(**value) + 1), kBuffered);
        ASSERT_TRUE(ok(set));
        round += *set ? 1 : 0;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(holds(*space_, "counter", std::to_string(kThreads * kRounds)));
}

TEST_P(Kv, OnlyOneOfManyCreatorsWins) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> winners{0};
    std::vector<std::thread> threads;
    const std::string key = "key " + std::to_string(round);
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([&, thread] {
        const auto set = space_->compare_and_set(key, std::nullopt, std::to_string(thread), kBuffered);
        ASSERT_TRUE(ok(set));
        if (*set) ++winners;
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(winners.load(), 1);
  }
  EXPECT_TRUE(has_size(*space_, 20));
}

}  // namespace
}  // namespace holdfast::kv_suites
