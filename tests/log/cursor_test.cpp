// Named cursors: where a consumer is, over restarts, and what it protects.

#include <memory>
#include <optional>
#include <thread>

#include <holdfast/log_reader.hpp>
#include <holdfast/testing/crash_images.hpp>
#include <holdfast/testing/crash_storage.hpp>

#include "log_suites.hpp"

namespace holdfast::log_suites {
namespace {

LogId place_of(const holdfast::Log& stream, std::string_view name) {
  const auto found = stream.cursor(name);
  EXPECT_TRUE(ok(found));
  return found && *found ? (*found)->next : 0;
}

TEST_P(LogReopen, ACursorIsWhereItWasCommittedAfterEveryRestart) {
  for (int i = 0; i < 20; ++i) append(std::to_string(i));
  EXPECT_FALSE(*stream_->cursor("consumer"));
  EXPECT_TRUE(stream_->cursors()->empty());
  ASSERT_TRUE(ok(stream_->commit_cursor("consumer", 5)));
  ASSERT_TRUE(ok(stream_->commit_cursor("other", 21, {.protects = false})));
  const std::string binary("a\0b", 3);
  ASSERT_TRUE(ok(stream_->commit_cursor(binary, 1)));
  for (int round = 0; round < 3; ++round) {
    round == 1 ? reopen_after_close() : reopen_after_kill();
    const auto cursors = stream_->cursors();
    ASSERT_TRUE(ok(cursors));
    ASSERT_EQ(cursors->size(), 3u);
    EXPECT_EQ((*cursors)[0].name, binary);
    EXPECT_EQ((*cursors)[1].name, "consumer");
    EXPECT_EQ((*cursors)[1].next, 5u + static_cast<LogId>(round));
    EXPECT_EQ((*cursors)[1].lag, 16u - static_cast<LogId>(round));
    EXPECT_TRUE((*cursors)[1].protects);
    EXPECT_GT((*cursors)[1].committed_us, 0u);
    EXPECT_EQ((*cursors)[2].lag, 0u);
    EXPECT_FALSE((*cursors)[2].protects);
    ASSERT_TRUE(ok(stream_->commit_cursor("consumer", 6 + static_cast<LogId>(round))));
  }
  EXPECT_EQ(store_->spaces()->size(), 1u) << "what the store keeps for itself is no space of the user's";
}

TEST_P(LogReopen, CursorsOfStreamsDoNotMeetAndGoWithThem) {
  auto other = stream("other");
  ASSERT_TRUE(ok(stream_->append("a")));
  ASSERT_TRUE(ok(other.append("a")));
  ASSERT_TRUE(ok(stream_->commit_cursor("c", 2)));
  ASSERT_TRUE(ok(other.commit_cursor("c", 1)));
  EXPECT_EQ(place_of(*stream_, "c"), 2u);
  EXPECT_EQ(place_of(other, "c"), 1u);
  ASSERT_TRUE(ok(store_->drop_log("other")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, other.commit_cursor("c", 1)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, other.cursor("c")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, other.drop_cursor("c")));
  reopen_after_kill();
  other = stream("other");
  EXPECT_FALSE(*other.cursor("c")) << "a new stream of that name has none";
  EXPECT_EQ(place_of(*stream_, "c"), 2u);
  EXPECT_TRUE(*stream_->drop_cursor("c"));
  EXPECT_FALSE(*stream_->drop_cursor("c"));
  reopen_after_kill();
  EXPECT_FALSE(*stream_->cursor("c"));
}

TEST_P(Log, CursorsStandOnlyWhereTheStreamIs) {
  append("a");
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, stream_->commit_cursor("c", 0)));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, stream_->commit_cursor("c", 3)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, stream_->commit_cursor("", 1)));
  const std::string long_name(kLogCursorNameSizeBytesMax + 1, 'n');
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, stream_->commit_cursor(long_name, 1)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, stream_->cursor("")));
  EXPECT_TRUE(ok(stream_->commit_cursor(std::string_view(long_name).substr(1), 2)));
  EXPECT_FALSE(*stream_->cursor("c"));
}

TEST_P(Log, WhatACursorProtectsIsNotTakenAway) {
  close();
  options_.sweep_interval_ms = 0;
  open();
  auto kept = stream("kept", {.durability = Durability::buffered,
                              .settings = {.segment_bytes = kLogSegmentBytesMin, .segment_records_max = 10,
                                           .retain_records = 5}});
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(ok(kept.append(std::to_string(i))));
  ASSERT_TRUE(ok(store_->sync()));
  ASSERT_TRUE(ok(kept.commit_cursor("slow", 13)));
  ASSERT_TRUE(ok(kept.commit_cursor("idle", 1, {.protects = false})));
  const auto refused = kept.truncate_before(14);
  ASSERT_TRUE(fails_with(ErrorCode::busy, refused));
  EXPECT_NE(refused.error().message.find("'slow'"), std::string::npos) << refused.error().to_string();
  ASSERT_TRUE(ok(kept.retain()));
  EXPECT_TRUE(is_id(13, kept.first_id()));
  EXPECT_EQ(kept.cursor("idle")->value().lag, 48u) << "of what is left";
  ASSERT_TRUE(ok(kept.commit_cursor("slow", 55)));
  ASSERT_TRUE(ok(kept.retain()));
  EXPECT_TRUE(is_id(51, kept.first_id()));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, kept.commit_cursor("slow", 50)));
  ASSERT_TRUE(*kept.drop_cursor("slow"));
  EXPECT_TRUE(ok(kept.truncate_before(61)));
}

TEST_P(Log, ACursorForWhichThereIsNoRoomLetsRetentionMakeSome) {
  close();
  options_.max_size_bytes = options_.size_bytes;
  options_.sweep_interval_ms = 0;
  open();
  auto kept = stream("kept", {.settings = {.segment_records_max = 4, .retain_records = 8}});
  auto filler = stream("filler");
  const std::string payload(10'000, 'p');
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(ok(kept.append(payload)));
  while (filler.append(payload)) {
  }
  LogId next = *kept.first_id();
  for (int i = 0; i < 3'000; ++i) {
    const auto committed = kept.commit_cursor("c" + std::to_string(i % 50), next, {.protects = false});
    if (!committed) {
      ASSERT_EQ(committed.error().code, ErrorCode::no_space) << committed.error().to_string();
    }
    next = std::max(next, *kept.first_id());
  }
  EXPECT_TRUE(is_id(101, kept.next_id()));
}

TEST_P(LogReopen, EachRecordIsHandledAtLeastOnceHoweverOftenTheConsumerEnds) {
  constexpr LogId kLast = 200;
  for (LogId id = 1; id <= kLast; ++id) append(std::to_string(id));
  std::vector<int> handled(kLast + 1, 0);
  std::uint32_t state = 7;
  for (LogId done = 0; done < kLast;) {
    auto reader = stream_->reader(std::max<LogId>(place_of(*stream_, "consumer"), 1));
    ASSERT_TRUE(ok(reader));
    state = state * 1'664'525 + 1'013'904'223;
    for (std::uint32_t i = 0; i < 1 + (state >> 24) % 40; ++i) {
      const auto moved = reader->next();
      ASSERT_TRUE(ok(moved));
      if (!*moved) break;
      ++handled[reader->entry().id];
      done = std::max(done, reader->entry().id);
      if (i % 3 == 0) {
        ASSERT_TRUE(ok(stream_->commit_cursor("consumer", reader->position())));
      }
    }
    reopen_after_kill();
  }
  for (LogId id = 1; id <= kLast; ++id) EXPECT_GE(handled[id], 1) << id;
}

TEST_P(Log, CursorsAreCommittedBesideAppendsAndTruncations) {
  auto shared = stream("shared", {.durability = Durability::buffered, .settings = {.segment_records_max = 50}});
  constexpr LogId kLast = 3'000;
  std::thread consumer([&] {
    auto reader = shared.reader(1);
    ASSERT_TRUE(ok(reader));
    ASSERT_TRUE(ok(shared.commit_cursor("c", 1)));
    while (reader->position() <= kLast) {
      const auto moved = reader->next(std::chrono::milliseconds(1'000));
      ASSERT_TRUE(ok(moved));
      if (*moved && reader->entry().id % 16 == 0) {
        ASSERT_TRUE(ok(shared.commit_cursor("c", reader->position())));
      }
    }
  });
  for (LogId id = 1; id <= kLast; ++id) {
    ASSERT_TRUE(ok(shared.append("x")));
    if (id % 100 != 0) continue;
    const auto cursor = shared.cursor("c");
    if (cursor && *cursor) {
      const auto truncation = shared.truncate_before((*cursor)->next);
      if (!truncation) {
        ASSERT_EQ(truncation.error().code, ErrorCode::busy) << "the cursor went back, or a reader stands below";
      }
      EXPECT_LE(*shared.first_id(), (*shared.cursor("c"))->next);
    }
  }
  consumer.join();
}

/// A medium whose power can be cut.
TEST(LogCursors, StandBeforeIdsThatAreGivenOutAnew) {
  using namespace holdfast::testing;
  Options options;
  options.segment_size_bytes = 64 << 10;
  options.recovery_threads = 1;
  options.clean_automatically = false;
  const auto medium = CrashMedium::create(
      {.model = MediumModel::pages, .size_bytes = 1 << 20, .max_size_bytes = 4 << 20, .keeps_log = true});
  {
    auto store = Store::open(*medium->open(), options);
    ASSERT_TRUE(ok(store));
    auto stream = store->log("stream", {.durability = Durability::buffered});
    ASSERT_TRUE(ok(stream->append("durable", {.durability = Durability::immediate})));
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(ok(stream->append("may be lost")));
    ASSERT_TRUE(ok(stream->commit_cursor("c", 7, {.durability = Durability::immediate})));
  }
  int taken_back = 0;
  for_each_crash_image(*medium, {.first_point = medium->event_count() - 1}, [&](const CrashPoint&, const CrashImage& image) {
    const auto left = CrashMedium::from_image(image, medium->options());
    LogId end = 0;
    {
      auto store = Store::open(*left->open(), options);
      EXPECT_TRUE(ok(store));
      auto stream = store->log("stream");
      end = *stream->next_id();
      EXPECT_EQ(place_of(*stream, "c"), end) << "all that is left was handled";
      taken_back += end < 7 ? 1 : 0;
      EXPECT_TRUE(is_id(end, stream->append("anew", {.durability = Durability::immediate})));
    }
    auto store = Store::open(*left->open(), options);
    EXPECT_TRUE(ok(store));
    EXPECT_EQ(place_of(*store->log("stream"), "c"), end) << "the new record is still to be handled";
    return true;
  });
  EXPECT_GT(taken_back, 0);
}

TEST(LogCursors, WhoseCommitWasLostStandAtTheBeginAndNotInAGap) {
  using namespace holdfast::testing;
  Options options;
  options.segment_size_bytes = 64 << 10;
  options.recovery_threads = 1;
  options.clean_automatically = false;
  const auto medium = CrashMedium::create(
      {.model = MediumModel::pages, .size_bytes = 1 << 20, .max_size_bytes = 4 << 20, .keeps_log = true});
  {
    auto store = Store::open(*medium->open(), options);
    ASSERT_TRUE(ok(store));
    auto stream = store->log("stream");
    for (int i = 0; i < 9; ++i) ASSERT_TRUE(ok(stream->append("record")));
    ASSERT_TRUE(ok(stream->commit_cursor("c", 1)));
    ASSERT_TRUE(ok(stream->commit_cursor("idle", 1, {.protects = false})));
    ASSERT_TRUE(ok(stream->commit_cursor("c", 6, {.durability = Durability::buffered})));
    ASSERT_TRUE(ok(stream->truncate_before(5)));
  }
  int lost = 0;
  for_each_crash_image(*medium, {.first_point = medium->event_count() - 1}, [&](const CrashPoint&, const CrashImage& image) {
    const auto left = CrashMedium::from_image(image, medium->options());
    auto store = Store::open(*left->open(), options);
    EXPECT_TRUE(ok(store));
    auto stream = store->log("stream");
    EXPECT_TRUE(is_id(5, stream->first_id()));
    const LogId place = place_of(*stream, "c");
    EXPECT_TRUE(place == 5 || place == 6) << place;
    lost += place == 5 ? 1 : 0;
    EXPECT_TRUE(ok(stream->reader(place)));
    EXPECT_EQ(place_of(*stream, "idle"), 1u) << "what it did not protect is a gap, and told";
    EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, stream->reader(1)));
    return true;
  });
  EXPECT_GT(lost, 0);
}

}  // namespace
}  // namespace holdfast::log_suites
