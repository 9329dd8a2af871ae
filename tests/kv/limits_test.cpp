#include "kv_suites.hpp"

namespace holdfast::kv_suites {
namespace {

/// Bytes that claim a size and are not there: whoever reads them dies.
std::string_view unreadable(std::uint64_t size_bytes) {
  return {reinterpret_cast<const char*>(std::uintptr_t{64}), size_bytes};
}

TEST_P(Kv, AnEmptyKeyIsInvalidEverywhere) {
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->put("", "value")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->get("")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->erase("")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->contains("")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->compare_and_set("", std::nullopt, "value")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->put_if_absent("", "value")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->exchange("", "value")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->update("", [](auto) { return "value"; })));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->add("", 1)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->get_into("", {})));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->view("")));
  EXPECT_TRUE(has_size(*space_, 0));
}

TEST_P(Kv, TheSmallestAndTheLargestKeyWork) {
  const std::string largest = some_value(65'535);
  ASSERT_TRUE(ok(space_->put("k", "smallest")));
  ASSERT_TRUE(ok(space_->put(largest, "largest")));
  EXPECT_TRUE(holds(*space_, "k", "smallest"));
  EXPECT_TRUE(holds(*space_, largest, "largest"));
  EXPECT_TRUE(is_absent(*space_, some_value(65'534)));
  EXPECT_TRUE(says(true, space_->erase(largest)));
  EXPECT_TRUE(is_absent(*space_, largest));
}

TEST_P(Kv, TheLargestKeyTakesValuesOfEverySize) {
  const std::string key = some_value(65'535);
  for (const std::size_t size : {0, 1, 4'095, 4'096, 70'000, 300'000}) {
    ASSERT_TRUE(ok(space_->put(key, some_value(size, 1))));
    EXPECT_TRUE(holds(*space_, key, some_value(size, 1)));
  }
  EXPECT_TRUE(has_size(*space_, 1));
}

TEST_P(Kv, AKeyOf65536BytesIsTooLargeEverywhere) {
  const std::string_view key = unreadable(65'536);
  for (const Error& error :
       {space_->put(key, "value").error(), space_->get(key).error(), space_->erase(key).error(),
        space_->contains(key).error(), space_->compare_and_set(key, {}, "value").error(),
        space_->put_if_absent(key, "value").error(), space_->exchange(key, "value").error(),
        space_->add(key, 1).error(), space_->get_into(key, {}).error(), space_->view(key).error(),
        space_->multi_get(std::vector{key}).error(), space_->multi_put(std::vector<KvEntry>{{key, "value"}}).error(),
        space_->put_async(key, "value").error(), space_->erase_async(key).error()}) {
    EXPECT_EQ(error.code, ErrorCode::too_large);
    EXPECT_EQ(error.expected, "at most 65535 bytes");
    EXPECT_EQ(error.found, "65536");
  }
}

TEST_P(Kv, AValueBeyondFourGibibytesIsTooLargeAndNotRead) {
  for (const std::uint64_t size : {std::uint64_t{1} << 32, ~std::uint64_t{0} >> 1}) {
    const auto put = space_->put("key", unreadable(size));
    ASSERT_TRUE(fails_with(ErrorCode::too_large, put));
    EXPECT_EQ(put.error().expected, "at most 4294967295 bytes");
    EXPECT_EQ(put.error().found, std::to_string(size));
    EXPECT_TRUE(
        fails_with(ErrorCode::too_large, space_->compare_and_set("key", std::nullopt, unreadable(size))));
    EXPECT_TRUE(fails_with(ErrorCode::too_large, space_->put_if_absent("key", unreadable(size))));
    EXPECT_TRUE(fails_with(ErrorCode::too_large, space_->exchange("key", unreadable(size))));
    EXPECT_TRUE(fails_with(ErrorCode::too_large, space_->put_async("key", unreadable(size))));
    EXPECT_TRUE(
        fails_with(ErrorCode::too_large, space_->multi_put(std::vector<KvEntry>{{"key", unreadable(size)}})));
  }
  EXPECT_TRUE(is_absent(*space_, "key"));
}

TEST_P(Kv, AnExpectedValueThatCannotBeIsNotRead) {
  ASSERT_TRUE(ok(space_->put("key", "value")));
  EXPECT_TRUE(says(false, space_->compare_and_set("key", unreadable(std::uint64_t{1} << 33), "new")));
}

TEST_P(Kv, AnEmptyValueIsAValue) {
  ASSERT_TRUE(ok(space_->put("key", "")));
  EXPECT_TRUE(holds(*space_, "key", ""));
  EXPECT_TRUE(has_size(*space_, 1));
}

TEST_P(Kv, ValuesOfEverySizeAroundTheLimitsOfRecords) {
  // A quarter of a segment decides what gets extents of its own; 16 KiB what is borrowed.
  for (const std::size_t base : {1'024, 4'096, 16'384, 16'384 - 48, 65'536, 65'536 - 192})
    for (const std::size_t size : {base - 9, base - 8, base - 1, base, base + 1, base + 8}) {
      ASSERT_TRUE(ok(space_->put("key", some_value(size), kBuffered)));
      EXPECT_TRUE(holds(*space_, "key", some_value(size)));
    }
}

TEST_P(Kv, AValueLargerThan64MebibytesIsStoredWhole) {
  const std::string value = some_value((std::size_t{64} << 20) + 1);
  ASSERT_TRUE(ok(space_->put("key", value)));
  EXPECT_TRUE(holds(*space_, "key", value));
  EXPECT_TRUE(has_size(*space_, 1));
}

}  // namespace
}  // namespace holdfast::kv_suites
