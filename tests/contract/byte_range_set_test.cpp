#include "testing/byte_range_set.hpp"

#include <gtest/gtest.h>

#include <bitset>
#include <limits>
#include <random>

namespace holdfast::testing {
namespace {

TEST(ByteRangeSet, AgreesWithABitPerByte) {
  constexpr std::uint64_t kBytes = 64;
  std::mt19937 random(12'345);
  ByteRangeSet set;
  std::bitset<kBytes> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t offset = random() % kBytes;
    const std::uint64_t size = random() % (kBytes - offset + 1);
    const bool adds = random() % 2 == 0;
    if (adds) set.add({offset, size});
    if (!adds) set.subtract({offset, size});
    for (std::uint64_t i = offset; i < offset + size; ++i) model[i] = adds;
    const std::uint64_t begin = random() % kBytes;
    const std::uint64_t length = random() % (kBytes - begin + 1);
    bool all = true;
    for (std::uint64_t i = begin; i < begin + length; ++i) all = all && model[i];
    ASSERT_EQ(set.contains({begin, length}), all) << "step " << step;
    ASSERT_EQ(set.empty(), model.none()) << "step " << step;
  }
}

TEST(ByteRangeSet, ARangeBeyondTheNumbersEndsWithThem) {
  const std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  ByteRangeSet set;
  set.add({10, 10});
  set.subtract({last - 5, 100});
  EXPECT_TRUE(set.contains({10, 10}));
  set.subtract({15, last});
  EXPECT_TRUE(set.contains({10, 5}));
  EXPECT_FALSE(set.contains({15, 1}));
}

TEST(ByteRangeSet, TakesAndGivesWholeSets) {
  ByteRangeSet set;
  ByteRangeSet other;
  other.add({0, 4});
  other.add({8, 4});
  set.add({4, 4});
  set.add(other);
  EXPECT_TRUE(set.contains({0, 12}));
  set.subtract(other);
  EXPECT_TRUE(set.contains({4, 4}));
  EXPECT_FALSE(set.contains({3, 1}));
  EXPECT_FALSE(set.contains({8, 1}));
}

}  // namespace
}  // namespace holdfast::testing
