#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "histogram.hpp"
#include "records.hpp"

namespace holdfast::bench {
namespace {

TEST(BenchHistogram, PercentilesAreWithinTheBucketWidth) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 100'000; ++value) histogram.add(value);
  for (const double fraction : {0.1, 0.5, 0.99, 0.999}) {
    const double exact = fraction * 100'000;
    EXPECT_NEAR(static_cast<double>(histogram.percentile(fraction)), exact, exact / 64) << fraction;
  }
}

TEST(BenchHistogram, HoldsTheWholeRange) {
  Histogram histogram;
  histogram.add(0);
  EXPECT_EQ(histogram.percentile(0.5), 0u);
  histogram.merge(histogram);
  EXPECT_EQ(histogram.count(), 2u);
  Histogram large;
  large.add(~std::uint64_t{0});
  EXPECT_GT(large.percentile(0.5), ~std::uint64_t{0} / 64 * 62);
}

TEST(BenchHistogram, NothingAddedIsZero) { EXPECT_EQ(Histogram().percentile(0.5), 0u); }

TEST(BenchRecords, AnOrderHoldsEachNumberOnce) {
  for (const std::uint64_t count : {1u, 2u, 3u, 7u, 64u, 1000u, 4097u}) {
    const Permutation order(count, 7);
    std::vector<bool> seen(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t number = order(i);
      ASSERT_LT(number, count);
      ASSERT_FALSE(seen[number]) << "count " << count << " repeats " << number;
      seen[number] = true;
    }
  }
}

TEST(BenchRecords, AnOrderIsNotTheNaturalOneAndFollowsItsSeed) {
  const Permutation one(1000, 1);
  const Permutation two(1000, 2);
  int kept = 0;
  int same = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    kept += one(i) == i;
    same += one(i) == two(i);
  }
  EXPECT_LT(kept, 50);
  EXPECT_LT(same, 50);
}

TEST(BenchRecords, KeysDifferAtEverySize) {
  for (const std::size_t size : {8u, 11u, 16u, 100u}) {
    std::set<std::string> keys;
    std::string key(size, '\0');
    for (std::uint64_t id = 0; id < 10'000; ++id) {
      make_key(id, key);
      keys.insert(key);
    }
    EXPECT_EQ(keys.size(), 10'000u) << size;
  }
}

TEST(BenchRecords, ValuesTellKeysAndVersionsApart) {
  const Values values(100);
  int equal = 0;
  for (std::uint64_t id = 0; id < 1000; ++id) {
    EXPECT_EQ(values.of(id, 1), values.of(id, 1));
    EXPECT_EQ(values.of(id, 1).size(), 100u);
    equal += values.of(id, 0) == values.of(id, 1);
    equal += values.of(id, 0) == values.of(id + 1, 0);
  }
  EXPECT_LT(equal, 3);
}

}  // namespace
}  // namespace holdfast::bench
