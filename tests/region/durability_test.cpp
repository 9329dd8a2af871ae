#include <thread>

#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

TEST_P(RegionOn, FlushSaysWhetherAnythingWasDirty) {
  EXPECT_EQ(region_->flush(), false);  // the first one, of an empty region
  write(0, "bytes");
  EXPECT_EQ(region_->flush(), true);
  EXPECT_EQ(region_->flush(), false);
}

TEST_P(RegionOn, AFlushWithNothingDirtyTouchesNoMedium) {
  write(0, "bytes");
  ASSERT_TRUE(ok(region_->flush()));
  const Spent spent(*store_);
  ASSERT_TRUE(ok(region_->flush()));
  EXPECT_EQ(spent.syncs() + spent.fences(), 0u);
}

TEST_P(RegionOn, AWriteInPlaceCostsOneFenceOrOneSyncWithItsFlush) {
  write(0, some_bytes(20'000));
  ASSERT_TRUE(ok(region_->flush()));
  const bool shares_syncs = store_->info()->capabilities.shares_syncs;
  {
    const Spent spent(*store_);
    write(5'000, "in place");
    ASSERT_TRUE(ok(region_->flush()));
    EXPECT_EQ(shares_syncs ? spent.syncs() : spent.fences(), 1u);
  }
  const Spent spent(*store_);
  write(5'000, "at once", kImmediate);
  EXPECT_EQ(shares_syncs ? spent.syncs() : spent.fences(), 1u);
}

TEST_P(RegionOn, BufferedWritesSyncNothing) {
  ASSERT_TRUE(ok(region_->reserve(100'000)));
  const Spent spent(*store_);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(ok(region_->append(bytes_of_text("12345678"))));
  EXPECT_EQ(spent.syncs(), 0u);
}

TEST_P(RegionOn, OneSyncOfTheStoreServesAllRegions) {
  std::vector<Region> regions;
  for (int i = 0; i < 10; ++i) {
    regions.push_back(region("region" + std::to_string(i)));
    ASSERT_TRUE(ok(regions.back().append(bytes_of_text("bytes"))));
  }
  const Spent spent(*store_);
  ASSERT_TRUE(ok(store_->sync()));
  EXPECT_LE(spent.syncs() + spent.fences(), 2u);  // the bytes; all sizes in one record
  for (Region& one : regions) EXPECT_EQ(one.flush(), false);
}

TEST_P(RegionReopen, TheIntervalMakesItDurable) {
  options_.interval_ms = 1;
  reopen_after_close();
  write(0, "bytes", {.durability = Durability::interval});
  while (*region_->flush()) {  // true: the interval has not come yet
    write(0, "bytes", {.durability = Durability::interval});
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  reopen_after_kill();
  EXPECT_TRUE(holds(*region_, "bytes"));
}

}  // namespace
}  // namespace holdfast::region_suites
