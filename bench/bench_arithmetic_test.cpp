#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "histogram.hpp"
#include "records.hpp"
#include "zipf.hpp"

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

TEST(BenchZipf, NumbersComeInProportion) {
  constexpr std::uint64_t kCount = 1'000;
  constexpr std::uint64_t kDraws = 200'000;
  const Zipf zipf(kCount, 0.99);
  std::vector<std::uint64_t> seen(kCount);
  double sum = 0;
  for (std::uint64_t k = 1; k <= kCount; ++k) sum += 1 / std::pow(static_cast<double>(k), 0.99);
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const std::uint64_t number = zipf(mix(i));
    ASSERT_LT(number, kCount);
    ++seen[number];
  }
  for (const std::uint64_t k : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{10}, std::uint64_t{100}}) {
    const double expected = kDraws / sum / std::pow(static_cast<double>(k), 0.99);
    EXPECT_NEAR(static_cast<double>(seen[k - 1]), expected, expected / 5) << k;
  }
}

TEST(BenchZipf, ZeroMakesAllAlike) {
  const Zipf uniform(10, 0);
  std::vector<std::uint64_t> seen(10);
  for (std::uint64_t i = 0; i < 10'000; ++i) ++seen[uniform(mix(i))];
  for (const std::uint64_t count : seen) EXPECT_NEAR(static_cast<double>(count), 1'000.0, 150.0);
}

TEST(BenchZipf, SmallCountsHaveTheirNumbers) {
  for (const std::uint64_t count : {1u, 2u, 3u, 4u}) {
    const ZipfKeys keys(count, 0.99, 7);
    std::set<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < 1'000; ++i) seen.insert(keys(i));
    EXPECT_EQ(seen.size(), count);
    EXPECT_EQ(*seen.rbegin(), count - 1);
  }
}

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
