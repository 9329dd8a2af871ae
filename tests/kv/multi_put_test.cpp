#include "kv_suites.hpp"

#include <vector>

namespace holdfast::kv_suites {
namespace {

TEST_P(Kv, MultiPutStoresAllEntries) {
  put("b", "old");
  const std::string large = some_value(300'000);
  const std::vector<KvEntry> entries{{"a", "a's"}, {"b", ""}, {"large", large}};
  ASSERT_TRUE(ok(space_->multi_put(entries)));
  EXPECT_TRUE(holds(*space_, "a", "a's"));
  EXPECT_TRUE(holds(*space_, "b", ""));
  EXPECT_TRUE(holds(*space_, "large", large));
  EXPECT_TRUE(has_size(*space_, 3));
}

TEST_P(Kv, MultiPutOfOneKeyTwiceKeepsTheLast) {
  const std::vector<KvEntry> entries{{"a", "1"}, {"b", "2"}, {"a", "3"}, {"c", "4"}, {"a", "5"}};
  ASSERT_TRUE(ok(space_->multi_put(entries, kBuffered)));
  EXPECT_TRUE(holds(*space_, "a", "5"));
  EXPECT_TRUE(holds(*space_, "b", "2"));
  EXPECT_TRUE(has_size(*space_, 3));
}

TEST_P(Kv, MultiPutOfNothingDoesNothing) {
  ASSERT_TRUE(ok(space_->multi_put({})));
  EXPECT_TRUE(has_size(*space_, 0));
}

TEST_P(Kv, MultiPutWithAnEntryThatDoesNotFitChangesNothing) {
  const std::string too_long(65'536, 'k');
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument,
                         space_->multi_put(std::vector<KvEntry>{{"a", "value"}, {"", "value"}})));
  EXPECT_TRUE(
      fails_with(ErrorCode::too_large, space_->multi_put(std::vector<KvEntry>{{"a", "value"}, {too_long, ""}})));
  EXPECT_TRUE(has_size(*space_, 0));
}

TEST_P(Kv, MultiPutWithoutRoomChangesNothing) {
  put("b", "old");
  const std::string huge = some_value(kTestMaxSizeBytes);
  EXPECT_TRUE(fails_with(ErrorCode::no_space,
                         space_->multi_put(std::vector<KvEntry>{{"a", "new"}, {"b", "new"}, {"c", huge}})));
  EXPECT_TRUE(is_absent(*space_, "a"));
  EXPECT_TRUE(holds(*space_, "b", "old"));
  EXPECT_TRUE(says(true, space_->erase("b")));  // nothing is pending
}

TEST_P(KvReopen, WhatMultiPutHasStoredIsThereAfterAKill) {
  std::vector<std::string> keys;
  for (int i = 0; i < 300; ++i) keys.push_back("key " + std::to_string(i));
  std::vector<KvEntry> entries;
  for (const std::string& key : keys) entries.push_back({key, key});
  ASSERT_TRUE(ok(space_->multi_put(entries)));
  reopen_after_kill();
  for (const std::string& key : keys) ASSERT_TRUE(holds(*space_, key, key));
  EXPECT_TRUE(has_size(*space_, keys.size()));
}

}  // namespace
}  // namespace holdfast::kv_suites
