// The begin of a stream goes: by truncate_before(), and by what retention lets go.

#include <holdfast/log_reader.hpp>

#include "contract/comes_true.hpp"
#include "log_suites.hpp"

namespace holdfast::log_suites {
namespace {

constexpr std::string_view kStreamName = "cut";

/// Streams with segments of ten records each.
class Truncation : public LogReopen {
 protected:
  [[nodiscard]] holdfast::Log open_cut(LogSettings settings = {}) {
    if (settings.segment_records_max == 0) settings.segment_records_max = 10;
    settings.segment_bytes = kLogSegmentBytesMin;
    return stream(kStreamName, {.durability = Durability::immediate, .settings = settings});
  }

  static void fill(holdfast::Log& stream, LogId last) {
    const auto next = stream.next_id();
    for (LogId id = *next; id <= last; ++id)
      ASSERT_TRUE(is_id(id, stream.append("record " + std::to_string(id), {.timestamp_us = id * 1'000})));
  }

  static void expect_from(const holdfast::Log& stream, LogId first, LogId last) {
    EXPECT_TRUE(is_id(first, stream.first_id()));
    EXPECT_TRUE(is_id(last + 1, stream.next_id()));
    const auto found = scanned(stream, first);
    ASSERT_TRUE(ok(found));
    ASSERT_EQ(found->size(), last + 1 - first);
    for (LogId id = first; id <= last; ++id) EXPECT_EQ((*found)[id - first], "record " + std::to_string(id));
    if (first > 1) {
      EXPECT_TRUE(fails_with(ErrorCode::not_found, stream.read(first - 1)));
      EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, scanned(stream, first - 1))) << "a gap is told";
    }
  }
};

TEST_P(Truncation, TakesExactlyTheSegmentsThatHoldNothingElse) {
  auto cut = open_cut();
  fill(cut, 35);
  EXPECT_EQ(cut.statistics()->segments, 4u);
  const auto truncation = cut.truncate_before(15);
  ASSERT_TRUE(ok(truncation));
  EXPECT_EQ(truncation->first_id, 15u);
  EXPECT_EQ(truncation->segments, 1u);
  EXPECT_EQ(truncation->bytes, kLogSegmentBytesMin);
  EXPECT_EQ(cut.statistics()->segments, 3u);
  EXPECT_EQ(cut.statistics()->truncated_segments, 1u);
  expect_from(cut, 15, 35);
  reopen_after_kill();
  cut = open_cut();
  expect_from(cut, 15, 35);
  fill(cut, 40);
  reopen_after_close();
  cut = open_cut();
  expect_from(cut, 15, 40);
}

TEST_P(Truncation, PastEverythingKeepsTheSegmentThatIsWrittenTo) {
  auto cut = open_cut();
  fill(cut, 25);
  ASSERT_TRUE(ok(cut.truncate_before(26)));
  EXPECT_EQ(cut.statistics()->segments, 1u);
  expect_from(cut, 26, 25);
  for (int round = 0; round < 2; ++round) {
    round == 0 ? reopen_after_kill() : reopen_after_close();
    cut = open_cut();
    EXPECT_TRUE(is_id(26 + static_cast<LogId>(round), cut.append("record " + std::to_string(26 + round))))
        << "ids are never given out again";
  }
  expect_from(cut, 26, 27);
}

TEST_P(Truncation, IdsGoOnWhereEverySegmentHasGone) {
  auto cut = open_cut();
  fill(cut, 20);
  reopen_after_close();
  cut = open_cut();
  ASSERT_TRUE(ok(cut.truncate_before(21)));
  EXPECT_EQ(cut.statistics()->segments, 0u) << "nothing is written to";
  reopen_after_kill();
  cut = open_cut();
  EXPECT_TRUE(is_id(21, cut.next_id()));
  fill(cut, 23);
  reopen_after_kill();
  cut = open_cut();
  expect_from(cut, 21, 23);
}

TEST_P(Truncation, AStreamWhoseSegmentsHaveAllGoneGoesOnInANewOne) {
  auto cut = open_cut();
  fill(cut, 15);
  reopen_after_close();
  cut = open_cut();
  ASSERT_TRUE(ok(cut.truncate_before(16)));
  EXPECT_EQ(cut.statistics()->segments, 0u);
  auto other = stream("other");
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(ok(other.append(std::string(5'000, 'o')))) << "the room is others' now";
  fill(cut, 18);
  for (int round = 0; round < 2; ++round) {
    expect_from(cut, 16, 18);
    EXPECT_TRUE(store_->verify()->damage.empty());
    reopen_after_kill();
    EXPECT_TRUE(store_->recovery().damage.empty());
    cut = open_cut();
  }
}

TEST_P(Truncation, OfWhatIsGoneAlreadyDoesNothingAndBeyondTheEndIsRefused) {
  auto cut = open_cut();
  fill(cut, 25);
  ASSERT_TRUE(ok(cut.truncate_before(12)));
  const auto again = cut.truncate_before(3);
  ASSERT_TRUE(ok(again));
  EXPECT_EQ(again->first_id, 12u);
  EXPECT_EQ(again->segments, 0u);
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, cut.truncate_before(27)));
  expect_from(cut, 12, 25);
}

TEST_P(Truncation, GivesItsRoomToWhoeverNeedsItNext) {
  auto cut = open_cut();
  fill(cut, 400);
  const auto before = store_->info();
  ASSERT_TRUE(ok(cut.truncate_before(395)));
  const auto behind = store_->info();
  EXPECT_GE(behind->free_bytes, before->free_bytes + 30 * kLogSegmentBytesMin);
  fill(cut, 700);
  EXPECT_LE(store_->info()->size_bytes, before->size_bytes + (std::uint64_t{4} << 20));
  expect_from(cut, 395, 700);
}

TEST_P(Truncation, TakesLargePayloadsWithItsRecords) {
  auto cut = open_cut({.segment_records_max = 2});
  const std::string large(200'000, 'L');
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(ok(cut.append(large + std::to_string(i))));
  const std::uint64_t before = store_->info()->free_bytes;
  ASSERT_TRUE(ok(cut.truncate_before(7)));
  ASSERT_TRUE(ok(store_->sync()));
  EXPECT_GE(store_->info()->free_bytes, before + 6 * 200'000);
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(fails_with(ErrorCode::not_found, cut.read(6)));
    EXPECT_TRUE(holds(cut, 7, large + "6"));
    EXPECT_TRUE(holds(cut, 8, large + "7"));
    const auto verified = store_->verify();
    ASSERT_TRUE(ok(verified));
    EXPECT_TRUE(verified->damage.empty());
    reopen_after_kill();
    cut = open_cut();
  }
}

TEST_P(Truncation, ACutWithinASegmentIsNoDamageToItsLargePayloads) {
  auto cut = open_cut();
  const std::string large(200'000, 'L');
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(ok(cut.append(large + std::to_string(i))));
  ASSERT_TRUE(ok(cut.truncate_before(4)));
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(holds(cut, 4, large + "3"));
    const auto verified = store_->verify();
    ASSERT_TRUE(ok(verified));
    EXPECT_TRUE(verified->damage.empty());
    reopen_after_kill();
    cut = open_cut();
    EXPECT_TRUE(is_id(4, cut.first_id()));
  }
}

TEST_P(Truncation, NeverPassesAReaderThatStandsBelow) {
  auto cut = open_cut();
  fill(cut, 35);
  auto reader = cut.reader(12);
  ASSERT_TRUE(ok(reader));
  const auto refused = cut.truncate_before(20);
  ASSERT_TRUE(fails_with(ErrorCode::busy, refused));
  EXPECT_EQ(refused.error().found, "record 12");
  ASSERT_TRUE(ok(cut.truncate_before(12)));
  for (LogId id = 12; id < 20; ++id) {
    ASSERT_TRUE(*reader->next());
    EXPECT_EQ(reader->entry().payload, "record " + std::to_string(id));
  }
  ASSERT_TRUE(ok(cut.truncate_before(20)));
  EXPECT_EQ(reader->entry().payload, "record 19") << "what it has moved over is its own";
  ASSERT_TRUE(*reader->next());
  EXPECT_EQ(reader->entry().id, 20u);
}

TEST_P(Truncation, RetentionByCountKeepsTheLastRecords) {
  auto cut = open_cut({.retain_records = 15});
  fill(cut, 65);
  const auto truncation = cut.retain();
  ASSERT_TRUE(ok(truncation));
  EXPECT_TRUE(is_id(51, cut.first_id())) << "segments 51 to 60 and 61 to 65 hold 15 together";
  expect_from(cut, 51, 65);
}

TEST_P(Truncation, RetentionBySizeKeepsTheStreamBelowIt) {
  auto cut = open_cut({.retain_bytes = 3 * kLogSegmentBytesMin});
  fill(cut, 95);
  ASSERT_TRUE(ok(cut.retain()));
  EXPECT_LE(cut.statistics()->segment_bytes, 3 * kLogSegmentBytesMin);
  expect_from(cut, 71, 95);
}

TEST_P(Truncation, RetentionByTimeGoesByTheRecordsTimesAndTheClockOfTheStore) {
  close();
  const auto clock = std::make_shared<std::uint64_t>(0);
  options_.clock = [clock] { return *clock; };
  options_.sweep_interval_ms = 0;  // by call alone
  open();
  auto cut = open_cut({.retain_ms = 20});  // a record a millisecond
  fill(cut, 45);
  *clock = 30'000;
  ASSERT_TRUE(ok(cut.retain()));
  expect_from(cut, 1, 45);
  *clock = 40'001;  // the newest of the second segment is of 20,000
  ASSERT_TRUE(ok(cut.retain()));
  expect_from(cut, 21, 45);
  *clock = 40'000'000;
  ASSERT_TRUE(ok(cut.retain()));
  expect_from(cut, 41, 45);
}

TEST_P(Truncation, RetentionStopsAtTheNumberToKeepAndAtReaders) {
  auto cut = open_cut({.retain_records = 1, .keep_records_min = 30});
  close();
  options_.sweep_interval_ms = 0;
  open();
  cut = open_cut();
  fill(cut, 65);
  ASSERT_TRUE(ok(cut.retain()));
  expect_from(cut, 31, 65);
  auto settings = *cut.settings();
  settings.keep_records_min = 0;
  ASSERT_TRUE(ok(cut.set_settings(settings)));
  auto reader = cut.reader(47);
  ASSERT_TRUE(ok(reader));
  ASSERT_TRUE(ok(cut.retain()));
  EXPECT_TRUE(is_id(47, cut.first_id()));
  EXPECT_TRUE(*reader->next());
  EXPECT_EQ(reader->entry().id, 47u);
}

TEST_P(Truncation, HappensByItselfBehindNewSegments) {
  auto cut = open_cut({.retain_records = 20});
  fill(cut, 200);
  // All that may go: less has gone where a look came before the last append, and the next one takes the rest.
  ASSERT_TRUE(comes_true([&] { return *cut.first_id() == 181; }));
  expect_from(cut, 181, 200);
}

TEST_P(Truncation, IsTriedBeforeAFullStoreRefusesAnAppend) {
  close();
  options_.max_size_bytes = options_.size_bytes;
  options_.sweep_interval_ms = 0;
  open();
  auto cut = open_cut({.segment_records_max = 4, .retain_records = 8});
  const std::string payload(10'000, 'p');
  for (int i = 0; i < 2'000; ++i) ASSERT_TRUE(ok(cut.append(payload))) << i;
  EXPECT_GT(*cut.first_id(), 1'000u);
  EXPECT_TRUE(is_id(2'001, cut.next_id()));
  EXPECT_TRUE(holds(cut, 2'000, payload));
}

INSTANTIATE_TEST_SUITE_P(, Truncation, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

}  // namespace
}  // namespace holdfast::log_suites
