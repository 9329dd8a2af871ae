#include "log_suites.hpp"

namespace holdfast::log_suites {
namespace {

TEST_P(Log, AStreamIsCreatedOrOpenedAsItsModeSays) {
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->log("new", {.mode = OpenMode::existing})));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->log("new", {.mode = OpenMode::read_only})));
  EXPECT_TRUE(fails_with(ErrorCode::exists, store_->log("stream", {.mode = OpenMode::create})));
  EXPECT_EQ(store_->spaces()->size(), 1u);
  EXPECT_TRUE(ok(store_->log("stream", {.mode = OpenMode::existing})));
  EXPECT_TRUE(ok(store_->log("new", {.mode = OpenMode::create})));
}

TEST_P(Log, ANameBelongsToOneKindOfSpace) {
  ASSERT_TRUE(ok(store_->kv("keys")));
  const auto as_log = store_->log("keys");
  ASSERT_TRUE(fails_with(ErrorCode::exists, as_log));
  EXPECT_EQ(as_log.error().message, "the name belongs to a space of kind kv");
  const auto as_kv = store_->kv("stream");
  ASSERT_TRUE(fails_with(ErrorCode::exists, as_kv));
  EXPECT_EQ(as_kv.error().message, "the name belongs to a space of kind log");
  const auto spaces = store_->spaces();
  ASSERT_TRUE(ok(spaces));
  ASSERT_EQ(spaces->size(), 2u);
  EXPECT_EQ(spaces->back().name, "stream");
  EXPECT_EQ(spaces->back().kind, SpaceKind::log);
}

/// Opened read-only on what a writer has left.
class ReadOnlyLog : public LogReopen {
 protected:
  void open_read_only() {
    options_.mode = OpenMode::read_only;
    stream_.reset();
    open();
  }
};
INSTANTIATE_TEST_SUITE_P(, ReadOnlyLog, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

TEST_P(ReadOnlyLog, EveryAppendIsRefusedAndReadsGoOn) {
  append("payload");
  close();
  open_read_only();
  const std::vector<std::string_view> payloads{"a", "b"};
  EXPECT_TRUE(fails_with(ErrorCode::read_only, stream_->append("payload")));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, stream_->append_batch(payloads)));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, stream_->append_async("payload")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->log("new")));
  Batch batch;
  batch.append(*stream_, "payload");
  EXPECT_TRUE(fails_with(ErrorCode::read_only, store_->commit(batch)));
  EXPECT_TRUE(holds_all(*stream_, payloads_));
  EXPECT_TRUE(ok(store_->close()));
}

TEST_P(ReadOnlyLog, ACrashedStoreIsReadAsItIs) {
  for (unsigned i = 0; i < 500; ++i) append(some_value(200, i));
  append(some_value(300'000));
  kill();
  open_read_only();
  EXPECT_FALSE(store_->recovery().clean_close);
  EXPECT_TRUE(holds_all(*stream_, payloads_));
  EXPECT_TRUE(store_->verify()->damage.empty());
}

}  // namespace
}  // namespace holdfast::log_suites
