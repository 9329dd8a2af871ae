#include "common/base/random.hpp"

#include <gtest/gtest.h>

#include <set>

#include "contract/storage_test_support.hpp"

namespace holdfast {
namespace {

TEST(Random, NumbersDiffer) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 100; ++i) {
    const auto number = random_u64();
    ASSERT_TRUE(ok(number));
    EXPECT_TRUE(seen.insert(*number).second);
  }
}

TEST(Uuid, IsOfVersionFour) {
  for (int i = 0; i < 100; ++i) {
    const auto uuid = random_uuid();
    ASSERT_TRUE(ok(uuid));
    EXPECT_EQ((*uuid)[6] >> 4, 4);
    EXPECT_EQ((*uuid)[8] >> 6, 2);
  }
}

TEST(Uuid, IsWrittenInFiveGroups) {
  Uuid uuid;
  for (std::size_t i = 0; i < uuid.size(); ++i) uuid[i] = static_cast<std::uint8_t>(i * 17);
  EXPECT_EQ(to_string(uuid), "00112233-4455-6677-8899-aabbccddeeff");
}

}  // namespace
}  // namespace holdfast
