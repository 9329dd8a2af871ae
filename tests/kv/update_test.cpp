#include "kv_suites.hpp"

#include <stdexcept>
#include <thread>
#include <vector>

#include "gated_kv_fixture.hpp"

namespace holdfast::kv_suites {
namespace {

using Value = std::optional<std::string>;
using Present = std::optional<std::string_view>;

Value with_a_letter(Present present) { return std::string(present.value_or("")) + "a"; }

[[nodiscard]] ::testing::AssertionResult leaves(const Value& expected, const Result<Value>& now) {
  if (!now) return ok(now);
  if (*now == expected) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << (*now ? shown(**now) : "nothing");
}

TEST_P(Kv, UpdateStoresWhatIsMadeOfTheValue) {
  EXPECT_TRUE(leaves("a", space_->update("key", with_a_letter)));
  EXPECT_TRUE(leaves("aa", space_->update("key", with_a_letter)));
  EXPECT_TRUE(holds(*space_, "key", "aa"));
  EXPECT_TRUE(has_size(*space_, 1));
}

TEST_P(Kv, UpdateTellsAnEmptyValueFromAnAbsentKey) {
  const auto tell = [](Present present) { return Value(present ? "present" : "absent"); };
  EXPECT_TRUE(leaves("absent", space_->update("key", tell)));
  put("empty", "");
  EXPECT_TRUE(leaves("present", space_->update("empty", tell)));
}

TEST_P(Kv, UpdateToNothingRemovesTheKey) {
  put("key", "value");
  const auto to_nothing = [](Present) { return Value(); };
  EXPECT_TRUE(leaves(std::nullopt, space_->update("key", to_nothing)));
  EXPECT_TRUE(is_absent(*space_, "key"));
  EXPECT_TRUE(leaves(std::nullopt, space_->update("key", to_nothing)));
  EXPECT_TRUE(has_size(*space_, 0));
}

TEST_P(Kv, UpdateWritesLargeValues) {
  put("key", some_value(200'000, 1));
  EXPECT_TRUE(leaves(some_value(200'000, 1) + "a", space_->update("key", with_a_letter)));
  EXPECT_TRUE(holds(*space_, "key", some_value(200'000, 1) + "a"));
}

TEST_P(Kv, WhatAnUpdaterThrowsPassesAndChangesNothing) {
  put("key", "value");
  EXPECT_THROW(static_cast<void>(space_->update("key", [](Present) -> Value { throw std::runtime_error("no"); })),
               std::runtime_error);
  EXPECT_TRUE(holds(*space_, "key", "value"));
  EXPECT_TRUE(leaves("valuea", space_->update("key", with_a_letter)));  // nothing is pending
  EXPECT_TRUE(ok(store_->close()));                                    // and nobody inside
}

TEST_P(Kv, UpdatesOfManyThreadsLoseNothing) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) ASSERT_TRUE(ok(space_->update("key", with_a_letter, kBuffered)));
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(holds(*space_, "key", std::string(200, 'a')));
}

class UpdateInterleavings : public GatedKvTest {};
INSTANTIATE_TEST_SUITE_P(, UpdateInterleavings, ::testing::Values(MediumModel::pages, MediumModel::cache_lines),
                         model_name);

TEST_P(UpdateInterleavings, IsMadeAnewWhereAnotherWriteCameBetween) {
  put("key", "old ");
  std::vector<std::string> seen;
  Result<Value> now;
  StoppedThread update(GatedCall::at, kHasReadTheValue, [&] {
    now = space_->update("key", [&](Present present) {
      seen.emplace_back(present.value_or("nothing"));
      return with_a_letter(present);
    });
  });
  ASSERT_TRUE(update.is_stopped());
  put("key", "new ");
  update.finish();
  EXPECT_TRUE(leaves("new a", now));
  EXPECT_EQ(seen, (std::vector<std::string>{"old ", "new "}));
  expect_only("key", "new a");
}

TEST_P(UpdateInterleavings, WaitsForAPendingWriteAndSeesIt) {
  put("key", "v9 ");
  StoppedThread slow(GatedCall::at, kHasWrittenAndCompares, [&] { put("key", "v10 "); });
  ASSERT_TRUE(slow.is_stopped());
  Result<Value> now;
  std::thread updater([&] { now = space_->update("key", with_a_letter); });
  for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
  slow.finish();
  updater.join();
  EXPECT_TRUE(leaves("v10 a", now));
  expect_only("key", "v10 a");
}

}  // namespace
}  // namespace holdfast::kv_suites
