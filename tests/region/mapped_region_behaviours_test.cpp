// What one expects of named regions in one mapped file: where their bytes go as they grow, shrink and end,
// and whether the room they leave is found again.

#include <algorithm>

#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

/// A store that can be filled to the last block.
class MappedRegionBehaviours : public RegionOn {
 protected:
  /// Regions without a name, of that size each, until the store holds no more.
  std::vector<Region> fill_with(std::size_t size) {
    std::vector<Region> made;
    for (;;) {
      auto one = store_->create_region({.bytes = bytes_of_text(noise(size, made.size()))});
      if (!one) {
        EXPECT_EQ(one.error().code, ErrorCode::no_space) << one.error().to_string();
        return made;
      }
      made.push_back(std::move(*one));
    }
  }

  /// Fills the store with regions of 1 MiB and what is left with smaller ones; the large ones.
  std::vector<Region> fill() {
    std::vector<Region> large = fill_with(kMiB);
    static_cast<void>(fill_with(64 << 10));
    static_cast<void>(fill_with(4 << 10));
    EXPECT_GE(large.size(), 6u);
    return large;
  }
};

class MappedRegionReopened : public RegionReopen {};

INSTANTIATE_TEST_SUITE_P(, MappedRegionBehaviours, ::testing::ValuesIn(all_backends()), row_name);
INSTANTIATE_TEST_SUITE_P(, MappedRegionReopened,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

const std::byte* address_of(const Region& region) { return view_of(region, 0, 1).spans().front().data(); }

TEST_P(MappedRegionBehaviours, CreatingItTwiceIsTheSameRegion) {
  write(0, "bytes");
  const std::uint64_t free = free_bytes();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(region("region").id(), region_->id());
  EXPECT_EQ(store_->regions()->size(), 1u);
  EXPECT_EQ(free_bytes(), free);
  EXPECT_TRUE(holds(region("region"), "bytes"));
}

TEST_P(MappedRegionBehaviours, AWriteWithinTheReserveStaysWhereItIs) {
  ASSERT_TRUE(ok(region_->reserve(500'000)));
  write(0, "begin");
  const std::byte* const begin = address_of(*region_);
  const std::uint64_t free = free_bytes();
  const std::string bytes = noise(499'000);
  write(5, bytes);
  EXPECT_EQ(free_bytes(), free);
  EXPECT_EQ(address_of(*region_), begin);
  EXPECT_TRUE(holds(*region_, "begin" + bytes));
}

TEST_P(MappedRegionBehaviours, AppendsBeyondTheReserveKeepTheNeighboursBytes) {
  const std::uint64_t free = free_bytes();
  const std::string neighbours = noise(100'000, 1);
  ASSERT_TRUE(ok(region_->reserve(64 << 10)));
  Region neighbour = created("neighbour", neighbours);
  std::string expected;
  for (unsigned i = 0; i < 20; ++i) {
    expected += noise(50'000, i);
    ASSERT_TRUE(ok(region_->append(bytes_of_text(noise(50'000, i)))));
    ASSERT_TRUE(holds(neighbour, neighbours)) << i;
  }
  EXPECT_TRUE(holds(*region_, expected));
  ASSERT_TRUE(ok(region_->remove()));
  EXPECT_TRUE(holds(neighbour, neighbours));
  ASSERT_TRUE(ok(neighbour.remove()));
  EXPECT_GE(free_bytes(), free);  // more where the store has grown meanwhile
}

TEST_P(MappedRegionBehaviours, TheOldRoomOfAMovedRegionComesBack) {
  write(0, noise(500'000));
  ASSERT_TRUE(ok(region_->truncate_write(0, bytes_of_text(noise(500'000, 1)))));  // to new extents
  const std::uint64_t free = free_bytes();
  for (unsigned i = 0; i < 60; ++i)  // far more than the store could hold side by side
    ASSERT_TRUE(ok(region_->truncate_write(0, bytes_of_text(noise(500'000, i)))));
  EXPECT_EQ(free_bytes(), free);
  EXPECT_TRUE(holds(*region_, noise(500'000, 59)));
}

TEST_P(MappedRegionBehaviours, ARemovedRegionsNameIsUsedAgain) {
  write(0, "old bytes");
  ASSERT_TRUE(ok(region_->remove()));
  Region again = region("region", {.mode = OpenMode::create});
  EXPECT_TRUE(holds(again, ""));
  EXPECT_NE(again.id(), region_->id());
}

TEST_P(MappedRegionBehaviours, AHoleIsFilledExactly) {
  std::vector<Region> large = fill();
  ASSERT_TRUE(fails_with(ErrorCode::no_space, store_->create_region({.bytes = bytes_of_text("x")})));
  const std::byte* const hole = address_of(large[2]);
  ASSERT_TRUE(ok(large[2].remove()));
  Region filler = created("filler", noise(kMiB, 99));
  EXPECT_EQ(address_of(filler), hole);
  EXPECT_EQ(filler.info()->extent_count, 1u);
  EXPECT_TRUE(fails_with(ErrorCode::no_space, store_->create_region({.bytes = bytes_of_text("x")})));
  EXPECT_TRUE(holds(filler, noise(kMiB, 99)));
  EXPECT_TRUE(holds(large[1], noise(kMiB, 1)));
  EXPECT_TRUE(holds(large[3], noise(kMiB, 3)));
}

TEST_P(MappedRegionBehaviours, ThreeAdjacentFreeExtentsBecomeOne) {
  std::vector<Region> large = fill();
  std::ranges::sort(large, {}, address_of);
  std::size_t first = 0;
  while (first + 2 < large.size() && address_of(large[first + 2]) != address_of(large[first]) + 2 * kMiB)
    ++first;
  ASSERT_LT(first + 2, large.size()) << "no three side by side";
  const std::byte* const begin = address_of(large[first]);
  for (const std::size_t i : {first, first + 2, first + 1}) ASSERT_TRUE(ok(large[i].remove()));
  Region whole = created("whole", noise(3 * kMiB));
  EXPECT_EQ(whole.info()->extent_count, 1u);
  EXPECT_EQ(address_of(whole), begin);
  EXPECT_TRUE(holds(whole, noise(3 * kMiB)));
}

TEST_P(MappedRegionBehaviours, AWriteOfOneMebibyteIsReadBack) {
  write(0, noise(kMiB));
  EXPECT_TRUE(holds(*region_, noise(kMiB)));
}

TEST_P(MappedRegionBehaviours, TruncatingBelowAtAndBeyondItsSize) {
  const std::string bytes = noise(10'000);
  write(0, bytes);
  ASSERT_TRUE(ok(region_->truncate(10'000)));
  EXPECT_TRUE(holds(*region_, bytes));
  ASSERT_TRUE(ok(region_->truncate(9'999)));
  EXPECT_TRUE(holds(*region_, bytes.substr(0, 9'999)));
  ASSERT_TRUE(ok(region_->truncate(10'001)));  // there an error, here zeros
  EXPECT_TRUE(holds(*region_, bytes.substr(0, 9'999) + std::string(2, '\0')));
}

TEST_P(MappedRegionBehaviours, TruncateWriteShortensToTheEndOfItsBytes) {
  write(0, noise(300'000));
  ASSERT_TRUE(ok(region_->truncate_write(1'000, bytes_of_text("the end"))));
  EXPECT_TRUE(holds(*region_, noise(300'000).substr(0, 1'000) + "the end"));
}

TEST_P(MappedRegionBehaviours, WritesAtTheExactEndAndBeyondIt) {
  write(0, "0123456789");
  write(10, "exact");
  EXPECT_TRUE(holds(*region_, "0123456789exact"));
  write(20, "beyond");
  EXPECT_TRUE(holds(*region_, "0123456789exact" + std::string(5, '\0') + "beyond"));
}

TEST_P(MappedRegionBehaviours, AWriteOfNoBytesChangesNothing) {
  write(0, "bytes");
  ASSERT_TRUE(ok(region_->flush()));
  for (const std::uint64_t offset : {0, 3, 5, 6, 1'000'000}) write(offset, "");
  EXPECT_EQ(region_->append({}), 5u);
  EXPECT_TRUE(holds(*region_, "bytes"));
  EXPECT_EQ(region_->flush(), false);
}

TEST_P(MappedRegionBehaviours, CyclesOfTwentyRegionsLoseNoRoom) {
  const auto cycle = [&] {
    std::vector<Region> twenty;
    for (unsigned i = 0; i < 20; ++i) {
      twenty.push_back(region("region " + std::to_string(i)));
      ASSERT_TRUE(ok(twenty.back().append(bytes_of_text(noise(i * 10'000, i)))));
    }
    for (unsigned i = 0; i < 20; ++i) {
      ASSERT_TRUE(holds(twenty[i], noise(i * 10'000, i)));
      ASSERT_TRUE(ok(twenty[i].remove()));
    }
  };
  cycle();
  const std::uint64_t free = free_bytes();
  for (int i = 0; i < 15 && !HasFailure(); ++i) cycle();
  EXPECT_EQ(free_bytes(), free);
  EXPECT_EQ(store_->regions()->size(), 1u);
}

TEST_P(MappedRegionBehaviours, AlternatingWritesAndTruncations) {
  std::string expected;
  for (unsigned i = 0; i < 60; ++i) {
    const std::string bytes = noise(1'000 + i * 700, i);
    ASSERT_TRUE(ok(region_->append(bytes_of_text(bytes))));
    expected = (expected + bytes).substr(0, i * 997);
    ASSERT_TRUE(ok(region_->truncate(expected.size())));
    ASSERT_TRUE(holds(*region_, expected)) << i;
  }
}

TEST_P(MappedRegionBehaviours, ReservedRoomIsTheRegionsInAFullStore) {
  ASSERT_TRUE(ok(region_->reserve(3 * kMiB)));
  static_cast<void>(fill());
  ASSERT_TRUE(ok(region_->append(bytes_of_text(noise(3 * kMiB)))));
  EXPECT_TRUE(holds(*region_, noise(3 * kMiB)));
  EXPECT_TRUE(fails_with(ErrorCode::no_space, region_->append(bytes_of_text(noise(64 << 10)))));
  EXPECT_EQ(region_->size(), 3 * kMiB);
}

TEST_P(MappedRegionBehaviours, RoomGivenBackLeavesTheBytesAroundItAlone) {
  std::vector<Region> large = fill();
  for (std::size_t i = 0; i < large.size(); i += 2) ASSERT_TRUE(ok(large[i].truncate(i)));
  static_cast<void>(fill_with(512 << 10));
  for (std::size_t i = 0; i < large.size(); ++i)
    EXPECT_TRUE(holds(large[i], noise(kMiB, i).substr(0, i % 2 == 0 ? i : kMiB))) << i;
}

TEST_P(MappedRegionReopened, RegionsAndTheHolesBetweenThemAreThere) {
  for (unsigned i = 0; i < 12; ++i)
    static_cast<void>(created("region " + std::to_string(i), noise(kMiB / 2, i)));
  for (unsigned i = 0; i < 12; i += 3) ASSERT_TRUE(ok(region("region " + std::to_string(i)).remove()));
  const std::uint64_t free = free_bytes();
  reopen_after_close();
  EXPECT_EQ(free_bytes(), free);
  reopen_after_kill();
  EXPECT_EQ(free_bytes(), free);
  for (unsigned i = 0; i < 12; i += 3)
    static_cast<void>(created("again " + std::to_string(i), noise(kMiB / 2, 50 + i)));
  EXPECT_EQ(free_bytes() + 4 * (kMiB / 2), free);  // into the holes: the store is no larger
  for (unsigned i = 0; i < 12; ++i) {
    const std::string number = std::to_string(i);
    EXPECT_TRUE(i % 3 == 0 ? holds(region("again " + number), noise(kMiB / 2, 50 + i))
                           : holds(region("region " + number), noise(kMiB / 2, i)));
  }
}

TEST_P(MappedRegionReopened, AReserveIsThere) {
  ASSERT_TRUE(ok(region_->reserve(3 * kMiB)));
  reopen_after_kill();
  EXPECT_GE(region_->info()->capacity_bytes, 3 * kMiB);
  EXPECT_TRUE(holds(*region_, ""));
}

TEST_P(MappedRegionReopened, AnEmptyRegionIsThereWithoutAFlush) {
  const RegionId id = region("empty").id();
  reopen_after_kill();
  EXPECT_EQ(store_->region(id)->name(), "empty");
}

}  // namespace
}  // namespace holdfast::region_suites
