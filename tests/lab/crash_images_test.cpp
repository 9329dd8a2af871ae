// The enumerator: which images a crash point gets, and that it exposes a protocol that lacks a drain.

#include <cstring>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <holdfast/testing/crash_images.hpp>
#include <holdfast/testing/crash_storage.hpp>

#include "crash_media.hpp"

namespace holdfast::testing {
namespace {

constexpr std::uint64_t kDataOffset = 0;
constexpr std::uint64_t kFlagOffset = 8192;

std::shared_ptr<CrashMedium> new_medium(MediumModel model) {
  return CrashMedium::create(
      {.model = model, .size_bytes = 64 << 10, .max_size_bytes = 128 << 10, .keeps_log = true});
}

/// Data first, then a flag that says the data is whole.
void publish(Storage& storage, bool drains_between) {
  ASSERT_TRUE(storage.write(kDataOffset, bytes_of(std::string(1500, 'd'))));
  if (drains_between) {
    ASSERT_TRUE(storage.drain());
  }
  ASSERT_TRUE(storage.write(kFlagOffset, bytes_of("whole")));
  ASSERT_TRUE(storage.drain());
}

/// Images in which the flag is there and the data is not.
std::uint64_t count_violations(const CrashMedium& medium) {
  std::uint64_t violations = 0;
  for_each_crash_image(medium, {}, [&](const CrashPoint&, const CrashImage& image) {
    const auto bytes = image.bytes();
    const bool flagged = std::memcmp(bytes.data() + kFlagOffset, "whole", 5) == 0;
    const std::string data(1500, 'd');
    if (flagged && std::memcmp(bytes.data() + kDataOffset, data.data(), data.size()) != 0) ++violations;
    return true;
  });
  return violations;
}

struct PointCount {
  std::uint64_t images = 0;
  std::set<std::uint64_t> distinct;
};

/// Images of the crash point behind `event_count` events.
PointCount count_images(const CrashMedium& medium, std::uint64_t event_count,
                        CrashImagesOptions options = {}) {
  PointCount count;
  options.first_point = options.last_point = event_count;
  for_each_crash_image(medium, options, [&](const CrashPoint&, const CrashImage& image) {
    ++count.images;
    const auto bytes = image.bytes();
    EXPECT_EQ(count.distinct.contains(image.hash), false) << "two images of one point are the same";
    count.distinct.insert(image.hash);
    return true;
  });
  return count;
}

class CrashImages : public ::testing::TestWithParam<MediumModel> {
 protected:
  std::shared_ptr<CrashMedium> medium_ = new_medium(GetParam());
  std::unique_ptr<CrashStorage> storage_ = std::move(*medium_->open());
  const std::uint64_t unit_ = GetParam() == MediumModel::cache_lines ? 64 : 512;
};

INSTANTIATE_TEST_SUITE_P(Lab, CrashImages, ::testing::Values(MediumModel::cache_lines, MediumModel::pages),
                         model_name);

TEST_P(CrashImages, ExposeAMissingDrain) {
  publish(*storage_, false);
  EXPECT_GT(count_violations(*medium_), 0u);
}

TEST_P(CrashImages, FindNothingWhereTheDrainIsThere) {
  publish(*storage_, true);
  EXPECT_EQ(count_violations(*medium_), 0u);
}

TEST_P(CrashImages, CoverEverySubsetOfFewUnits) {
  ASSERT_TRUE(storage_->write(0, bytes_of(std::string(unit_ * 5, 'x'))));
  EXPECT_EQ(count_images(*medium_, 0).distinct.size(), 1u);
  std::set<std::string> subsets;
  for_each_crash_image(
      *medium_, {.first_point = 1, .last_point = 1}, [&](const CrashPoint&, const CrashImage& image) {
        std::string subset;
        const auto bytes = image.bytes();
        for (std::uint64_t unit = 0; unit < 5; ++unit) {
          const bool there = bytes[unit * unit_] == std::byte{'x'};
          EXPECT_EQ(bytes[(unit + 1) * unit_ - 1] == std::byte{'x'}, there) << "a unit is never torn";
          subset += there ? '1' : '0';
        }
        subsets.insert(subset);
        return true;
      });
  EXPECT_EQ(subsets.size(), 32u);
}

TEST_P(CrashImages, OfManyUnitsAreNoneAllEachAllButEachAndRandom) {
  const std::uint64_t units = 100;
  ASSERT_TRUE(storage_->write(0, bytes_of(std::string(unit_ * units, 'x'))));
  std::uint64_t images = 0;
  std::uint64_t random = 0;
  for_each_crash_image(*medium_, {.first_point = 1, .last_point = 1},
                       [&](const CrashPoint& point, const CrashImage&) {
                         ++images;
                         if (point.subset.starts_with("random")) ++random;
                         return true;
                       });
  EXPECT_EQ(random, 64u);
  const std::uint64_t pages = GetParam() == MediumModel::pages ? 13 : 0;
  EXPECT_EQ(images, 2 + 2 * units + 2 * pages + 64);
}

TEST_P(CrashImages, ShowIntermediateVersions) {
  for (const char* version : {"1", "2", "3"}) ASSERT_TRUE(storage_->write(0, bytes_of(version)));
  ASSERT_TRUE(storage_->write(4096, bytes_of("o")));
  std::set<std::string> seen;
  for_each_crash_image(*medium_, {.first_point = 4, .last_point = 4},
                       [&](const CrashPoint&, const CrashImage& image) {
                         const auto bytes = image.bytes();
                         seen.insert({static_cast<char>(bytes[0]), static_cast<char>(bytes[4096])});
                         return true;
                       });
  for (const char version : {'\0', '1', '2', '3'})
    for (const char other : {'\0', 'o'}) EXPECT_TRUE(seen.contains({version, other})) << version << other;
}

TEST_P(CrashImages, ShowGrowthKeptAndLostUntilItReturns) {
  ASSERT_TRUE(storage_->write(0, bytes_of("x")));
  ASSERT_TRUE(storage_->grow(128 << 10));
  std::set<std::pair<std::uint64_t, bool>> seen;  // size, whether the write is there
  const auto look = [&](const CrashPoint&, const CrashImage& image) {
    const auto bytes = image.bytes();
    seen.emplace(bytes.size(), bytes[0] == std::byte{'x'});
    return true;
  };
  for_each_crash_image(*medium_, {.first_point = 2, .last_point = 2}, look);
  EXPECT_EQ(seen.size(), 4u);
  seen.clear();
  for_each_crash_image(*medium_, {.first_point = 3, .last_point = 3}, look);
  EXPECT_EQ(seen, (std::set<std::pair<std::uint64_t, bool>>{{128 << 10, false}, {128 << 10, true}}));
}

TEST_P(CrashImages, EqualHashMeansEqualBytes) {
  publish(*storage_, false);
  std::map<std::uint64_t, std::vector<std::byte>> by_hash;
  std::set<std::vector<std::byte>> distinct;
  for_each_crash_image(*medium_, {}, [&](const CrashPoint&, const CrashImage& image) {
    const auto [at, added] = by_hash.try_emplace(image.hash, image.bytes());
    EXPECT_TRUE(added || at->second == image.bytes());
    distinct.insert(image.bytes());
    return true;
  });
  EXPECT_EQ(by_hash.size(), distinct.size());
}

TEST_P(CrashImages, LimitKeepsNoneAndAll) {
  ASSERT_TRUE(storage_->write(0, bytes_of(std::string(unit_ * 9, 'x'))));
  std::vector<std::string> subsets;
  for_each_crash_image(*medium_, {.images_max = 8, .first_point = 1, .last_point = 1},
                       [&](const CrashPoint& point, const CrashImage&) {
                         subsets.emplace_back(point.subset);
                         return true;
                       });
  ASSERT_EQ(subsets.size(), 8u);
  EXPECT_EQ(subsets[0], "none");
  EXPECT_EQ(subsets[1], "all");
}

TEST_P(CrashImages, SameSeedMakesTheSameImagesOfOnePoint) {
  ASSERT_TRUE(storage_->write(0, bytes_of(std::string(unit_ * 30, 'x'))));
  const auto hashes = [&](std::uint64_t seed, std::uint64_t first_point) {
    std::vector<std::uint64_t> all;
    for_each_crash_image(*medium_, {.seed = seed, .first_point = first_point, .last_point = 1},
                         [&](const CrashPoint& point, const CrashImage& image) {
                           if (point.event_count == 1) all.push_back(image.hash);
                           return true;
                         });
    return all;
  };
  EXPECT_EQ(hashes(7, 0), hashes(7, 1));
  EXPECT_NE(hashes(7, 1), hashes(8, 1));
}

TEST_P(CrashImages, VisitorCanStop) {
  publish(*storage_, true);
  int visited = 0;
  for_each_crash_image(*medium_, {}, [&](const CrashPoint&, const CrashImage&) { return ++visited < 3; });
  EXPECT_EQ(visited, 3);
}

TEST(CrashImagesPages, ShowCommitTornBetweenSectors) {
  auto medium = new_medium(MediumModel::pages);
  auto storage = std::move(*medium->open());
  const std::string text(1024, 'x');
  const WriteRange range{512, bytes_of(text)};
  ASSERT_TRUE(storage->commit({&range, 1}));
  std::set<std::pair<bool, bool>> seen;
  for_each_crash_image(*medium, {.first_point = 1, .last_point = 1},
                       [&](const CrashPoint&, const CrashImage& image) {
                         const auto bytes = image.bytes();
                         seen.emplace(bytes[512] == std::byte{'x'}, bytes[1024] == std::byte{'x'});
                         return true;
                       });
  EXPECT_EQ(seen.size(), 4u);
  EXPECT_EQ(count_images(*medium, 2).images, 1u);
}

}  // namespace
}  // namespace holdfast::testing
