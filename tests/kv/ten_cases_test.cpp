// What a store of this kind is known to get wrong, and must not.

#include <string>

#include "kv_suites.hpp"

namespace holdfast::kv_suites {
namespace {

class KvTenCases : public KvReopen {};
INSTANTIATE_TEST_SUITE_P(, KvTenCases, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

std::string key_of(unsigned number) {
  const std::string digits = std::to_string(number);
  return "key " + std::string(12 - digits.size(), '0') + digits;
}

std::string value_of(unsigned number) {
  const std::string digits = std::to_string(number);
  return digits + std::string(110 - digits.size(), static_cast<char>('a' + number % 26));
}

// A store that fills block after block must not stop reading at the room that is left over in the first one.
TEST_P(KvTenCases, EveryKeyIsThereBehindMoreThanTenMebibytesOfPuts) {
  constexpr unsigned kCount = 100'000;
  std::uint64_t put_bytes = 0;
  for (unsigned i = 0; i < kCount; ++i) {
    const std::string key = key_of(i);
    const std::string value = value_of(i);
    ASSERT_TRUE(ok(space_->put(key, value, kBuffered)));
    put_bytes += key.size() + value.size();
  }
  ASSERT_GT(put_bytes, 10 * kMiB);
  ASSERT_TRUE(ok(store_->sync()));
  const auto all_there = [&] {
    EXPECT_TRUE(has_size(*space_, kCount));
    for (unsigned i = 0; i < kCount; ++i) ASSERT_TRUE(holds(*space_, key_of(i), value_of(i)));
    EXPECT_TRUE(store_->recovery().damage.empty());
  };
  reopen_after_kill();
  all_there();
  // Values larger than a segment, between small ones, are no end of it either.
  for (unsigned i = 0; i < 20; ++i) {
    ASSERT_TRUE(ok(space_->put("large " + std::to_string(i), some_value(700'000, i), kBuffered)));
    ASSERT_TRUE(ok(space_->put(key_of(i), value_of(i), kBuffered)));
  }
  reopen_after_close();
  for (unsigned i = 0; i < 20; ++i)
    EXPECT_TRUE(holds(*space_, "large " + std::to_string(i), some_value(700'000, i)));
  EXPECT_TRUE(has_size(*space_, kCount + 20));
  for (unsigned i = 0; i < kCount; ++i) ASSERT_TRUE(holds(*space_, key_of(i), value_of(i)));
}

}  // namespace
}  // namespace holdfast::kv_suites
