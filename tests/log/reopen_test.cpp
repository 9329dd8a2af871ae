// A stream is the same after a close and after a kill, and its ids go on.

#include "log_suites.hpp"

namespace holdfast::log_suites {
namespace {

TEST_P(LogReopen, IdsGoOnAfterACloseAndAfterAKill) {
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 30; ++i) append(std::to_string(round) + " " + std::to_string(i));
    round % 2 == 0 ? reopen_after_close() : reopen_after_kill();
    ASSERT_TRUE(holds_all(*stream_, payloads_)) << round;
    EXPECT_TRUE(store_->recovery().damage.empty());
  }
}

TEST_P(LogReopen, AnEmptyStreamStaysEmpty) {
  reopen_after_close();
  EXPECT_TRUE(holds_all(*stream_, {}));
  reopen_after_kill();
  EXPECT_TRUE(holds_all(*stream_, {}));
  append("first");
  EXPECT_TRUE(holds_all(*stream_, {"first"}));
}

TEST_P(LogReopen, OpeningWithoutAppendingChangesNoId) {
  append("one");
  append("two");
  for (int i = 0; i < 3; ++i) {
    reopen_after_close();
    reopen_after_kill();
  }
  append("three");
  EXPECT_TRUE(holds_all(*stream_, payloads_));
}

TEST_P(LogReopen, ManySegmentsAreReadInTheOrderOfTheirIds) {
  for (unsigned i = 0; i < 1'000; ++i) append(some_value(300 + i % 2'000, i));
  reopen_after_kill();
  ASSERT_TRUE(holds_all(*stream_, payloads_));
  for (unsigned i = 0; i < 500; ++i) append(some_value(300 + i % 2'000, i));
  reopen_after_close();
  EXPECT_TRUE(holds_all(*stream_, payloads_));
}

TEST_P(LogReopen, LargePayloadsAreThere) {
  append("before");
  append(some_value(300'000, 1));
  append("between");
  append(some_value(70'000, 2));
  reopen_after_kill();
  ASSERT_TRUE(holds_all(*stream_, payloads_));
  append(some_value(100'000, 3));
  reopen_after_close();
  EXPECT_TRUE(holds_all(*stream_, payloads_));
  EXPECT_TRUE(store_->verify()->damage.empty());
}

TEST_P(LogReopen, StreamsAndSpacesDoNotDisturbEachOther) {
  auto other = stream("other");
  auto users = store_->kv("users");
  ASSERT_TRUE(ok(users));
  for (int i = 0; i < 100; ++i) {
    append(std::to_string(i));
    ASSERT_TRUE(ok(users->put("key", std::to_string(i), kBuffered)));
    if (i % 10 != 0) continue;
    ASSERT_TRUE(is_id(static_cast<LogId>(1 + i / 10), other.append("other", kBuffered)));
  }
  reopen_after_kill();
  users = store_->kv("users");
  ASSERT_TRUE(ok(users));
  EXPECT_TRUE(holds(*users, "key", "99"));
  ASSERT_TRUE(ok(users->put("key", "last")));  // with a version above all others, whatever ids there are
  reopen_after_kill();
  EXPECT_TRUE(holds(*store_->kv("users"), "key", "last"));
  EXPECT_TRUE(holds_all(*stream_, payloads_));
  EXPECT_TRUE(is_id(11, stream("other").next_id()));
}

}  // namespace
}  // namespace holdfast::log_suites
