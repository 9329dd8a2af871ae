// What an update costs, by the medium's counters.

#include <array>

#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

std::uint64_t barriers_of(const StorageCounters& counters) { return counters.syncs + counters.fences; }

TEST_P(RegionOn, AnUpdateOfManyRangesCostsTwoSyncs) {
  write(0, some_bytes(4'000'000));
  ASSERT_TRUE(ok(region_->flush()));
  const std::string bytes = some_bytes(10, 1);
  std::vector<RegionWrite> writes;
  for (std::uint64_t i = 0; i < 400; ++i) writes.push_back({i * 9'990, bytes_of_text(bytes)});
  const StorageCounters before = counters();
  ASSERT_TRUE(ok(region_->update(writes)));
  EXPECT_EQ(barriers_of(counters()) - barriers_of(before), 2u);
  std::string expected = some_bytes(4'000'000);
  for (const RegionWrite& one : writes) expected.replace(one.offset, bytes.size(), bytes);
  EXPECT_TRUE(holds(*region_, expected));
}

TEST_P(RegionOn, AnUpdateWritesTheBlocksItTouchesAlone) {
  write(0, some_bytes(8'000'000));
  ASSERT_TRUE(ok(region_->flush()));
  const StorageCounters before = counters();
  const std::array writes{RegionWrite{4'000'000, bytes_of_text("few")}};
  ASSERT_TRUE(ok(region_->update(writes)));
  EXPECT_LT(counters().bytes_written - before.bytes_written, 3 * 4'096u);
  // Before it, its own blocks, and behind it.
  EXPECT_EQ(region_->view(0, 8'000'000).value().spans().size(), 3u);
}

TEST_P(RegionOn, ShortStretchesBetweenWritesAreCopiedAlong) {
  write(0, some_bytes(2'000'000));
  std::vector<RegionWrite> writes;
  for (std::uint64_t i = 0; i < 10; ++i) writes.push_back({100'000 + i * 50'000, bytes_of_text("x")});
  ASSERT_TRUE(ok(region_->update(writes)));
  EXPECT_LE(region_->view(0, 2'000'000).value().spans().size(), 5u);
}

}  // namespace
}  // namespace holdfast::region_suites
