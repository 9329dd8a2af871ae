#include "kv_suites.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace holdfast::kv_suites {
namespace {

using Values = std::vector<std::optional<std::string>>;

TEST_P(Kv, MultiGetAnswersInTheOrderOfItsKeys) {
  put("a", "a's");
  put("b", "");
  put("erased", "value");
  ASSERT_TRUE(ok(space_->erase("erased")));
  const std::vector<std::string_view> keys{"b", "absent", "a", "erased", "a"};
  const auto values = space_->multi_get(keys);
  ASSERT_TRUE(ok(values));
  EXPECT_EQ(*values, (Values{"", std::nullopt, "a's", std::nullopt, "a's"}));
}

TEST_P(Kv, MultiGetOfNoKeysAnswersNone) {
  const auto values = space_->multi_get({});
  ASSERT_TRUE(ok(values));
  EXPECT_TRUE(values->empty());
}

TEST_P(Kv, MultiGetTakesAnyNumberOfKeysAndSizes) {
  constexpr int kKeys = 200;
  std::vector<std::string> keys;
  Values expected;
  for (int i = 0; i < kKeys; ++i) {
    keys.push_back("key " + std::to_string(i));
    expected.push_back(i % 5 == 0 ? std::nullopt
                                  : std::optional(some_value(i % 40 == 1 ? 100'000 : static_cast<std::size_t>(i) * 10)));
    if (expected.back()) put(keys.back(), *expected.back());
  }
  for (const int count : {1, 2, 15, 16, 17, 33, kKeys}) {
    const std::vector<std::string_view> views(keys.begin(), keys.begin() + count);
    const auto values = space_->multi_get(views);
    ASSERT_TRUE(ok(values));
    EXPECT_TRUE(std::equal(values->begin(), values->end(), expected.begin(), expected.begin() + count)) << count;
  }
}

TEST_P(Kv, MultiGetAnswersTheErrorOfTheFirstKeyThatFails) {
  put("key", "value");
  const std::string too_long(65'536, 'k');
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument,
                         space_->multi_get(std::vector<std::string_view>{"key", "", too_long})));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, space_->multi_get(std::vector<std::string_view>{too_long, "", "key"})));
}

// Each key's values count up: no read may go back behind what was acknowledged before it, or beyond what was begun.
TEST_P(Kv, MultiGetOfKeysThatChangeAnswersAsGetWould) {
  constexpr std::size_t kKeys = 20;
  const auto value_of = [](int version) {
    return std::to_string(version) + " " + std::string(version % 9 == 8 ? 20'000 : 10, 'v');
  };
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < kKeys; ++i) keys.push_back("key " + std::to_string(i));
  std::vector<std::atomic<int>> acknowledged(kKeys);
  std::vector<std::atomic<int>> begun(kKeys);
  std::thread writer([&] {
    for (int version = 1; version <= 60; ++version)
      for (std::size_t i = 0; i < kKeys; ++i) {
        begun[i] = version;
        EXPECT_TRUE(ok(space_->put(keys[i], value_of(version), kBuffered)));
        acknowledged[i] = version;
      }
  });
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  while (acknowledged.back() < 60) {
    std::vector<int> least(acknowledged.begin(), acknowledged.end());
    const auto values = space_->multi_get(views);
    ASSERT_TRUE(ok(values));
    for (std::size_t i = 0; i < kKeys; ++i) {
      const int seen = (*values)[i] ? std::stoi(*(*values)[i]) : 0;
      ASSERT_GE(seen, least[i]);
      ASSERT_LE(seen, begun[i]);
      if (seen != 0) {
        ASSERT_EQ(*(*values)[i], value_of(seen));
      }
    }
  }
  writer.join();
}

}  // namespace
}  // namespace holdfast::kv_suites
