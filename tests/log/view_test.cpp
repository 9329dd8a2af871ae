// Records without a copy: what a view keeps, and for how long.

#include <thread>

#include <holdfast/log_view.hpp>

#include "log_suites.hpp"

namespace holdfast::log_suites {
namespace {

LogView view_of(const holdfast::Log& stream, LogId id) {
  auto view = stream.view(id);
  if (!view) throw std::runtime_error(view.error().to_string());  // ends the test
  return std::move(*view);
}

TEST_P(Log, AViewShowsTheRecord) {
  const std::string large = some_value(300'000);
  ASSERT_TRUE(ok(stream_->append("payload", {.key = "key", .timestamp_us = 7})));
  ASSERT_TRUE(ok(stream_->append("")));
  ASSERT_TRUE(ok(stream_->append(large, {.key = "large"})));
  ASSERT_TRUE(ok(stream_->erase_key("key")));
  const LogView first = view_of(*stream_, 1);
  EXPECT_EQ(first.entry().id, 1u);
  EXPECT_EQ(first.entry().timestamp_us, 7u);
  EXPECT_EQ(first.entry().key, "key");
  EXPECT_EQ(first.payload(), "payload");
  EXPECT_TRUE(first.ok());
  EXPECT_EQ(view_of(*stream_, 2).payload(), "");
  EXPECT_FALSE(view_of(*stream_, 2).entry().key);
  EXPECT_TRUE(view_of(*stream_, 3).payload() == large);
  EXPECT_EQ(view_of(*stream_, 3).entry().key, "large");
  EXPECT_TRUE(view_of(*stream_, 4).entry().erases_key);
  EXPECT_TRUE(fails_with(ErrorCode::not_found, stream_->view(5)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, stream_->view(0)));
}

TEST_P(Log, AViewOfACompressedPayloadHasACopy) {
  auto packed = stream("packed", {.settings = {.compress_above_bytes = 100}});
  const std::string payload(50'000, 'p');
  ASSERT_TRUE(ok(packed.append(payload)));
  ASSERT_GT(packed.statistics()->packed_bytes, 0u);
  const LogView view = view_of(packed, 1);
  EXPECT_TRUE(view.payload() == payload);
  LogView moved = view_of(packed, 1);
  const std::string_view before = moved.payload();
  LogView again(std::move(moved));
  EXPECT_EQ(again.payload().data(), before.data()) << "it stays where it is";
}

TEST_P(Log, AViewStaysWhateverBecomesOfItsRecord) {
  auto cut = stream("cut", {.settings = {.segment_bytes = kLogSegmentBytesMin, .segment_records_max = 2}});
  const std::string large = some_value(200'000, 1);
  ASSERT_TRUE(ok(cut.append("small")));
  ASSERT_TRUE(ok(cut.append(large)));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(ok(cut.append("tail " + std::to_string(i))));
  const LogView small_view = view_of(cut, 1);
  const LogView large_view = view_of(cut, 2);
  const LogView end_view = view_of(cut, 6);
  ASSERT_TRUE(ok(cut.truncate_from(6)));
  ASSERT_TRUE(ok(cut.truncate_before(5)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, cut.view(1)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, cut.view(6)));
  ASSERT_TRUE(ok(store_->drop_log("cut")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, cut.view(5)));
  auto other = stream("other", {.settings = {.retain_bytes = 4 * kMiB}});
  for (unsigned i = 0; i < 150; ++i) ASSERT_TRUE(ok(other.append(some_value(15'000, i))));  // where there is room
  for (unsigned i = 0; i < 10; ++i) ASSERT_TRUE(ok(other.append(some_value(200'000, 50 + i))));
  EXPECT_EQ(small_view.payload(), "small");
  EXPECT_TRUE(large_view.payload() == large);
  EXPECT_EQ(end_view.payload(), "tail 3");
}

TEST_P(Log, RoomUnderAViewIsGivenOutWhenItEnds) {
  auto cut = stream("cut", {.settings = {.segment_records_max = 1}});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(ok(cut.append(some_value(300'000))));
  std::optional<LogView> view(view_of(cut, 1));
  ASSERT_TRUE(ok(cut.truncate_before(3)));
  ASSERT_TRUE(ok(cut.append("another")));
  const std::uint64_t before = store_->info()->free_bytes;
  view.reset();
  ASSERT_TRUE(ok(cut.truncate_before(4)));  // takes back what nobody looks at any more, of others too
  EXPECT_GE(store_->info()->free_bytes, before + 2 * 300'000);
}

TEST_P(Log, AStoreIsNotClosedUnderAViewOfARecord) {
  append("payload");
  {
    const LogView view = view_of(*stream_, 1);
    EXPECT_TRUE(fails_with(ErrorCode::busy, store_->close()));
    append("another");  // the store goes on
    EXPECT_EQ(view.payload(), "payload");
  }
  EXPECT_TRUE(ok(store_->close()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, stream_->view(1)));
}

TEST_P(Log, AViewOutlivesAReleasedStoreAndEndsInAnotherThread) {
  const std::string large = some_value(200'000);
  append("small");
  append(large);
  LogView small_view = view_of(*stream_, 1);
  LogView large_view = view_of(*stream_, 2);
  stream_.reset();
  kill();
  EXPECT_EQ(small_view.payload(), "small");
  small_view = std::move(large_view);
  EXPECT_EQ(large_view.payload(), "") << "it was moved from";
  std::thread([&large, ended = std::move(small_view)] { EXPECT_TRUE(ended.payload() == large); }).join();
}

}  // namespace
}  // namespace holdfast::log_suites
