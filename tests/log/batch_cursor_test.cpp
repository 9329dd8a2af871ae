// Cursors that move with a batch: results and how far the records were handled are there together.

#include <atomic>
#include <thread>

#include <holdfast/log_reader.hpp>

#include "log_suites.hpp"

namespace holdfast::log_suites {
namespace {

LogId place_by_batch(const holdfast::Log& stream, std::string_view name) {
  const auto cursor = stream.cursor(name);
  return cursor && *cursor ? (*cursor)->next : 0;
}

TEST_P(Log, ABatchMovesACursorWithEverythingElse) {
  auto users = store_->kv("users");
  ASSERT_TRUE(ok(users));
  auto results = stream("results");
  for (int i = 0; i < 5; ++i) append("record");
  Batch batch;
  batch.put(*users, "sum", "3");
  batch.append(results, "three handled");
  batch.commit_cursor(*stream_, "mailer", 4);
  batch.commit_cursor(*stream_, "audit", 2, {.protects = false});
  EXPECT_EQ(batch.count(), 4u);
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_EQ(place_by_batch(*stream_, "mailer"), 4u);
  EXPECT_EQ((*stream_->cursor("mailer"))->lag, 2u);
  EXPECT_TRUE((*stream_->cursor("mailer"))->protects);
  EXPECT_FALSE((*stream_->cursor("audit"))->protects);
  EXPECT_TRUE(holds(*users, "sum", "3"));
  EXPECT_TRUE(holds(results, 1, "three handled"));
  EXPECT_TRUE(fails_with(ErrorCode::busy, stream_->truncate_before(5)));
  EXPECT_TRUE(ok(stream_->truncate_before(4)));
}

TEST_P(Log, ABatchOfACursorAloneIsACommitOfIt) {
  append("record");
  Batch batch;
  batch.commit_cursor(*stream_, "c", 1);
  batch.commit_cursor(*stream_, "c", 2);
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_EQ(place_by_batch(*stream_, "c"), 2u) << "the last one counts";
  EXPECT_EQ(stream_->cursors()->size(), 1u);
}

TEST_P(Log, ABatchWithACursorThatIsRefusedChangesNothing) {
  auto users = store_->kv("users");
  ASSERT_TRUE(ok(users));
  for (int i = 0; i < 3; ++i) append("record");
  ASSERT_TRUE(ok(stream_->commit_cursor("known", 2)));
  ASSERT_TRUE(ok(stream_->truncate_before(2)));
  const auto refused = [&](ErrorCode code, std::string_view name, LogId next) {
    Batch batch;
    batch.put(*users, "key", "value");
    batch.append(*stream_, "more");
    batch.commit_cursor(*stream_, "known", 3);
    batch.commit_cursor(*stream_, name, next);
    EXPECT_TRUE(fails_with(code, store_->commit(batch))) << name << " " << next;
    EXPECT_EQ(place_by_batch(*stream_, "known"), 2u);
    EXPECT_TRUE(is_id(4, stream_->next_id()));
    EXPECT_TRUE(is_absent(*users, "key"));
    EXPECT_EQ(stream_->cursors()->size(), 1u);
  };
  refused(ErrorCode::out_of_bounds, "new", 1);
  refused(ErrorCode::out_of_bounds, "new", 5);  // its own append does not count
  refused(ErrorCode::out_of_bounds, "known", 9);
  refused(ErrorCode::invalid_argument, "", 3);
  refused(ErrorCode::invalid_argument, std::string(kLogCursorNameSizeBytesMax + 1, 'n'), 3);
  ASSERT_TRUE(ok(stream_->commit_cursor("known", 3))) << "and nothing is held";
}

TEST_P(LogReopen, ABatchWithRegionsMovesACursorToo) {
  auto region = store_->region("bytes");
  ASSERT_TRUE(ok(region));
  append("record");
  const std::string bytes = "twelve bytes";
  Batch batch;
  batch.truncate_write(*region, 0, std::as_bytes(std::span(bytes)));
  batch.commit_cursor(*stream_, "c", 2);
  ASSERT_TRUE(ok(store_->commit(batch)));
  reopen_after_kill();
  EXPECT_EQ(place_by_batch(*stream_, "c"), 2u);
  EXPECT_EQ(*store_->region("bytes")->size(), bytes.size());
}

TEST_P(LogReopen, ACursorOfABatchIsThereAgain) {
  for (int i = 0; i < 5; ++i) append("record", {.durability = Durability::immediate});
  Batch batch;
  batch.commit_cursor(*stream_, "mailer", 4, {.protects = false});
  ASSERT_TRUE(ok(store_->commit(batch)));
  for (int round = 0; round < 2; ++round) {
    round == 0 ? reopen_after_kill() : reopen_after_close();
    EXPECT_EQ(place_by_batch(*stream_, "mailer"), 4u);
    EXPECT_FALSE((*stream_->cursor("mailer"))->protects);
  }
}

TEST_P(Log, ABatchThatFindsNoRoomLeavesTheCursor) {
  for (int i = 0; i < 5; ++i) append("record");
  ASSERT_TRUE(ok(stream_->commit_cursor("c", 3)));
  Batch batch;
  batch.commit_cursor(*stream_, "c", 5);
  const std::string large = some_value(1'000'000);
  for (int i = 0; i < 150; ++i) batch.append(*stream_, large);
  EXPECT_TRUE(fails_with(ErrorCode::no_space, store_->commit(batch)));
  EXPECT_EQ(place_by_batch(*stream_, "c"), 3u);
  EXPECT_TRUE(ok(stream_->truncate_before(3)));
  EXPECT_TRUE(fails_with(ErrorCode::busy, stream_->truncate_before(4)));
}

// Several consumers of several streams at once, whose cursors share locks by chance: none waits for another for ever, and
// each record is handled once.
TEST_P(Log, ConsumersByBatchHandleEachRecordOnce) {
  auto sums = store_->kv("sums");
  ASSERT_TRUE(ok(sums));
  auto other = stream("other");
  constexpr LogId kRecords = 60;
  for (LogId id = 1; id <= kRecords; ++id) {
    ASSERT_TRUE(ok(stream_->append("r", kBuffered)));
    ASSERT_TRUE(ok(other.append("r", kBuffered)));
  }
  std::vector<std::thread> consumers;
  for (int consumer = 0; consumer < 4; ++consumer)
    consumers.emplace_back([&, consumer] {
      const std::string name = "consumer " + std::to_string(consumer);
      for (LogId id = 1; id <= kRecords; ++id) {
        Batch batch;
        batch.put(*sums, name, std::to_string(id));
        batch.commit_cursor(consumer % 2 == 0 ? *stream_ : other, name, id + 1);
        batch.commit_cursor(consumer % 2 == 0 ? other : *stream_, "shared", id);
        ASSERT_TRUE(ok(store_->commit(batch, kBuffered)));
      }
    });
  for (auto& consumer : consumers) consumer.join();
  for (int consumer = 0; consumer < 4; ++consumer) {
    const std::string name = "consumer " + std::to_string(consumer);
    EXPECT_EQ(place_by_batch(consumer % 2 == 0 ? *stream_ : other, name), kRecords + 1);
    EXPECT_TRUE(holds(*sums, name, std::to_string(kRecords)));
  }
}

TEST_P(Log, ACursorOfABatchOfADroppedStreamIsNotFound) {
  auto gone = stream("gone");
  ASSERT_TRUE(ok(gone.append("record")));
  ASSERT_TRUE(ok(store_->drop_log("gone")));
  Batch batch;
  batch.commit_cursor(gone, "c", 1);
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->commit(batch)));
}

}  // namespace
}  // namespace holdfast::log_suites
