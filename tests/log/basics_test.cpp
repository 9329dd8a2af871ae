#include "log_suites.hpp"

#include <chrono>

namespace holdfast::log_suites {
namespace {

std::uint64_t now_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

TEST_P(Log, ANewStreamIsEmpty) {
  EXPECT_TRUE(is_id(1, stream_->first_id()));
  EXPECT_TRUE(is_id(1, stream_->next_id()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, stream_->read(1)));
  EXPECT_TRUE(is_id(1, stream_->scan(1, [](const LogEntryView&) { return true; })));
  EXPECT_EQ(stream_->name(), "stream");
}

TEST_P(Log, IdsAreOneTwoThree) {
  EXPECT_TRUE(is_id(1, stream_->append("a")));
  EXPECT_TRUE(is_id(2, stream_->append("b", kBuffered)));
  EXPECT_TRUE(is_id(3, stream_->append("c", {.durability = Durability::interval})));
  EXPECT_TRUE(is_id(4, stream_->next_id()));
  EXPECT_TRUE(holds_all(*stream_, {"a", "b", "c"}));
}

TEST_P(Log, PayloadsAreAnyBytesOfAnyLength) {
  append("");
  append(std::string(1, '\0'));
  append("\xFF\xFE");
  for (const std::size_t size : {15, 16, 17, 2'000, 16'383, 16'384, 20'000, 65'536, 300'000})
    append(some_value(size, static_cast<unsigned>(size)));
  append("");
  EXPECT_TRUE(holds_all(*stream_, payloads_));
  EXPECT_TRUE(store_->verify()->damage.empty());
}

TEST_P(Log, EachRecordHasTheTimeOfItsAppend) {
  bool is_between = false;
  for (LogId id = 1; id <= 10 && !is_between; ++id) {  // somebody may set the clock while we look
    const std::uint64_t before = now_us();
    append("payload");
    const std::uint64_t after = now_us();
    const auto entry = stream_->read(id);
    ASSERT_TRUE(ok(entry));
    is_between = before <= entry->timestamp_us && entry->timestamp_us <= after;
    EXPECT_TRUE(ok(stream_->scan(id, [&](const LogEntryView& seen) {
      EXPECT_EQ(seen.timestamp_us, entry->timestamp_us);
      return true;
    })));
  }
  EXPECT_TRUE(is_between);
}

TEST_P(Log, ReadRefusesIdsThatAreNotThere) {
  append("payload");
  for (const LogId id : {LogId{0}, LogId{2}, LogId{1'000'000}, ~LogId{0}})
    EXPECT_TRUE(fails_with(ErrorCode::not_found, stream_->read(id))) << id;
}

TEST_P(Log, AScanBeginsWhereItIsAskedTo) {
  for (int i = 1; i <= 10; ++i) append(std::to_string(i));
  const auto found = scanned(*stream_, 8);
  ASSERT_TRUE(ok(found));
  EXPECT_EQ(*found, (std::vector<std::string>{"8", "9", "10"}));
  EXPECT_TRUE(is_id(11, stream_->scan(11, [](const LogEntryView&) { return true; })));
}

TEST_P(Log, AScanFromWhereNothingIsSaysSo) {
  append("payload");
  for (const LogId id : {LogId{0}, LogId{3}, ~LogId{0}}) {
    const auto answer = stream_->scan(id, [](const LogEntryView&) { return true; });
    ASSERT_TRUE(fails_with(ErrorCode::out_of_bounds, answer)) << id;
    EXPECT_EQ(answer.error().found, std::to_string(id));
    EXPECT_EQ(answer.error().expected, "an id from 1 to 2");
  }
}

TEST_P(Log, AScanStopsWhereTheVisitorSaysAndGoesOnFromThere) {
  for (int i = 1; i <= 5; ++i) append(std::to_string(i));
  EXPECT_TRUE(is_id(4, stream_->scan(1, [](const LogEntryView& entry) { return entry.id < 3; })));
  const auto rest = scanned(*stream_, 4);
  ASSERT_TRUE(ok(rest));
  EXPECT_EQ(*rest, (std::vector<std::string>{"4", "5"}));
}

TEST_P(Log, AScansVisitorMayAppendAndReadAndSeesTheStreamAsItWas) {
  for (int i = 1; i <= 3; ++i) append(std::to_string(i));
  std::uint64_t visits = 0;
  EXPECT_TRUE(is_id(4, stream_->scan(1, [&](const LogEntryView& entry) {
    EXPECT_TRUE(is_id(3 + ++visits, stream_->append("another")));
    EXPECT_TRUE(holds(*stream_, entry.id, std::to_string(entry.id)));
    return true;
  })));
  EXPECT_EQ(visits, 3u);
  EXPECT_TRUE(is_id(7, stream_->next_id()));
}

TEST_P(Log, AllHandlesOfOneStreamAreTheSameStream) {
  auto other = stream("stream", {.durability = Durability::buffered});
  append("one");
  EXPECT_TRUE(is_id(2, other.append("two")));
  EXPECT_TRUE(holds_all(*stream_, {"one", "two"}));
}

TEST_P(Log, StreamsHaveIdsOfTheirOwn) {
  auto slash = stream("a/b");
  auto underscore = stream("a_b");
  EXPECT_TRUE(is_id(1, slash.append("in a/b")));
  EXPECT_TRUE(is_id(1, underscore.append("in a_b")));
  EXPECT_TRUE(is_id(2, slash.append("again")));
  EXPECT_TRUE(holds_all(slash, {"in a/b", "again"}));
  EXPECT_TRUE(holds_all(underscore, {"in a_b"}));
  EXPECT_EQ(store_->spaces()->size(), 3u);
}

TEST_P(Log, FillsSegmentAfterSegment) {
  for (unsigned i = 0; i < 800; ++i) append(some_value(500 + i % 700, i));
  EXPECT_TRUE(holds_all(*stream_, payloads_));
  EXPECT_GT(store_->spaces()->front().segment_count, 8u);
  EXPECT_TRUE(store_->verify()->damage.empty());
}

}  // namespace
}  // namespace holdfast::log_suites
