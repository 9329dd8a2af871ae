// What one expects of named regions in one mapped file when many threads use them, and readers stay longer
// than what they read.

#include <atomic>

#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

constexpr unsigned kMappingThreads = 10;

class MappedRegionThreads : public RegionOn {};
INSTANTIATE_TEST_SUITE_P(, MappedRegionThreads, ::testing::ValuesIn(all_backends()), row_name);

std::string name_of(unsigned thread, unsigned number = 0) {
  return std::to_string(thread) + "/" + std::to_string(number);
}

TEST_P(MappedRegionThreads, TenThreadsCreateRegions) {
  in_threads(kMappingThreads, [&](unsigned thread) {
    for (unsigned i = 0; i < 10; ++i) {
      auto made = store_->region(name_of(thread, i), {.mode = OpenMode::create});
      ASSERT_TRUE(ok(made));
      ASSERT_TRUE(ok(made->append(bytes_of_text(name_of(thread, i)))));
    }
  });
  EXPECT_EQ(store_->regions()->size(), kMappingThreads * 10 + 1);
  for (unsigned thread = 0; thread < kMappingThreads; ++thread)
    for (unsigned i = 0; i < 10; ++i) EXPECT_TRUE(holds(region(name_of(thread, i)), name_of(thread, i)));
}

TEST_P(MappedRegionThreads, TenThreadsCreateTheSameRegionsAndGetThem) {
  constexpr unsigned kNames = 10;
  std::vector<std::vector<RegionId>> ids(kMappingThreads);
  in_threads(kMappingThreads, [&](unsigned thread) {
    for (unsigned i = 0; i < kNames; ++i) {
      const auto made = store_->region(name_of(0, i));
      ASSERT_TRUE(ok(made));
      ids[thread].push_back(made->id());
    }
  });
  for (unsigned thread = 1; thread < kMappingThreads; ++thread) EXPECT_EQ(ids[thread], ids[0]);
  EXPECT_EQ(store_->regions()->size(), kNames + 1);
}

TEST_P(MappedRegionThreads, TenThreadsWriteDifferentRegions) {
  in_threads(kMappingThreads, [&](unsigned thread) {
    Region own = region(name_of(thread));
    for (unsigned i = 0; i < 40; ++i)  // in turns with nine others: its extents lie between theirs
      ASSERT_TRUE(ok(own.append(bytes_of_text(noise(6'000, thread * 100 + i)))));
  });
  for (unsigned thread = 0; thread < kMappingThreads; ++thread) {
    std::string expected;
    for (unsigned i = 0; i < 40; ++i) expected += noise(6'000, thread * 100 + i);
    EXPECT_TRUE(holds(region(name_of(thread)), expected)) << thread;
  }
}

TEST_P(MappedRegionThreads, ReadersOfOneRegionAllSeeIt) {
  const std::string bytes = noise(400'000);
  write(0, bytes);
  std::atomic<unsigned> right{0};
  in_threads(kMappingThreads, [&](unsigned thread) {
    for (unsigned i = 0; i < 10; ++i) {
      const std::uint64_t offset = thread * 30'011 + i * 7;
      if (text_of(view_of(*region_, offset, 50'000)) == bytes.substr(offset, 50'000)) ++right;
    }
  });
  EXPECT_EQ(right, kMappingThreads * 10);
}

// There a reader blocks growth until it is gone; here it may wait for as long as it likes.
TEST_P(MappedRegionThreads, AReaderAndAGrowingWriteInOneThreadGoOn) {
  const std::string bytes = noise(10'000);
  write(0, bytes);
  const RegionView reader = view_of(*region_, 0, 10'000);
  for (unsigned i = 0; i < 20; ++i) ASSERT_TRUE(ok(region_->append(bytes_of_text(noise(100'000, i)))));
  EXPECT_EQ(text_of(reader), bytes);
}

TEST_P(MappedRegionThreads, AViewOutlivesTheRegionItsHandlesAndTheStoresVariable) {
  const std::string bytes = noise(300'000);
  std::optional<RegionView> reader;
  {
    Region brief = created("brief", bytes);
    reader.emplace(view_of(brief, 1'000, 200'000));
    ASSERT_TRUE(ok(brief.remove()));
  }
  for (unsigned i = 0; i < 8; ++i)
    static_cast<void>(created("after", noise(300'000, i)).remove());  // wants its room
  EXPECT_EQ(text_of(*reader), bytes.substr(1'000, 200'000));
  region_.reset();
  store_.reset();
  EXPECT_EQ(text_of(*reader), bytes.substr(1'000, 200'000));
  EXPECT_TRUE(reader->ok());
}

}  // namespace
}  // namespace holdfast::region_suites
