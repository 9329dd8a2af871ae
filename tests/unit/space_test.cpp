// The runs of a space's segments that are given out for slices.

#include "common/engine/space.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "engine_parts.hpp"

namespace holdfast {
namespace {

class SpaceRanges : public ::testing::TestWithParam<bool> {
 protected:
  EngineParts parts_;
  Space space_{parts_.context(GetParam()), parts_.space_id, SpaceKind::kv, "space"};
};
INSTANTIATE_TEST_SUITE_P(, SpaceRanges, ::testing::Bool(),
                         [](const auto& row) { return row.param ? "one_tail" : "a_tail_a_writer"; });

TEST_P(SpaceRanges, AreAtLeastAsLargeAsAskedFor) {
  for (const std::uint64_t size :
       {176u, 4'096u, 16'384u, 40'000u, 65'536u, 65'600u, 69'000u, 70'000u, 300'000u}) {
    const auto range = space_.take_range(size);
    ASSERT_TRUE(ok(range));
    EXPECT_GE(range->size_bytes, size);
    EXPECT_LE(range->start + std::uint64_t{range->size_bytes}, range->segment.size_bytes);
  }
}

TEST_P(SpaceRanges, BeginBehindTheHeaderOrAtABlockAndNeverOverlap) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> taken;
  for (int i = 0; i < 40; ++i) {
    const auto range = space_.take_range(1'000 + static_cast<std::uint64_t>(i) * 500);
    ASSERT_TRUE(ok(range));
    EXPECT_TRUE(range->start == kFirstSliceStart || range->start % kSliceAlignment == 0);
    taken.emplace(range->segment.offset + range->start,
                  range->segment.offset + range->start + range->size_bytes);
  }
  ASSERT_EQ(taken.size(), 40u);
  for (auto range = std::next(taken.begin()); range != taken.end(); ++range)
    EXPECT_GE(range->first, std::prev(range)->second);
}

TEST_P(SpaceRanges, ThatAreGivenBackAreUsedAgain) {
  const auto range = space_.take_range(1'000);
  ASSERT_TRUE(ok(range));
  SliceRange half = *range;
  half.start += 8'192;
  half.size_bytes = 8'192;
  space_.add_range(half);
  bool used_again = false;
  while (parts_.segment_count() == 1)
    used_again = space_.take_range(8'000)->start == half.start || used_again;
  EXPECT_TRUE(used_again);
}

TEST_P(SpaceRanges, TakeTheWholeSegmentBeforeTheNextOne) {
  std::uint64_t taken = 0;
  while (parts_.segment_count() < 2) taken += space_.take_range(1'000)->size_bytes;
  EXPECT_GE(taken, EngineParts::kSegmentSize - kFirstSliceStart);
}

TEST_P(SpaceRanges, AreNoSpaceWhereTheStoreIsFull) {
  EngineParts small(256 << 10, 256 << 10);
  Space space(small.context(GetParam()), small.space_id, SpaceKind::kv, "space");
  Result<SliceRange> range = space.take_range(1'000);
  while (range) range = space.take_range(1'000);
  EXPECT_TRUE(fails_with(ErrorCode::no_space, range));
}

// Room is made sure of for all records of a write before the first is staged.
TEST(TailReserve, CoversRecordsOfEverySizeInTheirOrder) {
  EngineParts parts(8 * kMiB);
  Space space(parts.context(), parts.space_id, SpaceKind::kv, "space");
  Tail& tail = space.one_tail();
  WriteStage stage;
  std::uint64_t version = 0;
  for (std::size_t round = 0; round < 60; ++round) {
    std::vector<std::string> payloads;
    std::vector<std::uint64_t> sizes;
    for (std::size_t i = 0; i <= round % 7; ++i) {
      payloads.emplace_back((round * 977 + i * 3'511) % 70'000, 'v');
      sizes.push_back(tail.padded_size({.key = "k", .payload = payloads.back()}));
    }
    tail.begin_reserving();
    for (const std::uint64_t size : sizes) ASSERT_TRUE(ok(tail.reserve(size)));
    for (const std::string& payload : payloads)
      tail.append({.type = RecordType::put, .version = ++version, .key = "k", .payload = payload}, stage);
    ASSERT_TRUE(ok(parts.storage->commit(stage.ranges())));
    stage.clear();
    tail.mark_durable();
  }
}

TEST(SpaceLease, GivesATailToOneWriterAtATime) {
  EngineParts parts;
  Space space(parts.context(false), parts.space_id, SpaceKind::kv, "space");
  std::set<Tail*> tails;
  {
    std::vector<Space::Lease> leases;
    for (int i = 0; i < 40; ++i) {  // more than there are slots
      leases.push_back(space.lease());
      EXPECT_TRUE(tails.insert(&leases.back().tail()).second);
    }
  }
  for (int i = 0; i < 40; ++i) {
    const Space::Lease lease = space.lease();
    EXPECT_TRUE(tails.contains(&lease.tail()));  // what was given back is used again
  }
  EXPECT_EQ(space.tails().size(), 40u);
}

// A log has one tail, whatever the medium, and who leases it is alone.
TEST(SpaceLease, OfALogIsWaitedFor) {
  EngineParts parts;
  Space space(parts.context(false), parts.space_id, SpaceKind::log, "log");
  std::atomic<int> inside{0};
  std::uint64_t turns = 0;  // guarded by the lease
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int round = 0; round < 2'000; ++round) {
        const Space::Lease lease = space.lease();
        EXPECT_EQ(inside.fetch_add(1), 0);
        EXPECT_EQ(&lease.tail(), &space.one_tail());
        ++turns;
        inside.fetch_sub(1);
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(turns, 8'000u);
  EXPECT_EQ(space.tails().size(), 1u);
}

TEST(SpaceLease, NeverGivesOneTailToTwoThreads) {
  EngineParts parts;
  Space space(parts.context(false), parts.space_id, SpaceKind::kv, "space");
  std::mutex mutex;
  std::set<Tail*> at_work;
  std::atomic<int> shared{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int round = 0; round < 1'000; ++round) {
        const Space::Lease lease = space.lease();
        {
          const std::lock_guard lock(mutex);
          if (!at_work.insert(&lease.tail()).second) ++shared;
        }
        const std::lock_guard lock(mutex);
        at_work.erase(&lease.tail());
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shared.load(), 0);
  EXPECT_LE(space.tails().size(), 4u);
}

}  // namespace
}  // namespace holdfast
