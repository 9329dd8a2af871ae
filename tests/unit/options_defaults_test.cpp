// The numbers that the public headers document, written out. Each structure is taken apart by its number
// of fields: a new option without a line here does not compile.

#include <holdfast/holdfast.hpp>

#include <gtest/gtest.h>

#include "common/format/layout.hpp"

namespace holdfast {
namespace {

constexpr std::uint64_t kMebibyte = 1'048'576;

TEST(Defaults, OfAStore) {
  const auto [backend, mode, size_bytes, max_size_bytes, segment_size_bytes, emulate_pmem, interval_ms,
              interval_bytes, async_bytes_max, recovery_threads, sigbus_guard] = Options{};
  EXPECT_EQ(backend, Backend::automatic);
  EXPECT_EQ(mode, OpenMode::open_or_create);
  EXPECT_EQ(size_bytes, 64 * kMebibyte);
  EXPECT_EQ(max_size_bytes, 256 * 1024 * kMebibyte);
  EXPECT_EQ(segment_size_bytes, 2 * kMebibyte);
  EXPECT_FALSE(emulate_pmem);
  EXPECT_EQ(interval_ms, 100u);
  EXPECT_EQ(interval_bytes, 8 * kMebibyte);
  EXPECT_EQ(async_bytes_max, 16 * kMebibyte);
  EXPECT_EQ(recovery_threads, 0u);
  EXPECT_FALSE(sigbus_guard);
}

TEST(Defaults, OfAKeyValueSpace) {
  const auto [mode, durability, verify_on_read, expected_keys] = KvOptions{};
  EXPECT_EQ(mode, OpenMode::open_or_create);
  EXPECT_EQ(durability, Durability::immediate);
  EXPECT_TRUE(verify_on_read);
  EXPECT_EQ(expected_keys, 0u);
}

TEST(Defaults, OfALogStream) {
  const auto [mode, durability, verify_on_read] = LogOptions{};
  EXPECT_EQ(mode, OpenMode::open_or_create);
  EXPECT_EQ(durability, Durability::immediate);
  EXPECT_TRUE(verify_on_read);
}

TEST(Defaults, OfARegion) {
  const auto [mode, durability, size_bytes_max] = RegionOptions{};
  EXPECT_EQ(mode, OpenMode::open_or_create);
  EXPECT_EQ(durability, Durability::buffered);
  EXPECT_EQ(size_bytes_max, 1024 * 1024 * kMebibyte);
}

TEST(Defaults, OfAWrite) {
  const auto [durability] = WriteOptions{};
  EXPECT_FALSE(durability.has_value());
}

TEST(Limits, AreTheDocumentedOnes) {
  EXPECT_EQ(kKeySizeBytesMax, 65'535u);
  EXPECT_EQ(kValueSizeBytesMax, 4'294'967'295u);
  EXPECT_EQ(kNameSizeBytesMax, 255u);
  EXPECT_EQ(kExpectedKeysMax, std::uint64_t{1} << 40);
  EXPECT_EQ(kSegmentSizeBytesMin, 65'536u);
  EXPECT_EQ(kSegmentSizeBytesMax, 64 * kMebibyte);
}

TEST(Enums, RiseFromStrictToLax) {
  EXPECT_LT(Durability::immediate, Durability::interval);
  EXPECT_LT(Durability::interval, Durability::buffered);
}

}  // namespace
}  // namespace holdfast
