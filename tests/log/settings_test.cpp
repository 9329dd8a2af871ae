// What a stream keeps for good, how it rotates, and that it can be dropped.

#include <thread>

#include "log_suites.hpp"

namespace holdfast::log_suites {
namespace {

constexpr LogSettings kAll{.segment_bytes = 128 << 10,
                           .segment_records_max = 1'000,
                           .segment_age_ms_max = 60'000,
                           .retain_ms = 3'600'000,
                           .retain_bytes = 1 << 30,
                           .retain_records = 1'000'000,
                           .keep_records_min = 10,
                           .compress_above_bytes = 512,
                           .compact_by_key = true,
                           .compact_garbage_percent_min = 30,
                           .compact_age_ms_min = 1'000,
                           .tombstone_ms = 86'400'000};

TEST_P(LogReopen, SettingsAreKeptAndToldAndCanBeChanged) {
  options_.clock = [] { return std::uint64_t{1'000'000'000}; };  // behind the next open: nothing grows old meanwhile
  auto kept = stream("kept", {.settings = kAll});
  EXPECT_EQ(*kept.settings(), kAll);
  EXPECT_EQ(*stream_->settings(), LogSettings{});
  reopen_after_kill();
  kept = stream("kept", {.settings = {.segment_records_max = 5}});
  EXPECT_EQ(*kept.settings(), kAll) << "a stream that exists keeps its own";
  LogSettings changed = kAll;
  changed.segment_records_max = 3;
  ASSERT_TRUE(ok(kept.set_settings(changed)));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(ok(kept.append("x")));
  EXPECT_EQ(kept.statistics()->segments, 4u);
  reopen_after_close();
  kept = stream("kept");
  EXPECT_EQ(*kept.settings(), changed);
  ASSERT_TRUE(ok(kept.set_settings({})));
  EXPECT_EQ(*kept.settings(), LogSettings{});
}

TEST_P(Log, SettingsThatAreNotPossibleAreRefused) {
  for (const LogSettings& settings :
       {LogSettings{.segment_bytes = kLogSegmentBytesMin - 4'096}, LogSettings{.segment_bytes = kLogSegmentBytesMin + 1},
        LogSettings{.segment_bytes = 2 * kLogSegmentBytesMax}, LogSettings{.segment_age_ms_max = kTtlMsMax + 1},
        LogSettings{.retain_ms = kTtlMsMax + 1}, LogSettings{.compact_garbage_percent_min = 101},
        LogSettings{.compact_age_ms_min = kTtlMsMax + 1}, LogSettings{.tombstone_ms = kTtlMsMax + 1}}) {
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, store_->log("new", {.settings = settings})));
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, stream_->set_settings(settings)));
  }
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->log("new", {.mode = OpenMode::existing})));
}

TEST_P(LogReopen, NoSegmentIsLargerThanItsBoundWhateverIsAppended) {
  auto bounded = stream("bounded", {.durability = Durability::buffered, .settings = {.segment_bytes = 96 << 10}});
  std::vector<std::string> payloads;
  for (int i = 0; i < 60; ++i) payloads.push_back(std::string(static_cast<std::size_t>(i) * 997, 'p') + std::to_string(i));
  payloads.emplace_back(300'000, 'L');
  for (const std::string& payload : payloads) ASSERT_TRUE(ok(bounded.append(payload)));
  for (int round = 0; round < 2; ++round) {
    const auto statistics = bounded.statistics();
    EXPECT_EQ(statistics->segment_bytes, statistics->segments * (96 << 10));
    EXPECT_TRUE(holds_all(bounded, payloads));
    ASSERT_TRUE(ok(store_->sync()));
    reopen_after_kill();
    bounded = stream("bounded");
  }
}

TEST_P(LogReopen, RotatesByCountAlsoWhenItIsOpenedAgain) {
  auto rotated = stream("rotated", {.settings = {.segment_records_max = 4}});
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(ok(rotated.append("x")));
  EXPECT_EQ(rotated.statistics()->segments, 2u);
  reopen_after_close();
  rotated = stream("rotated");
  ASSERT_TRUE(ok(rotated.append("x")));
  ASSERT_TRUE(ok(rotated.append("x")));
  EXPECT_EQ(rotated.statistics()->segments, 2u) << "the second has four now";
  ASSERT_TRUE(ok(rotated.append("x")));
  EXPECT_EQ(rotated.statistics()->segments, 3u);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(ok(rotated.append("x")));
  reopen_after_close();
  rotated = stream("rotated");
  ASSERT_TRUE(ok(rotated.append("x")));
  EXPECT_EQ(rotated.statistics()->segments, 4u) << "the third was full";
}

TEST_P(Log, RotatesWhenTheFirstRecordOfASegmentIsTooOld) {
  auto aged = stream("aged", {.settings = {.segment_age_ms_max = 10}});
  for (const std::uint64_t time_us : {1'000u, 5'000u, 11'000u})
    ASSERT_TRUE(ok(aged.append("x", {.timestamp_us = time_us})));
  EXPECT_EQ(aged.statistics()->segments, 1u) << "ten milliseconds are not older";
  ASSERT_TRUE(ok(aged.append("x", {.timestamp_us = 11'001})));
  EXPECT_EQ(aged.statistics()->segments, 2u);
  ASSERT_TRUE(ok(aged.append("x", {.timestamp_us = 21'001})));
  EXPECT_EQ(aged.statistics()->segments, 2u);
}

TEST_P(LogReopen, AStreamThatIsDroppedIsGoneAndItsRoomIsBack) {
  auto dropped = stream("dropped", {.durability = Durability::buffered});
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(ok(dropped.append(std::string(2'000, 'd'))));
  ASSERT_TRUE(ok(dropped.append(std::string(300'000, 'L'))));
  append("stays");
  const std::uint64_t before = store_->info()->free_bytes;
  ASSERT_TRUE(ok(store_->drop_log("dropped")));
  EXPECT_GE(store_->info()->free_bytes, before + 1'300'000);
  EXPECT_TRUE(fails_with(ErrorCode::not_found, dropped.append("x")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, dropped.append(std::string(300'000, 'L'))));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, dropped.append_async("x")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, dropped.read(1)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, scanned(dropped)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, dropped.next_id()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, dropped.truncate_before(1)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, dropped.statistics()));
  Batch batch;
  batch.append(*stream_, "not alone");
  batch.append(dropped, "x");
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->commit(batch)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->drop_log("dropped")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->drop_log("never")));
  reopen_after_kill();
  EXPECT_TRUE(holds_all(*stream_, payloads_));
  auto again = stream("dropped");
  EXPECT_TRUE(is_id(1, again.append("a new one begins anew")));
}

TEST_P(Log, IsDroppedBesideThoseWhoAppendAndRead) {
  constexpr int kRounds = 6;
  constexpr int kAppendsMax = 400;  // who is to drop the stream may be held up, and the store has its bound
  for (int round = 0; round < kRounds; ++round) {
    auto shared = stream("shared", {.durability = round % 2 == 0 ? Durability::immediate : Durability::buffered});
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([&, i] {
        for (int n = 0;; ++n) {
          const auto answer = n >= kAppendsMax ? shared.first_id()
                              : i == 2         ? shared.append(std::string(40'000, 'L'))
                                               : shared.append("small");
          if (!answer) {
            EXPECT_EQ(answer.error().code, ErrorCode::not_found) << answer.error().to_string();
            return;
          }
          const auto read = shared.read(*answer);
          if (!read) {
            EXPECT_EQ(read.error().code, ErrorCode::not_found) << read.error().to_string();
          }
        }
      });
    while (*shared.next_id() < 40) std::this_thread::yield();
    EXPECT_TRUE(ok(store_->drop_log("shared")));
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(ok(stream_->append("others go on")));
  }
  EXPECT_TRUE(store_->verify()->damage.empty());
}

}  // namespace
}  // namespace holdfast::log_suites
