// The duties of the seam that every medium has, whatever it can do beyond them.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <limits>
#include <thread>

#include "contract/storage_test_support.hpp"
#include "testing/durable_mark_storage.hpp"

namespace holdfast {
namespace {

using holdfast::testing::DurableMarkStorage;

class StorageContract : public StorageTest {};
INSTANTIATE_TEST_SUITE_P(, StorageContract, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(StorageContract, AnswersThePinnedCapabilities) {
  const StorageCapabilities& pinned = GetParam()->capabilities;
  const StorageCapabilities& answered = storage_->capabilities();
  EXPECT_EQ(answered.granularity, pinned.granularity);
  EXPECT_EQ(answered.durable, pinned.durable);
  EXPECT_EQ(answered.shares_syncs, pinned.shares_syncs);
  EXPECT_EQ(answered.drain_can_fail, pinned.drain_can_fail);
  EXPECT_EQ(answered.has_path, pinned.has_path);
  EXPECT_EQ(storage_->path(), pinned.has_path ? directory_.store().native() : "");
}

TEST_P(StorageContract, HasTheSizeAskedFor) {
  EXPECT_GE(storage_->size_bytes(), kTestSizeBytes);
  EXPECT_EQ(storage_->size_bytes() % 4096, 0u);
}

TEST_P(StorageContract, GrowKeepsAddresses) {
  const std::byte* const begin = storage_->at(0);
  const auto bytes = pattern(100'000, 1);
  ASSERT_TRUE(ok(storage_->write(12'345, bytes)));
  for (std::uint64_t size : {16 * kMiB, 16 * kMiB + 4096, 60 * kMiB}) {
    ASSERT_TRUE(ok(storage_->grow(size)));
    EXPECT_GE(storage_->size_bytes(), size);
    EXPECT_EQ(storage_->at(0), begin);
    EXPECT_EQ(storage_->at(storage_->size_bytes() - 1), begin + storage_->size_bytes() - 1);
    EXPECT_TRUE(holds(*storage_, 12'345, bytes));
    ASSERT_TRUE(ok(storage_->write(storage_->size_bytes() - bytes.size(), bytes)));
    EXPECT_TRUE(holds(*storage_, storage_->size_bytes() - bytes.size(), bytes));
  }
  ASSERT_TRUE(ok(storage_->drain()));
}

TEST_P(StorageContract, GrowToASizeItHasChangesNothing) {
  const std::uint64_t size = storage_->size_bytes();
  EXPECT_TRUE(ok(storage_->grow(0)));
  EXPECT_TRUE(ok(storage_->grow(size)));
  EXPECT_EQ(storage_->size_bytes(), size);
}

TEST_P(StorageContract, GrowthBeyondTheMaximumIsNoSpaceAndTheStorageGoesOn) {
  const std::uint64_t size = storage_->size_bytes();
  EXPECT_TRUE(fails_with(ErrorCode::no_space, storage_->grow(kTestMaxSizeBytes + 1)));
  EXPECT_TRUE(fails_with(ErrorCode::no_space, storage_->grow(std::numeric_limits<std::uint64_t>::max())));
  EXPECT_EQ(storage_->size_bytes(), size);
  const auto bytes = pattern(100, 2);
  EXPECT_TRUE(ok(storage_->write(0, bytes)));
  EXPECT_TRUE(ok(storage_->drain()));
  EXPECT_TRUE(ok(storage_->grow(16 * kMiB)));
}

TEST_P(StorageContract, ShowsAWriteOnItsReturn) {
  for (const std::size_t size : {0u, 1u, 7u, 64u, 4095u, 4097u, 1u << 20}) {
    const auto bytes = pattern(size, static_cast<unsigned>(size));
    ASSERT_TRUE(ok(storage_->write(4'001, bytes)));
    EXPECT_TRUE(holds(*storage_, 4'001, bytes));
  }
}

TEST_P(StorageContract, WrittenAndDrainedIsDurable) {
  auto marked = std::make_unique<DurableMarkStorage>(std::move(storage_));
  const DurableMarkStorage& mark = *marked;
  storage_ = std::move(marked);
  ASSERT_TRUE(ok(storage_->drain()));
  const std::uint64_t before = ordering_points();
  const auto bytes = pattern(1'000, 3);
  ASSERT_TRUE(ok(storage_->write(5'000, bytes)));
  EXPECT_FALSE(mark.is_durable({5'000, 1'000}));
  EXPECT_EQ(ordering_points(), before) << "a write alone orders nothing";
  ASSERT_TRUE(ok(storage_->drain()));
  EXPECT_TRUE(mark.is_durable({5'000, 1'000}));
  EXPECT_FALSE(mark.is_durable({4'999, 1'000}));
  EXPECT_EQ(ordering_points(), before + 1);
  ASSERT_TRUE(ok(storage_->write(5'500, std::span(bytes).first(1))));
  EXPECT_FALSE(mark.is_durable({5'000, 1'000})) << "written again";
}

TEST_P(StorageContract, SyncedRangesAreDurable) {
  DurableMarkStorage marked(std::move(storage_));
  const auto bytes = pattern(8'192, 7);
  ASSERT_TRUE(ok(marked.write(8'192, bytes)));
  ASSERT_TRUE(ok(marked.write(kMiB, bytes)));
  const StorageCounters before = marked.counters();
  ASSERT_TRUE(ok(marked.sync(std::array<ByteRange, 3>{{{8'192, 4'096}, {12'288, 4'096}, {5 * kMiB, 0}}})));
  EXPECT_TRUE(marked.is_durable({8'192, bytes.size()}));
  EXPECT_FALSE(marked.is_durable({kMiB, 1})) << "the contract promises no more";
  EXPECT_EQ(marked.counters().syncs + marked.counters().fences, before.syncs + before.fences + 1);
  ASSERT_TRUE(ok(marked.sync({}))) << "of nothing";
  ASSERT_TRUE(ok(marked.drain()));
  EXPECT_TRUE(marked.is_durable({kMiB, bytes.size()}));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds,
                         marked.sync(std::array<ByteRange, 1>{{{marked.size_bytes() - 4'096, 8'192}}})));
}

TEST_P(StorageContract, StoresInPlaceAreDurableAfterFlushAndDrain) {
  DurableMarkStorage marked(std::move(storage_));
  const auto bytes = pattern(70'000, 4);
  const ByteRange range{3'000, bytes.size()};
  const auto address = marked.writable(range);
  ASSERT_TRUE(ok(address));
  EXPECT_EQ(*address, marked.at(3'000));
  std::memcpy(*address, bytes.data(), bytes.size());
  ASSERT_TRUE(ok(marked.flush(range)));
  EXPECT_FALSE(marked.is_durable(range));
  ASSERT_TRUE(ok(marked.drain()));
  EXPECT_TRUE(marked.is_durable(range));
  EXPECT_TRUE(holds(marked, 3'000, bytes));
  EXPECT_EQ(marked.counters().flushes, 1u);
}

TEST_P(StorageContract, CommitOfAdjoiningRangesCostsOneOrderingPoint) {
  auto marked = std::make_unique<DurableMarkStorage>(std::move(storage_));
  const DurableMarkStorage& mark = *marked;
  storage_ = std::move(marked);
  ASSERT_TRUE(ok(storage_->drain()));
  const std::uint64_t before = ordering_points();
  const auto bytes = pattern(1'000, 5);
  const auto all = std::span(bytes);
  const std::array<WriteRange, 4> ranges = {{{10'007, all.subspan(0, 300)},
                                             {10'307, all.subspan(300, 0)},
                                             {10'307, all.subspan(300, 1)},
                                             {10'308, all.subspan(301)}}};
  ASSERT_TRUE(ok(storage_->commit(ranges)));
  EXPECT_EQ(ordering_points(), before + 1);
  EXPECT_TRUE(holds(*storage_, 10'007, bytes));
  EXPECT_TRUE(mark.is_durable({10'007, 1'000}));
}

TEST_P(StorageContract, CommitOfScatteredRangesCostsOneOrderingPoint) {
  DurableMarkStorage marked(std::move(storage_));
  ASSERT_TRUE(ok(marked.drain()));
  const StorageCounters before = marked.counters();
  const auto bytes = pattern(5'000, 6);
  const std::array<WriteRange, 3> ranges = {
      {{70'000, bytes}, {10, std::span(bytes).first(9)}, {500'000, bytes}}};
  ASSERT_TRUE(ok(marked.commit(ranges)));
  const StorageCounters after = marked.counters();
  EXPECT_EQ(after.syncs + after.fences, before.syncs + before.fences + 1);
  EXPECT_EQ(after.writes, before.writes + 3);
  EXPECT_EQ(after.bytes_written, before.bytes_written + 10'009);
  for (const WriteRange& range : ranges) {
    EXPECT_TRUE(holds(marked, range.offset, range.bytes));
    EXPECT_TRUE(marked.is_durable({range.offset, range.bytes.size()}));
  }
}

TEST_P(StorageContract, CommitOfManySmallRangesWritesThemAll) {
  const auto bytes = pattern(30'000, 7);
  std::vector<WriteRange> ranges;
  for (std::size_t at = 0; at < bytes.size(); at += 10)
    ranges.push_back({at + 3, std::span(bytes).subspan(at, 10)});
  ASSERT_TRUE(ok(storage_->commit(ranges)));
  EXPECT_TRUE(holds(*storage_, 3, bytes));
}

TEST_P(StorageContract, CommitOfNothingSucceeds) {
  EXPECT_TRUE(ok(storage_->commit({})));
  const std::array<WriteRange, 1> empty = {{{8, {}}}};
  EXPECT_TRUE(ok(storage_->commit(empty)));
}

TEST_P(StorageContract, RangesOutsideAreRefused) {
  const std::uint64_t size = storage_->size_bytes();
  const std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  const auto bytes = pattern(100, 8);
  for (const std::uint64_t offset : {size - 99, size, size + 1, last - 99, last - 98, last}) {
    const ByteRange range{offset, 100};
    EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, storage_->write(offset, bytes)));
    EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, storage_->writable(range)));
    EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, storage_->flush(range)));
    EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, storage_->punch(range)));
    EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, storage_->reserve(range)));
    const std::array<WriteRange, 2> ranges = {{{200, bytes}, {offset, bytes}}};
    EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, storage_->commit(ranges)));
    storage_->advise(range, Access::will_need);
  }
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, storage_->flush({1, last})));
  EXPECT_FALSE(holds(*storage_, 200, bytes)) << "a refused commit writes none of its ranges";
  EXPECT_TRUE(ok(storage_->write(size - 100, bytes)));
}

TEST_P(StorageContract, APunchedRangeIsWrittenAgainAfterReserve) {
  const auto bytes = pattern(3 * kMiB, 9);
  ASSERT_TRUE(ok(storage_->write(kMiB, bytes)));
  ASSERT_TRUE(ok(storage_->drain()));
  const ByteRange middle{2 * kMiB, kMiB};
  ASSERT_TRUE(ok(storage_->punch(middle)));
  EXPECT_TRUE(holds(*storage_, kMiB, std::span(bytes).first(kMiB)));
  EXPECT_TRUE(holds(*storage_, 3 * kMiB, std::span(bytes).subspan(2 * kMiB)));
  ASSERT_TRUE(ok(storage_->reserve(middle)));
  EXPECT_TRUE(holds(*storage_, kMiB, std::span(bytes).first(kMiB)));
  ASSERT_TRUE(ok(storage_->write(2 * kMiB, std::span(bytes).subspan(kMiB, kMiB))));
  ASSERT_TRUE(ok(storage_->drain()));
  EXPECT_TRUE(holds(*storage_, kMiB, bytes));
}

TEST_P(StorageContract, AdviceChangesNoByte) {
  const auto bytes = pattern(kMiB, 10);
  ASSERT_TRUE(ok(storage_->write(123, bytes)));
  for (const Access access :
       {Access::normal, Access::random, Access::sequential, Access::will_need, Access::dont_need,
        Access::will_store}) {
    storage_->advise({0, 2 * kMiB}, access);
    EXPECT_TRUE(holds(*storage_, 123, bytes));
  }
}

TEST_P(StorageContract, ReportsItsSpace) {
  const auto space = storage_->space();
  ASSERT_TRUE(ok(space));
  EXPECT_EQ(space->size_bytes, storage_->size_bytes());
  EXPECT_EQ(space->max_size_bytes, kTestMaxSizeBytes);
  EXPECT_GT(space->medium_free_bytes, 0u);
}

TEST_P(StorageContract, AForkedChildReadsAndChangesNothing) {
  const auto bytes = pattern(64, 11);
  ASSERT_TRUE(ok(storage_->write(0, bytes)));
  ASSERT_TRUE(ok(storage_->drain()));
  const auto calls = changing_calls();
  const pid_t child = ::fork();
  if (child == 0) {  // exit code: 0, or which call was not refused
    int number = 1;
    for (const auto& [name, call] : calls) {
      const auto result = call(*storage_);
      if (result || result.error().code != ErrorCode::locked) ::_exit(number);
      ++number;
    }
    if (std::memcmp(storage_->at(0), bytes.data(), bytes.size()) != 0) ::_exit(100);
    const auto closed = storage_->close();
    ::_exit(!closed && closed.error().code == ErrorCode::locked ? 0 : 101);
  }
  ASSERT_GT(child, 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(holds(*storage_, 0, bytes));
  for (const auto& [name, call] : calls) EXPECT_TRUE(ok(call(*storage_))) << name << " in the parent";
}

TEST_P(StorageContract, ThreadsWriteDrainAndGrowSideBySide) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 50;
  constexpr std::uint64_t kOwnBytes = 64 * 1024;
  DurableMarkStorage marked(std::move(storage_));
  std::atomic<int> failures{0};
  const auto work = [&](unsigned number) {
    const std::uint64_t begin = number * kOwnBytes;
    for (unsigned round = 0; round < kRounds; ++round) {
      const auto bytes = pattern(700, number * 100 + round);
      const std::uint64_t offset = begin + round * 701;
      const std::array<WriteRange, 1> range = {{{offset, bytes}}};
      const bool done = round % 2 == 0
                            ? marked.commit(range).has_value()
                            : marked.write(offset, bytes).has_value() && marked.drain().has_value();
      const auto space = marked.space();
      if (!space || space->size_bytes > space->max_size_bytes) ++failures;
      if (!done || !marked.is_durable({offset, 700}) || !holds(marked, offset, bytes)) ++failures;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < kThreads; ++number) threads.emplace_back(work, number);
  for (std::uint64_t size = 16 * kMiB; size <= 48 * kMiB; size += 16 * kMiB)
    EXPECT_TRUE(ok(marked.grow(size)));
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(marked.counters().writes, std::uint64_t{kThreads * kRounds});
}

TEST_P(StorageContract, ClosesOnce) { EXPECT_TRUE(ok(storage_->close())); }

}  // namespace
}  // namespace holdfast
