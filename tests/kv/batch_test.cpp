#include "kv_suites.hpp"

namespace holdfast::kv_suites {
namespace {

TEST_P(Kv, ABatchAppliesAllItsOperations) {
  ASSERT_TRUE(ok(space_->put("gone", "value")));
  ASSERT_TRUE(ok(space_->put("changed", "old")));
  Batch batch;
  batch.put(*space_, "new", "value");
  batch.put(*space_, "changed", "new");
  batch.erase(*space_, "gone");
  EXPECT_EQ(batch.count(), 3u);
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(holds(*space_, "new", "value"));
  EXPECT_TRUE(holds(*space_, "changed", "new"));
  EXPECT_TRUE(is_absent(*space_, "gone"));
  EXPECT_TRUE(has_size(*space_, 2));
}

TEST_P(Kv, OfSeveralOperationsOnAKeyInABatchTheLastCounts) {
  auto other = space("other");
  ASSERT_TRUE(ok(space_->put("c", "there")));
  Batch batch;
  batch.put(*space_, "a", "first");
  batch.put(other, "a", "other's first");
  batch.erase(*space_, "a");
  batch.put(*space_, "a", "last");
  batch.put(*space_, "b", "only for a moment");
  batch.erase(*space_, "b");
  batch.erase(*space_, "c");
  batch.put(*space_, "c", "back");
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(holds(*space_, "a", "last"));
  EXPECT_TRUE(is_absent(*space_, "b"));
  EXPECT_TRUE(holds(*space_, "c", "back"));
  EXPECT_TRUE(holds(other, "a", "other's first"));
  EXPECT_TRUE(has_size(*space_, 2));
}

TEST_P(Kv, ABatchMaySpanSpaces) {
  auto other = space("other");
  auto third = space("third");
  Batch batch;
  batch.put(*space_, "key", "one");
  batch.put(other, "key", "two");
  batch.put(third, "key", "three");
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(holds(*space_, "key", "one"));
  EXPECT_TRUE(holds(other, "key", "two"));
  EXPECT_TRUE(holds(third, "key", "three"));
}

TEST_P(Kv, ABatchKeepsItsOwnCopies) {
  Batch batch;
  {
    std::string key = "key";
    std::string value = "value";
    batch.put(*space_, key, value);
    key = "xxx";
    value = "xxxxx";
  }
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(holds(*space_, "key", "value"));
}

TEST_P(Kv, AnEmptyBatchDoesNothing) {
  const StorageCounters before = store_->info()->counters;
  ASSERT_TRUE(ok(store_->commit(Batch())));
  EXPECT_EQ(store_->info()->counters.writes, before.writes);
}

TEST_P(Kv, ABatchMayBeCommittedAgainAndClearedAndReused) {
  Batch batch;
  batch.put(*space_, "a", "1");
  ASSERT_TRUE(ok(store_->commit(batch)));
  ASSERT_TRUE(says(true, space_->erase("a")));
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(holds(*space_, "a", "1"));
  batch.clear();
  EXPECT_EQ(batch.count(), 0u);
  batch.put(*space_, "b", "2");
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(has_size(*space_, 2));
}

TEST_P(Kv, ABatchOfOneIsAWrite) {
  Batch batch;
  batch.put(*space_, "key", "value");
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(holds(*space_, "key", "value"));
}

TEST_P(Kv, ABatchMayEraseWhatIsNotThere) {
  Batch batch;
  batch.erase(*space_, "nothing");
  batch.put(*space_, "key", "value");
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(has_size(*space_, 1));
  EXPECT_TRUE(is_absent(*space_, "nothing"));
}

TEST_P(Kv, ABatchWithABadOperationChangesNothing) {
  const auto refused = [&](ErrorCode code, std::string_view key) {
    Batch batch;
    batch.put(*space_, "good", "value");
    batch.put(*space_, key, "value");
    return fails_with(code, store_->commit(batch));
  };
  EXPECT_TRUE(refused(ErrorCode::invalid_argument, ""));
  EXPECT_TRUE(refused(ErrorCode::too_large, std::string(65'536, 'k')));
  EXPECT_TRUE(is_absent(*space_, "good"));
  EXPECT_TRUE(has_size(*space_, 0));
}

TEST_P(Kv, ABatchThatHoldsASpaceOfAnotherStoreIsRefused) {
  auto opened = Store::open("", {.backend = Backend::memory, .size_bytes = kMiB});
  ASSERT_TRUE(ok(opened));
  auto foreign = opened->kv("space");
  ASSERT_TRUE(ok(foreign));
  Batch batch;
  batch.put(*space_, "key", "value");
  batch.put(*foreign, "key", "value");
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, store_->commit(batch)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, opened->commit(batch)));
  EXPECT_TRUE(has_size(*space_, 0));
  EXPECT_TRUE(has_size(*foreign, 0));
}

TEST_P(Kv, ABatchMayBeLargerThanASegment) {
  constexpr int kCount = 400;  // of 1 KiB each: six segments
  auto other = space("other");
  Batch batch;
  for (int i = 0; i < kCount; ++i)
    batch.put(i % 3 == 0 ? other : *space_, std::to_string(i), some_value(1'000, static_cast<unsigned>(i)));
  ASSERT_TRUE(ok(store_->commit(batch)));
  for (int i = 0; i < kCount; ++i)
    EXPECT_TRUE(
        holds(i % 3 == 0 ? other : *space_, std::to_string(i), some_value(1'000, static_cast<unsigned>(i))));
}

TEST_P(Kv, ABatchMayHoldValuesLargerThanASegment) {
  Batch batch;
  for (unsigned i = 0; i < 4; ++i) batch.put(*space_, std::to_string(i), some_value(100'000 * i, i));
  ASSERT_TRUE(ok(store_->commit(batch)));
  for (unsigned i = 0; i < 4; ++i) EXPECT_TRUE(holds(*space_, std::to_string(i), some_value(100'000 * i, i)));
}

TEST_P(KvReopen, ABatchIsThereAsAWholeAfterAKill) {
  auto other = space("other");
  Batch batch;
  for (int i = 0; i < 300; ++i)
    batch.put(i % 2 == 0 ? other : *space_, std::to_string(i), some_value(700, 1));
  batch.put(*space_, "large", some_value(200'000));
  batch.erase(other, "0");
  ASSERT_TRUE(ok(store_->commit(batch)));
  reopen_after_kill();
  auto other_again = space("other");
  EXPECT_TRUE(has_size(*space_, 151));
  EXPECT_TRUE(has_size(other_again, 149));
  EXPECT_TRUE(holds(*space_, "large", some_value(200'000)));
  EXPECT_EQ(store_->recovery().dropped_records, 0u);
}

}  // namespace
}  // namespace holdfast::kv_suites
