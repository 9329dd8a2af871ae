#include "kv_suites.hpp"

#include <array>

namespace holdfast::kv_suites {
namespace {

/// Whether the value has that size, and the buffer its begin and nothing else.
[[nodiscard]] ::testing::AssertionResult gets_into(const holdfast::Kv& space, std::string_view key,
                                                   std::size_t buffer_size, std::string_view value) {
  std::string buffer(buffer_size + 8, '#');
  const auto size = space.get_into(key, std::span(buffer).first(buffer_size));
  if (!size) return ok(size);
  if (!*size) return ::testing::AssertionFailure() << shown(key) << " is absent";
  if (**size != value.size()) return ::testing::AssertionFailure() << **size << " instead of " << value.size();
  const std::size_t copied = std::min(buffer_size, value.size());
  if (buffer == std::string(value.substr(0, copied)) + std::string(buffer.size() - copied, '#'))
    return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "the buffer holds " << shown(buffer);
}

TEST_P(Kv, GetIntoCopiesAsFarAsTheBufferReaches) {
  put("key", "some value");
  for (const std::size_t size : {0, 1, 4, 9, 10, 11, 100}) EXPECT_TRUE(gets_into(*space_, "key", size, "some value"));
}

TEST_P(Kv, GetIntoTellsAnEmptyValueFromAnAbsentKey) {
  put("empty", "");
  EXPECT_TRUE(gets_into(*space_, "empty", 10, ""));
  std::array<char, 4> buffer{'#', '#', '#', '#'};
  const auto absent = space_->get_into("absent", buffer);
  ASSERT_TRUE(ok(absent));
  EXPECT_FALSE(absent->has_value());
  EXPECT_EQ(buffer, (std::array<char, 4>{'#', '#', '#', '#'}));
}

TEST_P(Kv, GetIntoGathersLargeValues) {
  const std::string value = some_value(300'000);
  put("key", value);
  for (const std::size_t size : {0, 10, 299'999, 300'000, 300'001})
    EXPECT_TRUE(gets_into(*space_, "key", size, value)) << size;
}

TEST_P(Kv, GetIntoFollowsEveryWrite) {
  put("key", "first");
  put("key", "second");
  EXPECT_TRUE(gets_into(*space_, "key", 10, "second"));
  ASSERT_TRUE(ok(space_->erase("key")));
  const auto absent = space_->get_into("key", {});
  ASSERT_TRUE(ok(absent));
  EXPECT_FALSE(absent->has_value());
}

}  // namespace
}  // namespace holdfast::kv_suites
