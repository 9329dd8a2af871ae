// Of each key only the latest record stays: by compact(), and by itself.

#include "compaction_fixture.hpp"

namespace holdfast::log_suites {
namespace {

class Compaction : public CompactionTest {};

TEST_P(Compaction, KeepsIdsAndOfEachKeyTheLatestRecordAcrossSegments) {
  append_mixed(95);
  const auto compaction = compact();
  const std::size_t before = records_.size();
  forget_replaced(91);
  EXPECT_EQ(compaction.records_removed, before - records_.size());
  EXPECT_GT(compaction.records_removed, 60u);
  EXPECT_EQ(compaction.segments_before, 10u);
  EXPECT_EQ(compaction.segments_after, keyed_->statistics()->segments);
  EXPECT_LT(compaction.segments_after, 4u);
  EXPECT_GE(compaction.bytes_freed, 7 * kLogSegmentBytesMin);
  EXPECT_EQ(keyed_->statistics()->compacted_records, compaction.records_removed);
  EXPECT_EQ(keyed_->statistics()->compacted_segments, 9u);
  EXPECT_GT(keyed_->statistics()->compaction_bytes, 0u);
  expect_records();
  reopen(true);
  expect_records();
  append_mixed(40);
  static_cast<void>(compact());
  forget_replaced(131);
  expect_records();
  reopen(false);
  expect_records();
  EXPECT_EQ(compact().records_removed, 0u) << "nothing can go";
  append_mixed(3);
  expect_records();
}

TEST_P(Compaction, LeavesRecordsWithoutAKeyAndTellsAnEmptyKeyFromNone) {
  append_unkeyed(25);
  append("", "an empty key");
  append("", "the same");
  fill_segment();
  EXPECT_EQ(compact().records_removed, 1u);
  records_.erase(26);
  expect_records();
}

TEST_P(Compaction, IsRefusedWhereTheSettingsDoNotSayIt) {
  auto plain = stream("plain");
  ASSERT_TRUE(ok(plain.append("a", {.key = "k"})));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, plain.compact()));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, plain.set_settings({.compact_garbage_percent_min = 101})));
  auto changed = *plain.settings();
  changed.compact_by_key = true;
  ASSERT_TRUE(ok(plain.set_settings(changed)));
  EXPECT_TRUE(ok(plain.compact())) << "an older stream may begin to";
  EXPECT_TRUE(holds(plain, 1, "a"));
  auto gone = stream("gone", {.settings = settings()});
  ASSERT_TRUE(ok(store_->drop_log("gone")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, gone.compact()));
  ASSERT_TRUE(ok(store_->close()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, plain.compact()));
}

TEST_P(Compaction, IsRefusedInAStoreOpenedReadOnlyWhichReadsOnIt) {
  if (!GetParam()->capabilities.has_path) return;
  append_mixed(95);
  static_cast<void>(compact());
  forget_replaced(91);
  append_mixed(20);
  close();
  options_.mode = OpenMode::read_only;
  open();
  open_keyed({});
  EXPECT_TRUE(fails_with(ErrorCode::read_only, keyed_->compact()));
  expect_records();
}

TEST_P(Compaction, LeavesSegmentsWithLittleGarbageAlone) {
  auto half = settings();
  half.compact_garbage_percent_min = 0;  // the default: 50
  ASSERT_TRUE(ok(keyed_->set_settings(half)));
  for (int i = 0; i < 4; ++i) append("k", "x");
  append_unkeyed(6);
  for (int i = 0; i < 9; ++i) append("k", "x");
  fill_segment();
  EXPECT_EQ(compact().records_removed, 8u) << "of the second segment";
  EXPECT_EQ(keyed_->statistics()->compacted_segments, 1u);
  EXPECT_TRUE(holds(*keyed_, 1, "x"));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, keyed_->read(11)));
  EXPECT_TRUE(holds(*keyed_, 19, "x"));
  half.compact_garbage_percent_min = 20;
  ASSERT_TRUE(ok(keyed_->set_settings(half)));
  EXPECT_EQ(compact().records_removed, 4u);
  forget_replaced(20);
  expect_records();
}

TEST_P(Compaction, LeavesSegmentsWithYoungRecordsAlone) {
  auto aged = settings();
  aged.compact_age_ms_min = 50;
  ASSERT_TRUE(ok(keyed_->set_settings(aged)));
  for (int i = 0; i < 10; ++i) append("k", "x");
  *clock_us_ += 10'000;
  for (int i = 0; i < 10; ++i) append("k", "x");
  fill_segment();
  *clock_us_ += 39'999;
  EXPECT_EQ(compact().records_removed, 0u);
  *clock_us_ += 1;
  EXPECT_EQ(compact().records_removed, 10u) << "the first segment is old enough";
  *clock_us_ += 10'000;
  EXPECT_EQ(compact().records_removed, 9u);
  forget_replaced(21);
  expect_records();
}

TEST_P(Compaction, ARecordThatErasesItsKeyStaysForItsDelay) {
  auto delayed = settings();
  delayed.tombstone_ms = 100;
  ASSERT_TRUE(ok(keyed_->set_settings(delayed)));
  append("k", "old");
  append("other", "stays");
  erase_key("k");
  fill_segment();
  *clock_us_ += 99'999;
  EXPECT_EQ(compact().records_removed, 1u);
  records_.erase(1);
  expect_records();
  reopen(true);
  expect_records();
  *clock_us_ += 1;
  EXPECT_EQ(compact().records_removed, 1u);
  records_.erase(3);
  expect_records();
  reopen(true);
  expect_records();
}

TEST_P(Compaction, ARecordThatErasesItsKeyGoesBehindWhatItHides) {
  append("k", "old");
  append("other", "stays");
  erase_key("k");
  erase_key("k");
  fill_segment();
  EXPECT_EQ(compact().records_removed, 3u) << "in two runs";
  std::erase_if(records_, [](const auto& one) { return one.second.key == "k"; });
  expect_records();
  EXPECT_EQ(compact().records_removed, 0u);
}

TEST_P(Compaction, ARecordThatErasesItsKeyStaysWhileAnOlderOneIsLeft) {
  auto half = settings();
  half.compact_garbage_percent_min = 50;
  ASSERT_TRUE(ok(keyed_->set_settings(half)));
  append("k", "old");
  append_unkeyed(9);
  for (int i = 0; i < 9; ++i) append("other", "x");
  erase_key("k");
  fill_segment();
  EXPECT_EQ(compact().records_removed, 8u);
  EXPECT_TRUE(holds(*keyed_, 1, "old")) << "its segment has little garbage";
  EXPECT_TRUE(ok(keyed_->read(20))) << "so what hides it stays";
  EXPECT_EQ(compact().records_removed, 0u);
}

TEST_P(Compaction, NeverPassesAReaderOrACursorThatProtects) {
  append_mixed(60);
  auto reader = keyed_->reader(12);
  ASSERT_TRUE(ok(reader));
  ASSERT_TRUE(ok(keyed_->commit_cursor("mailer", 31)));
  ASSERT_TRUE(ok(keyed_->commit_cursor("loose", 1, {.protects = false})));
  static_cast<void>(compact());
  forget_replaced(12);
  for (LogId id = 12; id <= 25; ++id) {
    ASSERT_TRUE(says(true, reader->next()));
    ASSERT_EQ(reader->entry().id, id);
  }
  static_cast<void>(compact());
  forget_replaced(26);
  ASSERT_TRUE(ok(reader->seek(next_)));
  static_cast<void>(compact());
  forget_replaced(31);
  EXPECT_EQ(keyed_->read(32).has_value(), records_.contains(32));
  ASSERT_TRUE(ok(keyed_->drop_cursor("mailer")));
  static_cast<void>(compact());
  forget_replaced(51);
  expect_records();
}

TEST_P(Compaction, AReaderBeginsBehindWhatIsGoneAndTimesAreFound) {
  append_mixed(50);
  *clock_us_ += 1'000;
  append_mixed(45);
  static_cast<void>(compact());
  forget_replaced(91);
  const LogId gone = 33;
  ASSERT_FALSE(records_.contains(gone));
  const auto there = records_.upper_bound(gone)->first;
  auto reader = keyed_->reader(gone);
  ASSERT_TRUE(ok(reader));
  ASSERT_TRUE(says(true, reader->next()));
  EXPECT_EQ(reader->entry().id, there);
  LogId visited = 0;
  EXPECT_TRUE(ok(keyed_->scan(gone, [&](const LogEntryView& entry) {
    visited = entry.id;
    return false;
  })));
  EXPECT_EQ(visited, there);
  EXPECT_TRUE(is_id(records_.lower_bound(51)->first, keyed_->find_time(*clock_us_)));
  const auto read = keyed_->read(gone);
  ASSERT_TRUE(fails_with(ErrorCode::not_found, read));
  EXPECT_NE(read.error().message.find("compacted"), std::string::npos);
}

TEST_P(Compaction, TakesLargePayloadsWithTheirRecords) {
  const std::string large(200'000, 'L');
  for (int i = 0; i < 8; ++i) append("k", large + std::to_string(i));
  append("large, and stays", large);
  fill_segment();
  ASSERT_TRUE(ok(store_->sync()));
  const std::uint64_t before = store_->info()->free_bytes;
  static_cast<void>(compact());
  EXPECT_GE(store_->info()->free_bytes, before + 7 * 200'000);
  forget_replaced(10);
  expect_records();
  reopen(true);
  expect_records();
}

TEST_P(Compaction, GoesOnBehindTruncationAndRetentionCountsRecords) {
  append_mixed(95);
  static_cast<void>(compact());
  forget_replaced(91);
  ASSERT_TRUE(ok(keyed_->truncate_before(15)));
  records_.erase(records_.begin(), records_.lower_bound(15));
  expect_records();
  append_mixed(40);
  static_cast<void>(compact());
  forget_replaced(131);
  expect_records();
  auto retained = settings();
  retained.retain_records = 1;
  retained.keep_records_min = records_.size() - 3;
  ASSERT_TRUE(ok(keyed_->set_settings(retained)));
  ASSERT_TRUE(ok(keyed_->retain()));
  records_.erase(records_.begin(), records_.lower_bound(*keyed_->first_id()));
  EXPECT_GE(records_.size(), retained.keep_records_min);
  expect_records();
  reopen(true);
  expect_records();
  ASSERT_TRUE(ok(keyed_->truncate_before(next_)));
  records_.clear();
  reopen(false);
  append_mixed(2);
  expect_records();
}

TEST_P(Compaction, OfABatchThatLiesInTwoStreamsLosesNothing) {
  auto other = stream("other");
  for (int i = 0; i < 30; ++i) {
    Batch batch;
    batch.append(other, "other " + std::to_string(i));
    batch.append(*keyed_, "mine " + std::to_string(i), {.key = key_of(static_cast<std::uint64_t>(i) % 3)});
    ASSERT_TRUE(ok(store_->commit(batch, kBuffered)));
    const auto read = keyed_->read(next_);
    ASSERT_TRUE(ok(read));
    records_[next_++] = {read->key, read->payload, read->timestamp_us, false};
  }
  fill_segment();
  static_cast<void>(compact());
  forget_replaced(31);
  for (const bool is_kill : {true, false}) {
    expect_records();
    for (LogId id = 1; id <= 30; ++id) EXPECT_TRUE(holds(other, id, "other " + std::to_string(id - 1)));
    reopen(is_kill);
    other = stream("other");
  }
}

INSTANTIATE_TEST_SUITE_P(, Compaction, ::testing::ValuesIn(all_backends()), row_name);

}  // namespace
}  // namespace holdfast::log_suites
