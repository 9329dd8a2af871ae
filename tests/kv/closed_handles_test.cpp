#include "kv_suites.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace holdfast::kv_suites {
namespace {

void expect_closed(holdfast::Kv& space) {
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.put("key", "value")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.get("key")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.erase("key")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.contains("key")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.compare_and_set("key", {}, "value")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.put_if_absent("key", "value")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.exchange("key", "value")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.update("key", [](auto) { return "value"; })));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.add("key", 1)));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.put_async("key", "value")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.erase_async("key")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.get_into("key", {})));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.view("key")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.multi_get(std::vector<std::string_view>{"key"})));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.multi_get({})));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.multi_put(std::vector<KvEntry>{{"key", "value"}})));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.multi_put({})));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space.size()));
  EXPECT_TRUE(
      fails_with(ErrorCode::closed, space.scan("", [](std::string_view, std::string_view) { return true; })));
  EXPECT_EQ(space.name(), "space");
}

TEST_P(Kv, HandlesOutliveAClosedStoreAndAnswerClosed) {
  put("key", "value");
  ASSERT_TRUE(ok(store_->close()));
  expect_closed(*space_);
  store_.reset();
  expect_closed(*space_);
}

TEST_P(Kv, HandlesOutliveAReleasedStoreAndAnswerClosed) {
  put("key", "value");
  kill();
  expect_closed(*space_);
  auto copy = *space_;
  expect_closed(copy);
}

TEST_P(Kv, AClosedStoreAnswersClosed) {
  Batch batch;
  batch.put(*space_, "key", "value");
  ASSERT_TRUE(ok(store_->close()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, store_->close()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, store_->sync()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, store_->kv("space")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, store_->commit(batch)));
  EXPECT_TRUE(fails_with(ErrorCode::closed, store_->spaces()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, store_->info()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, store_->verify()));
  EXPECT_EQ(store_->recovery().records, 0u);  // it lives as long as the store object
}

TEST_P(Kv, AStoreMayBeMoved) {
  put("key", "value");
  Store moved(std::move(*store_));
  store_.reset();
  EXPECT_TRUE(holds(*space_, "key", "value"));
  EXPECT_TRUE(ok(moved.close()));
}

TEST_P(KvReopen, AssigningAnotherStoreReleasesTheFirst) {
  put("key", "value");
  auto other = Store::open("", {.backend = Backend::memory, .size_bytes = kMiB});
  ASSERT_TRUE(ok(other));
  *store_ = std::move(*other);
  EXPECT_TRUE(fails_with(ErrorCode::closed, space_->get("key")));
  auto again = Store::open(directory_.store(), options_);
  ASSERT_TRUE(ok(again));
  auto space_again = again->kv("space");
  ASSERT_TRUE(ok(space_again));
  EXPECT_TRUE(holds(*space_again, "key", "value"));
}

TEST_P(KvReopen, ThreadsAtWorkAreAwaitedByCloseAndWhatWasAcknowledgedIsThere) {
  std::atomic<bool> started{false};
  std::vector<int> acknowledged(4);
  std::vector<std::thread> writers;
  for (std::size_t writer = 0; writer < acknowledged.size(); ++writer)
    writers.emplace_back([&, writer] {
      for (int i = 0;; ++i) {
        const auto put = space_->put(std::to_string(writer) + "/" + std::to_string(i), "value", kBuffered);
        if (!put) {
          EXPECT_EQ(put.error().code, ErrorCode::closed);
          return;
        }
        acknowledged[writer] = i + 1;
        started = true;
      }
    });
  while (!started) std::this_thread::yield();
  ASSERT_TRUE(ok(store_->close()));
  for (std::thread& writer : writers) writer.join();
  store_.reset();
  open();
  std::uint64_t sum = 0;
  for (std::size_t writer = 0; writer < acknowledged.size(); ++writer) {
    sum += static_cast<std::uint64_t>(acknowledged[writer]);
    for (int i = 0; i < acknowledged[writer]; ++i)
      ASSERT_TRUE(holds(*space_, std::to_string(writer) + "/" + std::to_string(i), "value"));
  }
  EXPECT_TRUE(has_size(*space_, sum));
  EXPECT_TRUE(store_->recovery().clean_close);
}

}  // namespace
}  // namespace holdfast::kv_suites
