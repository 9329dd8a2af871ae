// A store that may not grow any more: an append that does not fit takes no id.

#include "log_suites.hpp"

namespace holdfast::log_suites {
namespace {

class FullLogStore : public LogTest {
 protected:
  void SetUp() override {
    options_.size_bytes = options_.max_size_bytes = 2 * kMiB;
    open();
  }

  void fill(std::size_t size) {
    for (unsigned i = 0;; ++i) {
      const std::string payload = some_value(size, i);
      const auto appended = stream_->append(payload, kBuffered);
      if (!appended) {
        ASSERT_TRUE(fails_with(ErrorCode::no_space, appended));
        return;
      }
      payloads_.push_back(payload);
      ASSERT_TRUE(is_id(payloads_.size(), appended));
    }
  }
};
INSTANTIATE_TEST_SUITE_P(, FullLogStore, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(FullLogStore, RefusesWhatDoesNotFitAndTakesNoId) {
  fill(3'000);
  ASSERT_GT(payloads_.size(), 300u);
  const std::string large = some_value(200'000);
  const std::string payload = some_value(3'000);
  const std::vector<std::string_view> payloads(30, payload);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(fails_with(ErrorCode::no_space, stream_->append(payload)));
    EXPECT_TRUE(fails_with(ErrorCode::no_space, stream_->append(large)));
    EXPECT_TRUE(fails_with(ErrorCode::no_space, stream_->append_batch(payloads)));
    for (const std::string& refused : {payload, large}) {
      const auto ticket = stream_->append_async(refused);
      ASSERT_TRUE(ok(ticket));
      EXPECT_TRUE(fails_with(ErrorCode::no_space, ticket->wait()));
    }
  }
  EXPECT_TRUE(holds_all(*stream_, payloads_));
  append("small");  // a little room is left, and its id is the next
  EXPECT_TRUE(holds_all(*stream_, payloads_));
  EXPECT_TRUE(ok(store_->sync()));
  EXPECT_TRUE(ok(store_->close()));
}

TEST_P(FullLogStore, ACommitThatDoesNotFitAppendsNothing) {
  auto users = store_->kv("users");
  ASSERT_TRUE(ok(users));
  ASSERT_TRUE(ok(users->put("key", "old")));
  fill(3'000);
  Batch batch;
  batch.put(*users, "key", "new");
  for (int i = 0; i < 30; ++i) batch.append(*stream_, some_value(3'000));
  EXPECT_TRUE(fails_with(ErrorCode::no_space, store_->commit(batch)));
  EXPECT_TRUE(holds(*users, "key", "old"));
  EXPECT_TRUE(holds_all(*stream_, payloads_));
}

TEST_P(FullLogStore, IsTheSameWhenItIsOpenedAgainAndGoesOnWhenItMayGrow) {
  if (!GetParam()->capabilities.has_path) return;
  fill(2'000);
  kill();
  open();
  EXPECT_TRUE(holds_all(*stream_, payloads_));
  close();
  options_.max_size_bytes = 2 * kTestSizeBytes;
  open();
  for (unsigned i = 0; i < 100; ++i) append(some_value(2'000, i));
  EXPECT_TRUE(holds_all(*stream_, payloads_));
}

}  // namespace
}  // namespace holdfast::log_suites
