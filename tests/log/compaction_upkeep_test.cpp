// When compaction comes by itself, and what it takes: memory, steps, segments.

#include <chrono>
#include <thread>

#include "compaction_fixture.hpp"
#include "contract/comes_true.hpp"
#include "kv/colliding_keys.hpp"
#include "log/log_stream.hpp"

namespace holdfast::log_suites {
namespace {

class CompactionUpkeep : public CompactionTest {};
INSTANTIATE_TEST_SUITE_P(, CompactionUpkeep, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(CompactionUpkeep, OfMoreKeysThanMemoryIsForLooksAgain) {
  auto large = stream("large", {.durability = Durability::buffered,
                                .settings = {.compact_by_key = true, .compact_garbage_percent_min = 1}});
  constexpr std::uint64_t kKeys = 5'000;
  for (int round = 0; round < 2; ++round)
    for (std::uint64_t i = 0; i < kKeys; ++i) ASSERT_TRUE(ok(large.append(std::to_string(round), {.key = key_of(i)})));
  const auto compaction = log::stream_of(large).compact({}, 1'024);
  ASSERT_TRUE(ok(compaction));
  EXPECT_EQ(compaction->records_removed, kKeys);
  std::uint64_t there = 0;
  EXPECT_TRUE(ok(large.scan(1, [&](const LogEntryView& entry) {
    there += entry.payload == "1" ? 1 : 0;
    return true;
  })));
  EXPECT_EQ(there, kKeys);
}

TEST_P(CompactionUpkeep, KeysOfOneHashAreToldApart) {
  const CollidingKeys colliding(2);
  append_mixed(95);
  static_cast<void>(compact());
  std::map<std::string, LogId> latest;
  for (const auto& [id, record] : records_)
    if (record.key) latest[*record.key] = id;
  for (const auto& [key, id] : latest) EXPECT_TRUE(holds(*keyed_, id, records_.at(id).payload));
  for (const auto& [id, record] : records_) {
    const auto read = keyed_->read(id);
    EXPECT_TRUE(read || record.key) << id;
    EXPECT_TRUE(read || read.error().code == ErrorCode::not_found) << id;
  }
}

TEST_P(CompactionUpkeep, ProgressIsToldAndEndsIt) {
  auto spread = settings();
  spread.compact_garbage_percent_min = 60;
  ASSERT_TRUE(ok(keyed_->set_settings(spread)));
  for (int i = 0; i < 4; ++i) {  // groups apart
    for (int k = 0; k < 10; ++k) append("k", "x");
    append_unkeyed(10);
  }
  fill_segment();
  int calls = 0;
  const auto compaction = keyed_->compact([&](std::uint64_t done, std::uint64_t total) {
    EXPECT_EQ(total, 4 * kLogSegmentBytesMin);
    EXPECT_EQ(done, static_cast<std::uint64_t>(++calls) * kLogSegmentBytesMin);
    return calls < 2;
  });
  ASSERT_TRUE(ok(compaction));
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(compaction->records_removed, 20u);
  static_cast<void>(compact());
  forget_replaced(80);
  expect_records();
}

TEST_P(CompactionUpkeep, OfSegmentsWhoseRecordsWereCutOffLeavesTheirNeighboursLargePayloads) {
  const std::string large(200'000, 'L');
  for (int i = 0; i < 5; ++i) append("k", large + std::to_string(i));
  const LogId from = next_;
  for (int i = 0; i < 4; ++i) append("k", large + " goes " + std::to_string(i));
  ASSERT_TRUE(ok(keyed_->truncate_from(from)));
  records_.erase(records_.lower_bound(from), records_.end());
  append("others", large);  // where those had their room
  append_unkeyed(25);
  static_cast<void>(compact());
  forget_replaced(from);
  expect_records();
  const auto verified = store_->verify();
  ASSERT_TRUE(ok(verified));
  EXPECT_TRUE(verified->damage.empty());
  reopen(true);
  expect_records();
}

TEST_P(CompactionUpkeep, SmallSegmentsThatItLeavesBecomeOne) {
  for (int round = 0; round < 8; ++round) {
    for (int i = 0; i < 9; ++i) append("k", std::string(200, 'x'));
    append(key_of(static_cast<std::uint64_t>(round)), "stays");
    static_cast<void>(compact());
  }
  fill_segment();
  static_cast<void>(compact());
  forget_replaced(next_ - 1);
  expect_records();
  EXPECT_LE(keyed_->statistics()->segments, 5u);
}

TEST_P(CompactionUpkeep, HappensByItselfBehindNewSegments) {
  close();
  options_.sweep_interval_ms = 10;
  open();
  open_keyed(settings());
  append_mixed(400);
  ASSERT_TRUE(ok(store_->sync()));
  int looks = 0;
  EXPECT_TRUE(comes_true([&] {
    if (looks++ % 500 == 0) fill_segment();  // a run takes what was sealed behind its sync for done, until more has come
    return keyed_->statistics()->compacted_records >= 150;
  }));
  EXPECT_TRUE(holds(*keyed_, 400, "payload 400"));
}

TEST_P(CompactionUpkeep, OfWhatComesOfAgeHappensByItself) {
  auto aged = settings();
  aged.compact_age_ms_min = 60'000;
  close();
  options_.sweep_interval_ms = 10;
  open();
  open_keyed(aged);
  ASSERT_TRUE(ok(keyed_->set_settings(aged)));
  for (int i = 0; i < 30; ++i) append("k", "x");
  fill_segment();
  ASSERT_TRUE(ok(store_->sync()));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(keyed_->statistics()->compacted_records, 0u);
  *clock_us_ += 61'000'000;
  EXPECT_TRUE(comes_true([&] { return keyed_->statistics()->compacted_records == 29; }));
}

}  // namespace
}  // namespace holdfast::log_suites
