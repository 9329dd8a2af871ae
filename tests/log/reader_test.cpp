// Readers, scans in both directions, times, and waiting for what comes.

#include <atomic>
#include <chrono>
#include <thread>

#include <holdfast/log_reader.hpp>

#include "log_suites.hpp"

namespace holdfast::log_suites {
namespace {

using std::chrono::milliseconds;

TEST_P(Log, AReaderGoesForwardsAndBackwardsOverSegments) {
  for (int i = 1; i <= 300; ++i) append("payload " + std::to_string(i) + std::string(600, '.'));
  auto reader = stream_->reader(299);
  ASSERT_TRUE(ok(reader));
  EXPECT_EQ(reader->position(), 299u);
  for (const LogId id : {299u, 300u}) {
    ASSERT_TRUE(*reader->next());
    EXPECT_EQ(reader->entry().id, id);
    EXPECT_EQ(reader->entry().payload, payloads_[id - 1]);
  }
  EXPECT_FALSE(*reader->next());
  EXPECT_FALSE(*reader->next());
  EXPECT_EQ(reader->position(), 301u);
  for (LogId id = 300; id >= 1; --id) {
    ASSERT_TRUE(*reader->previous());
    ASSERT_EQ(reader->entry().id, id);
    ASSERT_EQ(reader->entry().payload, payloads_[id - 1]);
  }
  EXPECT_FALSE(*reader->previous());
  EXPECT_EQ(reader->position(), 1u);
  ASSERT_TRUE(*reader->next());
  EXPECT_EQ(reader->entry().id, 1u);
  ASSERT_TRUE(ok(reader->seek(150)));
  ASSERT_TRUE(*reader->previous());
  EXPECT_EQ(reader->entry().id, 149u);
}

TEST_P(Log, AReaderBeginsAndStandsOnlyWhereTheStreamIs) {
  append("a");
  append("b");
  EXPECT_TRUE(ok(stream_->reader(1)));
  EXPECT_TRUE(ok(stream_->reader(3)));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, stream_->reader(0)));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, stream_->reader(4)));
  ASSERT_TRUE(ok(stream_->truncate_before(2)));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, stream_->reader(1)));
  auto reader = stream_->reader(2);
  ASSERT_TRUE(ok(reader));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, reader->seek(1)));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, reader->seek(9)));
  EXPECT_EQ(reader->position(), 2u);
  EXPECT_FALSE(*reader->previous());
}

TEST_P(Log, AReaderGoesOnAsTheStreamGrows) {
  auto reader = stream_->reader(1);
  ASSERT_TRUE(ok(reader));
  EXPECT_FALSE(*reader->next());
  append("a");
  ASSERT_TRUE(*reader->next());
  EXPECT_EQ(reader->entry().payload, "a");
  EXPECT_FALSE(*reader->next(milliseconds(1)));
  std::thread writer([&] {
    std::this_thread::sleep_for(milliseconds(20));
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(ok(stream_->append(std::to_string(i), kBuffered)));
  });
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(*reader->next(milliseconds(60'000)));
    ASSERT_EQ(reader->entry().payload, std::to_string(i));
  }
  writer.join();
}

TEST_P(Log, AReaderTellsThatItsStoreIsClosedOrItsStreamDropped) {
  append("a");
  auto reader = stream_->reader(1);
  ASSERT_TRUE(ok(reader));
  auto other = stream("other");
  ASSERT_TRUE(ok(other.append("x")));
  auto reader_of_other = other.reader(1);
  ASSERT_TRUE(*reader_of_other->next());
  ASSERT_TRUE(ok(store_->drop_log("other")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, reader_of_other->next()));
  EXPECT_EQ(reader_of_other->entry().payload, "x");
  std::atomic<bool> waits{false};
  std::thread waiter([&] {
    auto own = stream_->reader(2);
    waits = true;
    EXPECT_TRUE(fails_with(ErrorCode::closed, own->next(milliseconds(600'000))));
    EXPECT_TRUE(fails_with(ErrorCode::closed, stream_->wait(5, milliseconds(600'000))));
  });
  while (!waits) std::this_thread::yield();
  close();
  waiter.join();
  EXPECT_TRUE(fails_with(ErrorCode::closed, reader->next()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, reader->previous()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, reader->seek(1)));
}

TEST_P(Log, AScanBackSeesTheSameInTheOtherOrder) {
  for (int i = 1; i <= 300; ++i) append("payload " + std::to_string(i) + std::string(600, '.'));
  for (const LogId from : {301u, 300u, 170u, 1u}) {
    LogId expected = std::min<LogId>(from, 300);
    const auto end = stream_->scan_back(from, [&](const LogEntryView& entry) {
      EXPECT_EQ(entry.id, expected);
      EXPECT_EQ(entry.payload, payloads_[expected - 1]);
      --expected;
      return true;
    });
    EXPECT_TRUE(is_id(0, end));
    EXPECT_EQ(expected, 0u);
  }
  EXPECT_TRUE(is_id(99, stream_->scan_back(200, [](const LogEntryView& entry) { return entry.id > 100; })));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, stream_->scan_back(302, [](const auto&) { return true; })));
  ASSERT_TRUE(ok(stream_->truncate_before(50)));
  EXPECT_TRUE(is_id(49, stream_->scan_back(60, [](const auto&) { return true; })));
  EXPECT_TRUE(is_id(49, stream_->scan_back(49, [](const auto&) { return true; }))) << "nothing is left to visit";
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, stream_->scan_back(48, [](const auto&) { return true; })));
}

TEST_P(LogReopen, FindsTheFirstRecordOfATime) {
  auto timed = stream("timed", {.durability = Durability::buffered, .settings = {.segment_records_max = 7}});
  EXPECT_TRUE(is_id(1, timed.find_time(0))) << "an empty stream";
  for (std::uint64_t id = 1; id <= 100; ++id)
    ASSERT_TRUE(ok(timed.append("x", {.timestamp_us = id * 10 + (id == 50 ? 400 : 0)})));  // one is ahead
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(is_id(1, timed.find_time(0)));
    EXPECT_TRUE(is_id(1, timed.find_time(10)));
    EXPECT_TRUE(is_id(2, timed.find_time(11)));
    EXPECT_TRUE(is_id(8, timed.find_time(80))) << "the first of a segment";
    EXPECT_TRUE(is_id(50, timed.find_time(600))) << "the first that is not lower, though others follow that are";
    EXPECT_TRUE(is_id(91, timed.find_time(901)));
    EXPECT_TRUE(is_id(100, timed.find_time(1'000)));
    EXPECT_TRUE(is_id(101, timed.find_time(1'001)));
    ASSERT_TRUE(ok(store_->sync()));
    reopen_after_kill();
    timed = stream("timed");
  }
  ASSERT_TRUE(ok(timed.truncate_before(31)));
  EXPECT_TRUE(is_id(31, timed.find_time(0)));
}

TEST_P(Log, WaitingTellsTheNextIdAsSoonAsThereIsMore) {
  EXPECT_TRUE(is_id(1, stream_->wait(0, milliseconds(0)))) << "it is above already";
  EXPECT_TRUE(is_id(1, stream_->wait(1, milliseconds(0))));
  EXPECT_TRUE(is_id(1, stream_->wait(1, milliseconds(2))));
  std::thread writer([&] {
    std::this_thread::sleep_for(milliseconds(30));
    EXPECT_TRUE(ok(stream_->append("a")));
  });
  EXPECT_TRUE(is_id(2, stream_->wait(1, milliseconds(600'000))));
  writer.join();
}

TEST_P(Log, ReadersAtWorkBesideAWriterAndTruncationsSeeNoGap) {
  auto shared = stream("shared", {.durability = Durability::buffered,
                                  .settings = {.segment_bytes = kLogSegmentBytesMin, .segment_records_max = 50}});
  constexpr LogId kLast = 4'000;
  std::atomic<bool> is_over{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&, i] {
      auto reader = shared.reader(*shared.first_id());
      while (!reader) reader = shared.reader(*shared.first_id());  // it may have gone meanwhile
      LogId expected = reader->position();
      while (expected <= kLast) {
        const auto moved = i == 0 ? reader->next(milliseconds(1'000)) : reader->next();
        ASSERT_TRUE(ok(moved));
        if (!*moved) continue;
        ASSERT_EQ(reader->entry().id, expected);
        ASSERT_EQ(reader->entry().payload, "record " + std::to_string(expected));
        ++expected;
      }
    });
  threads.emplace_back([&] {
    while (!is_over) {
      const auto truncation = shared.truncate_before(*shared.next_id());
      if (!truncation) {
        ASSERT_EQ(truncation.error().code, ErrorCode::busy);
      }
      const LogId first = *shared.first_id();
      const auto scanned = shared.scan(first, [](const LogEntryView& entry) {
        EXPECT_EQ(entry.payload, "record " + std::to_string(entry.id));
        return true;
      });
      if (!scanned) {
        ASSERT_EQ(scanned.error().code, ErrorCode::out_of_bounds) << scanned.error().to_string();
      }
      std::this_thread::yield();
    }
  });
  for (LogId id = 1; id <= kLast; ++id) ASSERT_TRUE(is_id(id, shared.append("record " + std::to_string(id))));
  threads[0].join();
  threads[1].join();
  is_over = true;
  threads[2].join();
}

}  // namespace
}  // namespace holdfast::log_suites
