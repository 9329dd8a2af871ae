#include "log_suites.hpp"

namespace holdfast::log_suites {
namespace {

void expect_closed(holdfast::Log& stream) {
  const std::vector<std::string_view> payloads{"a", "b"};
  EXPECT_TRUE(fails_with(ErrorCode::closed, stream.append("payload")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, stream.append_batch(payloads)));
  EXPECT_TRUE(fails_with(ErrorCode::closed, stream.append_async("payload")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, stream.read(1)));
  EXPECT_TRUE(fails_with(ErrorCode::closed, stream.scan(1, [](const LogEntryView&) { return true; })));
  EXPECT_TRUE(fails_with(ErrorCode::closed, stream.first_id()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, stream.next_id()));
  EXPECT_EQ(stream.name(), "stream");
}

TEST_P(Log, HandlesOutliveAClosedStoreAndAnswerClosed) {
  append("payload");
  Batch batch;
  batch.append(*stream_, "payload");
  ASSERT_TRUE(ok(store_->close()));
  expect_closed(*stream_);
  EXPECT_TRUE(fails_with(ErrorCode::closed, store_->log("stream")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, store_->commit(batch)));
  store_.reset();
  expect_closed(*stream_);
}

TEST_P(Log, HandlesOutliveAReleasedStoreAndAnswerClosed) {
  append("payload");
  kill();
  expect_closed(*stream_);
  auto copy = *stream_;
  expect_closed(copy);
}

TEST_P(Log, TicketsOutliveTheStore) {
  std::optional<Ticket> ticket;
  {
    auto appended = stream_->append_async("payload");
    ASSERT_TRUE(ok(appended));
    ticket.emplace(std::move(*appended));
  }
  close();
  stream_.reset();
  EXPECT_TRUE(is_id(1, ticket->wait()));
}

}  // namespace
}  // namespace holdfast::log_suites
