// A store that may not grow any more: every refusal is clean, and what frees space works.

#include "kv_suites.hpp"

#include <filesystem>
#include <map>

namespace holdfast::kv_suites {
namespace {

using Content = std::map<std::string, std::string>;

class FullStore : public KvTest {
 protected:
  void SetUp() override {
    options_.size_bytes = options_.max_size_bytes = kTestSizeBytes;
    options_.segment_size_bytes = 128 << 10;
    open();
  }

  /// Puts values of `size` until there is no room.
  void fill(std::size_t size) {
    for (unsigned i = 0;; ++i) {
      const std::string key = "key " + std::to_string(i);
      const auto stored = space_->put(key, some_value(size, i), kBuffered);
      if (!stored) {
        ASSERT_TRUE(fails_with(ErrorCode::no_space, stored));
        EXPECT_FALSE(stored.error().message.empty());
        return;
      }
      content_[key] = some_value(size, i);
    }
  }

  void expect_content() {
    EXPECT_TRUE(has_size(*space_, content_.size()));
    for (const auto& [key, value] : content_) ASSERT_TRUE(holds(*space_, key, value));
    Content scanned;
    EXPECT_TRUE(ok(space_->scan("", [&](std::string_view key, std::string_view value) {
      return scanned.emplace(key, value).second;
    })));
    EXPECT_EQ(scanned, content_);
    EXPECT_TRUE(store_->verify()->damage.empty());
  }

  Content content_;
};
INSTANTIATE_TEST_SUITE_P(, FullStore, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(FullStore, RefusesWhatDoesNotFitAndChangesNothing) {
  fill(2'000);
  ASSERT_GT(content_.size(), 3'000u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(fails_with(ErrorCode::no_space, space_->put("key 0", some_value(2'000, 99))));
    EXPECT_TRUE(fails_with(ErrorCode::no_space, space_->put("new", some_value(2'000))));
    EXPECT_TRUE(fails_with(ErrorCode::no_space,
                           space_->compare_and_set("key 0", content_["key 0"], some_value(2'000))));
    Batch batch;
    for (int op = 0; op < 100; ++op) batch.put(*space_, "key " + std::to_string(op), some_value(2'000, 99));
    EXPECT_TRUE(fails_with(ErrorCode::no_space, store_->commit(batch)));
  }
  expect_content();
}

TEST_P(FullStore, LatchesNothing) {
  fill(100'000);
  ASSERT_TRUE(ok(space_->erase("key 0")));
  content_.erase("key 0");
  ASSERT_TRUE(ok(space_->put("new", some_value(90'000))));
  content_["new"] = some_value(90'000);
  ASSERT_TRUE(ok(store_->sync()));
  expect_content();
}

TEST_P(FullStore, ClosesCleanly) {
  fill(2'000);
  EXPECT_TRUE(ok(store_->close()));
}

// Every round writes to the catalog, which has to move on when its segment is full.
TEST_P(FullStore, MayReplaceItsLargeValuesForEver) {
  fill(50'000);
  ASSERT_TRUE(says(true, space_->erase("key 0")));
  content_.erase("key 0");
  for (unsigned round = 0; round < 200; ++round) {
    const std::string key = "key " + std::to_string(1 + round % content_.size());
    ASSERT_TRUE(ok(space_->put(key, some_value(50'000, round), kBuffered))) << round;
    content_[key] = some_value(50'000, round);
  }
  expect_content();
}

TEST_P(FullStore, AMixedLoadOfLargeValuesNeverGetsStuck) {
  fill(40'000);
  std::size_t refused = 0;
  for (unsigned round = 0; round < 200; ++round) {
    const std::string key = "key " + std::to_string(round * 7 % 180);
    const std::string value = some_value(36'000 + round * 997 % 60'000, round);
    const auto stored = space_->put(key, value, round % 4 == 0 ? WriteOptions{} : kBuffered);
    if (stored) {
      content_[key] = value;
    } else {
      ASSERT_TRUE(fails_with(ErrorCode::no_space, stored));
      ++refused;
      ASSERT_TRUE(says(content_.erase(key) == 1, space_->erase(key, kBuffered)));
    }
  }
  EXPECT_GT(refused, 0u);
  expect_content();
}

class FullStoreReopened : public FullStore {};
INSTANTIATE_TEST_SUITE_P(, FullStoreReopened,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

TEST_P(FullStoreReopened, IsTheSameAfterAClose) {
  fill(3'000);
  close();
  open();
  expect_content();
}

TEST_P(FullStoreReopened, IsTheSameAfterAKillAndCanBeEmptied) {
  fill(60'000);
  kill();
  open();
  expect_content();
  while (content_.size() > 10) {
    ASSERT_TRUE(says(true, space_->erase(content_.begin()->first)));
    content_.erase(content_.begin());
  }
  ASSERT_TRUE(ok(space_->put("large", some_value(5 * kMiB))));
  content_["large"] = some_value(5 * kMiB);
  expect_content();
}

// Orphans of a killed session are freed at open, which takes a record in the catalog.
TEST_P(FullStoreReopened, OpensHoweverFullTheCatalogIs) {
  fill(50'000);
  for (unsigned round = 0; round < 100; ++round) {
    const std::string key = "key " + std::to_string(round);
    ASSERT_TRUE(says(true, space_->erase(key, kBuffered)));
    ASSERT_TRUE(ok(space_->put(key, some_value(50'000, round), kBuffered)));
    content_[key] = some_value(50'000, round);
    if (round % 10 != 0) continue;
    kill();
    ASSERT_NO_FATAL_FAILURE(open());
  }
  expect_content();
}

TEST_P(FullStoreReopened, GoesOnWhenItMayGrowAgain) {
  fill(2'000);
  close();
  options_.max_size_bytes = 4 * kTestSizeBytes;
  open();
  ASSERT_TRUE(ok(space_->put("new", some_value(10'000))));
  content_["new"] = some_value(10'000);
  expect_content();
}

}  // namespace
}  // namespace holdfast::kv_suites
