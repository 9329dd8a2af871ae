#include "common/engine/value_parts.hpp"

#include <gtest/gtest.h>

#include "contract/storage_test_support.hpp"

namespace holdfast {
namespace {

constexpr std::uint64_t kSecret = 5;

TEST(ValueParts, ProveTheirBytes) {
  auto bytes = pattern(5'000, 1);
  const ValuePartDisk part = make_value_part(kSecret, 9, bytes);
  EXPECT_EQ(part.segment_id, 9u);
  EXPECT_EQ(part.size_bytes, 5'000u);
  EXPECT_TRUE(value_part_matches(part, kSecret, bytes));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= std::byte{1};
    ASSERT_FALSE(value_part_matches(part, kSecret, bytes)) << i;
    bytes[i] ^= std::byte{1};
  }
}

TEST(ValueParts, OfAnotherSegmentOrStoreAreRefused) {
  const auto bytes = pattern(100, 1);
  ValuePartDisk part = make_value_part(kSecret, 9, bytes);
  EXPECT_FALSE(value_part_matches(part, kSecret + 1, bytes));
  part.segment_id = 10;
  EXPECT_FALSE(value_part_matches(part, kSecret, bytes));
}

TEST(ValueParts, TheListComesBackAsItWas) {
  const auto bytes = pattern(300, 1);
  const std::vector<ValuePartDisk> parts{make_value_part(kSecret, 1, bytes), make_value_part(kSecret, 2, {}),
                                         make_value_part(kSecret, 3, bytes)};
  const auto decoded = decode_value_parts(encode_value_parts(parts));
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*decoded)[i].segment_id, parts[i].segment_id);
    EXPECT_EQ((*decoded)[i].size_bytes, parts[i].size_bytes);
    EXPECT_EQ((*decoded)[i].check, parts[i].check);
  }
}

TEST(ValueParts, AreFoundBehindATimeOfExpiry) {
  const std::string list = encode_value_parts({{.segment_id = 4, .size_bytes = 5, .check = 6}});
  const ExpiryDisk expiry{.time_us = 77};
  const std::string expiring = std::string(reinterpret_cast<const char*>(&expiry), sizeof expiry) + list;
  EXPECT_FALSE(value_parts_of(0, list));
  ASSERT_TRUE(value_parts_of(kRecordFlagValueParts, list));
  EXPECT_FALSE(value_parts_of(kRecordFlagValueParts, expiring));
  EXPECT_FALSE(value_parts_of(kRecordFlagValueParts | kRecordFlagExpires, list));
  const auto parts = value_parts_of(kRecordFlagValueParts | kRecordFlagExpires, expiring);
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 1u);
  EXPECT_EQ(parts->front().segment_id, 4u);
}

TEST(ValueParts, ATimeOfExpiryIsTakenFromAPayloadThatHasOne) {
  const auto payload_of = [](std::uint64_t time_us) {
    const ExpiryDisk expiry{.time_us = time_us};
    return std::string(reinterpret_cast<const char*>(&expiry), sizeof expiry) + "value";
  };
  const std::string expiring = payload_of(kTimeUsMax);
  const auto without = take_expiry(0, expiring);
  ASSERT_TRUE(without);
  EXPECT_FALSE(without->expires_us);
  EXPECT_EQ(without->rest, expiring);
  const auto taken = take_expiry(kRecordFlagExpires, expiring);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->expires_us, kTimeUsMax);
  EXPECT_EQ(taken->rest, "value");
  EXPECT_FALSE(take_expiry(kRecordFlagExpires, payload_of(kTimeUsMax + 1)));
  for (std::size_t size = 0; size < sizeof(ExpiryDisk); ++size)
    EXPECT_FALSE(take_expiry(kRecordFlagExpires, std::string_view(expiring).substr(0, size)));
}

TEST(ValueParts, WhatIsNoListIsRefused) {
  EXPECT_FALSE(decode_value_parts(""));
  for (std::size_t size = 1; size < 3 * sizeof(ValuePartDisk); ++size)
    EXPECT_EQ(decode_value_parts(std::string(size, 'x')).has_value(), size % sizeof(ValuePartDisk) == 0)
        << size;
}

}  // namespace
}  // namespace holdfast
