#include "kv_suites.hpp"

#include <limits>
#include <thread>
#include <vector>

namespace holdfast::kv_suites {
namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

[[nodiscard]] ::testing::AssertionResult counts(std::int64_t expected, const Result<std::int64_t>& value) {
  if (!value) return ok(value);
  if (*value == expected) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << *value;
}

TEST_P(Kv, AddCountsFromNothingUpAndDown) {
  EXPECT_TRUE(counts(5, space_->add("counter", 5)));
  EXPECT_TRUE(counts(-2, space_->add("counter", -7)));
  EXPECT_TRUE(counts(-2, space_->add("counter", 0)));
  EXPECT_TRUE(counts(0, space_->add("another", 0)));
  EXPECT_TRUE(has_size(*space_, 2));
}

TEST_P(Kv, ACounterIsEightBytesLittleEndian) {
  ASSERT_TRUE(ok(space_->add("counter", 0x0102'0304'0506'0708)));
  EXPECT_TRUE(holds(*space_, "counter", "\x08\x07\x06\x05\x04\x03\x02\x01"));
  ASSERT_TRUE(ok(space_->add("minus", -2)));
  EXPECT_TRUE(holds(*space_, "minus", "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF"));
  put("given", std::string_view("\x01\0\0\0\0\0\0\0", 8));
  EXPECT_TRUE(counts(3, space_->add("given", 2)));
}

TEST_P(Kv, AddToWhatIsNoCounterIsInvalid) {
  for (const std::string_view value : {"", "1", "1234567", "123456789"}) {
    put("key", value);
    const auto refused = space_->add("key", 1);
    ASSERT_TRUE(fails_with(ErrorCode::invalid_argument, refused));
    EXPECT_EQ(refused.error().expected, "8 bytes");
    EXPECT_TRUE(holds(*space_, "key", value));
  }
  EXPECT_TRUE(says(true, space_->erase("key")));  // nothing is pending
}

TEST_P(Kv, AddRefusesASumThatDoesNotFit) {
  ASSERT_TRUE(counts(kMost, space_->add("most", kMost)));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, space_->add("most", 1)));
  EXPECT_TRUE(counts(kMost, space_->add("most", 0)));
  EXPECT_TRUE(counts(-1, space_->add("most", kLeast)));
  ASSERT_TRUE(counts(kLeast, space_->add("least", kLeast)));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, space_->add("least", -1)));
  EXPECT_TRUE(counts(kLeast, space_->add("least", 0)));
}

TEST_P(Kv, CountersOfManyThreadsLoseNothing) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      std::int64_t last = 0;
      for (int round = 0; round < 100; ++round) {
        const auto value = space_->add("counter", 1, kBuffered);
        ASSERT_TRUE(ok(value));
        ASSERT_GT(*value, last);
        last = *value;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(counts(400, space_->add("counter", 0)));
}

TEST_P(KvReopen, ACounterGoesOnBehindAKill) {
  ASSERT_TRUE(counts(7, space_->add("counter", 7)));
  reopen_after_kill();
  EXPECT_TRUE(counts(8, space_->add("counter", 1)));
}

}  // namespace
}  // namespace holdfast::kv_suites
