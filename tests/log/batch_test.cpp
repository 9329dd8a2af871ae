#include "log_suites.hpp"

#include <thread>

namespace holdfast::log_suites {
namespace {

std::vector<std::string_view> views_of(const std::vector<std::string>& payloads) {
  return {payloads.begin(), payloads.end()};
}

TEST_P(Log, ABatchGetsConsecutiveIds) {
  append("before");
  const std::vector<std::string_view> payloads{"a", "", "c"};
  EXPECT_TRUE(is_id(2, stream_->append_batch(payloads)));
  EXPECT_TRUE(is_id(5, stream_->append("behind")));
  EXPECT_TRUE(holds_all(*stream_, {"before", "a", "", "c", "behind"}));
}

TEST_P(Log, ABatchOfOneIsAnAppendAndOneOfNoneIsRefused) {
  const std::vector<std::string_view> one{"one"};
  EXPECT_TRUE(is_id(1, stream_->append_batch(one)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, stream_->append_batch({})));
  EXPECT_TRUE(is_id(2, stream_->next_id()));
}

TEST_P(Log, ABatchMaySpanSegments) {
  std::vector<std::string> payloads;
  for (unsigned i = 0; i < 40; ++i) payloads.push_back(some_value(9'000 + i, i));
  payloads.push_back(some_value(100'000));
  EXPECT_TRUE(is_id(1, stream_->append_batch(views_of(payloads))));
  EXPECT_TRUE(holds_all(*stream_, payloads));
  EXPECT_GE(store_->spaces()->front().segment_count, 6u);
}

TEST_P(Log, BatchesOfThreadsStayTogether) {
  constexpr std::size_t kSize = 5;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      const std::string payload = std::to_string(thread);
      const std::vector<std::string_view> payloads(kSize, payload);
      for (int i = 0; i < 100; ++i) ASSERT_TRUE(ok(stream_->append_batch(payloads, kBuffered)));
    });
  for (std::thread& thread : threads) thread.join();
  const auto found = scanned(*stream_);
  ASSERT_TRUE(ok(found));
  ASSERT_EQ(found->size(), 4 * 100 * kSize);
  for (std::size_t i = 0; i < found->size(); ++i) EXPECT_EQ((*found)[i], (*found)[i / kSize * kSize]);
}

TEST_P(Log, ACommitMayTakeKeysAndStreamsTogether) {
  auto users = store_->kv("users");
  ASSERT_TRUE(ok(users));
  auto other = stream("other");
  append("first");
  Batch batch;
  batch.put(*users, "user", "old");
  batch.append(*stream_, "one");
  batch.append(other, "other's one");
  batch.put(*users, "user", "new");
  batch.append(*stream_, "two");
  EXPECT_EQ(batch.count(), 5u);
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(holds(*users, "user", "new"));
  EXPECT_TRUE(holds_all(*stream_, {"first", "one", "two"}));
  EXPECT_TRUE(holds_all(other, {"other's one"}));
  ASSERT_TRUE(ok(store_->commit(batch)));  // again: appends append
  EXPECT_TRUE(holds_all(*stream_, {"first", "one", "two", "one", "two"}));
}

TEST_P(Log, ACommitOfOneAppendIsAnAppend) {
  Batch batch;
  batch.append(*stream_, "payload");
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(holds_all(*stream_, {"payload"}));
}

TEST_P(Log, ACommitWithABadOperationChangesNothing) {
  auto users = store_->kv("users");
  ASSERT_TRUE(ok(users));
  Batch batch;
  batch.append(*stream_, "payload");
  batch.put(*users, "", "value");
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, store_->commit(batch)));
  auto another = Store::open("", {.backend = Backend::memory, .size_bytes = kMiB});
  ASSERT_TRUE(ok(another));
  auto foreign = another->log("stream");
  ASSERT_TRUE(ok(foreign));
  batch.clear();
  batch.append(*stream_, "payload");
  batch.append(*foreign, "payload");
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, store_->commit(batch)));
  EXPECT_TRUE(is_id(1, stream_->next_id()));
}

// Each names the streams in another order; whoever waits for a tail must not hold what the other waits for.
TEST_P(Log, CommitsOverSeveralStreamsNeverWaitForEachOtherForEver) {
  auto other = stream("other");
  auto users = store_->kv("users");
  ASSERT_TRUE(ok(users));
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 300; ++i) {
        Batch batch;
        batch.append(thread % 2 == 0 ? *stream_ : other, "payload");
        batch.put(*users, std::to_string(thread), std::to_string(i));
        batch.append(thread % 2 == 0 ? other : *stream_, "payload");
        ASSERT_TRUE(ok(store_->commit(batch, kBuffered)));
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(is_id(1'201, stream_->next_id()));
  EXPECT_TRUE(is_id(1'201, other.next_id()));
}

TEST_P(LogReopen, BatchesAreThereAsAWhole) {
  auto users = store_->kv("users");
  ASSERT_TRUE(ok(users));
  for (int i = 0; i < 50; ++i) {
    Batch batch;
    batch.put(*users, std::to_string(i), "value");
    batch.append(*stream_, std::to_string(i));
    ASSERT_TRUE(ok(store_->commit(batch, kBuffered)));
    payloads_.push_back(std::to_string(i));
  }
  reopen_after_kill();
  EXPECT_TRUE(holds_all(*stream_, payloads_));
  EXPECT_TRUE(has_size(*store_->kv("users"), 50));
  reopen_after_close();
  EXPECT_TRUE(holds_all(*stream_, payloads_));
  EXPECT_TRUE(has_size(*store_->kv("users"), 50));
}

}  // namespace
}  // namespace holdfast::log_suites
