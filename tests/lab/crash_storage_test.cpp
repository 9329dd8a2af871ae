// CrashStorage itself: the seam's duties and what each media model keeps pending.

#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <holdfast/testing/crash_images.hpp>
#include <holdfast/testing/crash_storage.hpp>

#include "crash_media.hpp"
#include "testing/medium_state.hpp"

namespace holdfast::testing {
namespace {

std::string text_at(std::span<const std::byte> bytes, std::uint64_t offset, std::size_t size_bytes) {
  return {reinterpret_cast<const char*>(bytes.data()) + offset, size_bytes};
}

CrashOptions small(MediumModel model) {
  return {.model = model, .size_bytes = 64 << 10, .max_size_bytes = 128 << 10, .keeps_log = true};
}

/// What is durable behind the last event.
MediumState final_state(const CrashMedium& medium) {
  MediumState state = medium.initial_state();
  for (const Event& event : medium.events()) state.apply(event, medium.bytes(event));
  return state;
}

class CrashStorageTest : public ::testing::TestWithParam<MediumModel> {
 protected:
  std::shared_ptr<CrashMedium> medium_ = CrashMedium::create(small(GetParam()));
  std::unique_ptr<CrashStorage> storage_ = std::move(*medium_->open());

  void write(std::uint64_t offset, std::string_view text) {
    ASSERT_TRUE(storage_->write(offset, bytes_of(text)));
  }
  std::string durable(std::uint64_t offset, std::size_t size_bytes) {
    return text_at(final_state(*medium_).durable(), offset, size_bytes);
  }
};

INSTANTIATE_TEST_SUITE_P(Lab, CrashStorageTest,
                         ::testing::Values(MediumModel::cache_lines, MediumModel::pages), model_name);

TEST_P(CrashStorageTest, ShowsWritesAtOnceAndKeepsAddresses) {
  const std::byte* const address = storage_->at(5000);
  write(5000, "seen");
  ASSERT_TRUE(storage_->grow(100 << 10));
  EXPECT_EQ(storage_->at(5000), address);
  EXPECT_EQ(std::memcmp(address, "seen", 4), 0);
  EXPECT_EQ(storage_->size_bytes(), 100u << 10);
}

TEST_P(CrashStorageTest, WrittenIsDurableAfterDrainAndNotBefore) {
  write(4090, "across two pages");
  EXPECT_EQ(durable(4090, 16), std::string(16, '\0'));
  ASSERT_TRUE(storage_->drain());
  EXPECT_EQ(durable(4090, 16), "across two pages");
  EXPECT_TRUE(final_state(*medium_).pending().empty());
}

TEST_P(CrashStorageTest, CommitIsDurableAndCoversNothingElse) {
  write(0, "not covered");
  const WriteRange ranges[] = {{8192, bytes_of("covered")}, {16384, bytes_of("too")}};
  ASSERT_TRUE(storage_->commit(ranges));
  EXPECT_EQ(durable(8192, 7), "covered");
  EXPECT_EQ(durable(16384, 3), "too");
  EXPECT_EQ(durable(0, 11), std::string(11, '\0'));
  EXPECT_EQ(final_state(*medium_).pending().size(), 1u);
}

TEST_P(CrashStorageTest, StoreMadeInPlaceNeedsFlushAndDrain) {
  auto address = storage_->writable({128, 64});
  ASSERT_TRUE(address);
  std::memcpy(*address, "in place", 8);
  ASSERT_TRUE(storage_->drain());
  EXPECT_EQ(durable(128, 8), std::string(8, '\0'));
  EXPECT_EQ(final_state(*medium_).pending().size(), 1u) << "it may have been written back early";
  ASSERT_TRUE(storage_->flush({128, 8}));
  ASSERT_TRUE(storage_->drain());
  EXPECT_EQ(durable(128, 8), "in place");
}

TEST_P(CrashStorageTest, VersionsOfAUnitStayUntilCovered) {
  write(0, "first");
  write(0, "second");
  EXPECT_EQ(final_state(*medium_).pending().at(0).versions.size(), 2u);
  ASSERT_TRUE(storage_->drain());
  write(0, "third");
  EXPECT_EQ(durable(0, 6), "second");
  EXPECT_EQ(final_state(*medium_).pending().at(0).versions.size(), 1u);
}

TEST_P(CrashStorageTest, WritingTheSameBytesLeavesNothingPending) {
  write(0, std::string(100, '\0'));
  EXPECT_TRUE(final_state(*medium_).pending().empty());
}

TEST_P(CrashStorageTest, GrownBytesAreUnspecifiedAndDurableOnReturn) {
  ASSERT_TRUE(storage_->grow(70'000));
  EXPECT_EQ(storage_->size_bytes(), 73'728u) << "rounded up to blocks";
  EXPECT_EQ(*storage_->at(70'000), kUnspecifiedByte);
  EXPECT_EQ(final_state(*medium_).durable().size(), 73'728u);
}

TEST_P(CrashStorageTest, PunchedBytesAreUnspecified) {
  write(4096, "gone");
  ASSERT_TRUE(storage_->drain());
  ASSERT_TRUE(storage_->punch({4096, 4096}));
  EXPECT_EQ(*storage_->at(4096), kUnspecifiedByte);
  EXPECT_EQ(durable(4096, 4), "gone") << "the hole itself is pending";
  ASSERT_TRUE(storage_->reserve({4096, 4096}));
}

TEST_P(CrashStorageTest, CloseDrainsAndReopeningSeesEverything) {
  write(0, "kept");
  ASSERT_TRUE(storage_->close());
  storage_.reset();
  EXPECT_EQ(durable(0, 4), "kept");
  auto again = medium_->open();
  ASSERT_TRUE(again);
  EXPECT_EQ(std::memcmp((*again)->at(0), "kept", 4), 0);
}

TEST_P(CrashStorageTest, SecondOpenIsLocked) {
  auto second = medium_->open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::locked);
}

TEST_P(CrashStorageTest, ForkedChildIsLocked) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto answer = storage_->write(0, bytes_of("x"));
    ::_exit(!answer && answer.error().code == ErrorCode::locked ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_P(CrashStorageTest, RangesOutsideAreRefusedWithoutAnEvent) {
  const auto before = medium_->event_count();
  EXPECT_EQ(storage_->write((64 << 10) - 1, bytes_of("xx")).error().code, ErrorCode::out_of_bounds);
  EXPECT_EQ(storage_->flush({UINT64_MAX, 2}).error().code, ErrorCode::out_of_bounds);
  EXPECT_EQ(storage_->writable({0, 65 << 10}).error().code, ErrorCode::out_of_bounds);
  EXPECT_EQ(medium_->event_count(), before);
}

TEST_P(CrashStorageTest, GrowingBeyondTheMaximumIsNoSpaceAndLatchesNothing) {
  const auto grown = storage_->grow(129 << 10);
  ASSERT_FALSE(grown);
  EXPECT_EQ(grown.error().code, ErrorCode::no_space);
  write(0, "goes on");
}

TEST_P(CrashStorageTest, GrowFaultIsNoSpaceOnce) {
  medium_->set_faults({.failing_sync = 0, .failing_write = 0, .failing_grow = 1});
  EXPECT_EQ(storage_->grow(100 << 10).error().code, ErrorCode::no_space);
  EXPECT_TRUE(medium_->fault_happened());
  EXPECT_EQ(storage_->size_bytes(), 64u << 10);
  EXPECT_TRUE(storage_->grow(100 << 10));
}

TEST_P(CrashStorageTest, WriteFaultWritesHalfAndLatches) {
  medium_->set_faults({.failing_sync = 0, .failing_write = 2, .failing_grow = 0});
  write(0, "whole");
  const auto failed = storage_->write(64, bytes_of("halfhalf"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::io);
  EXPECT_EQ(std::memcmp(storage_->at(64), "half\0\0\0\0", 8), 0);
  EXPECT_EQ(storage_->write(0, bytes_of("x")).error().message, failed.error().message);
  EXPECT_EQ(storage_->drain().error().message, failed.error().message);
  EXPECT_EQ(durable(0, 5), std::string(5, '\0'));
}

TEST_P(CrashStorageTest, KilledProcessLeavesItsBytesPending) {
  write(0, "pending");
  storage_.reset();
  EXPECT_EQ(final_state(*medium_).pending().size(), 1u);
  storage_ = std::move(*medium_->open());
  EXPECT_EQ(std::memcmp(storage_->at(0), "pending", 7), 0);
  ASSERT_TRUE(storage_->drain());
  const bool covered = GetParam() == MediumModel::pages;  // a cached line needs a flush by somebody
  EXPECT_EQ(durable(0, 7) == "pending", covered);
  ASSERT_TRUE(storage_->flush({0, 7}));
  ASSERT_TRUE(storage_->drain());
  EXPECT_EQ(durable(0, 7), "pending");
}

TEST_P(CrashStorageTest, MediumFromKilledStateIsLiveAndPending) {
  write(0, "pending");
  auto killed = CrashMedium::from_killed(final_state(*medium_), small(GetParam()));
  EXPECT_EQ(text_at(killed->live(), 0, 7), "pending");
  EXPECT_EQ(text_at(killed->initial_state().durable(), 0, 7), std::string(7, '\0'));
  EXPECT_EQ(killed->initial_state().pending().size(), 1u);
}

TEST_P(CrashStorageTest, CountersCount) {
  write(0, "four");
  const WriteRange range{64, bytes_of("six six")};
  ASSERT_TRUE(storage_->commit({&range, 1}));
  ASSERT_TRUE(storage_->flush({0, 4}));
  ASSERT_TRUE(storage_->drain());
  const StorageCounters counters = storage_->counters();
  EXPECT_EQ(counters.writes, 2u);
  EXPECT_EQ(counters.bytes_written, 11u);
  EXPECT_EQ(counters.flushes, 1u);
  EXPECT_EQ(counters.fences + counters.syncs, 2u);
  EXPECT_EQ(counters.syncs == 2, GetParam() == MediumModel::pages);
}

TEST(CrashStorageCacheLines, DrainCoversOnlyTheCallersOwnLines) {
  auto medium = CrashMedium::create(small(MediumModel::cache_lines));
  auto storage = std::move(*medium->open());
  ASSERT_TRUE(storage->write(0, bytes_of("mine")));
  std::thread([&] {
    EXPECT_TRUE(storage->write(64, bytes_of("theirs")));
    EXPECT_TRUE(storage->drain());
  }).join();
  const MediumState state = final_state(*medium);
  EXPECT_EQ(text_at(state.durable(), 0, 4), std::string(4, '\0'));
  EXPECT_EQ(text_at(state.durable(), 64, 6), "theirs");
}

TEST(CrashStorageCacheLines, FenceCarriesWhatALineHeldWhenItWasFlushed) {
  auto medium = CrashMedium::create(small(MediumModel::cache_lines));
  auto storage = std::move(*medium->open());
  ASSERT_TRUE(storage->write(0, bytes_of("a")));
  std::thread([&] { EXPECT_TRUE(storage->write(1, bytes_of("b"))); }).join();
  ASSERT_TRUE(storage->write(2, bytes_of("c")));
  std::thread([&] { EXPECT_TRUE(storage->write(3, bytes_of("d"))); }).join();
  ASSERT_TRUE(storage->drain());
  EXPECT_EQ(text_at(final_state(*medium).durable(), 0, 4), std::string("abc\0", 4));
}

TEST(CrashStoragePages, DrainCoversEveryThreadsWrites) {
  auto medium = CrashMedium::create(small(MediumModel::pages));
  auto storage = std::move(*medium->open());
  std::thread([&] { EXPECT_TRUE(storage->write(0, bytes_of("theirs"))); }).join();
  ASSERT_TRUE(storage->drain());
  EXPECT_EQ(text_at(final_state(*medium).durable(), 0, 6), "theirs");
}

TEST(CrashStoragePages, FailedSyncLatchesAndForgetsThatPagesWereDirty) {
  auto medium = CrashMedium::create(small(MediumModel::pages));
  auto storage = std::move(*medium->open());
  medium->set_faults({.failing_sync = 2, .failing_write = 0, .failing_grow = 0});
  ASSERT_TRUE(storage->drain());
  ASSERT_TRUE(storage->write(0, bytes_of("lost")));
  const auto failed = storage->drain();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::io);
  EXPECT_EQ(storage->drain().error().message, failed.error().message);
  EXPECT_EQ(storage->grow(100 << 10).error().code, ErrorCode::io);
  EXPECT_EQ(storage->close().error().message, failed.error().message);

  MediumState state = final_state(*medium);
  EXPECT_EQ(state.pending().size(), 1u);
  EXPECT_TRUE(state.pending().at(0).marks.empty());
  state.apply({EventKind::drain_begin, 0, 0, 0, 0}, {});
  state.apply({EventKind::drain_end, 0, 0, 0, 0}, {});
  EXPECT_EQ(state.pending().size(), 1u) << "a later sync must not be trusted";
}

TEST(CrashStoragePages, FailedCommitMayHaveWrittenAnyPart) {
  auto medium = CrashMedium::create(small(MediumModel::pages));
  auto storage = std::move(*medium->open());
  medium->set_faults({.failing_sync = 1, .failing_write = 0, .failing_grow = 0});
  const std::string text(1024, 'x');
  const WriteRange range{0, bytes_of(text)};
  ASSERT_FALSE(storage->commit({&range, 1}));
  EXPECT_EQ(final_state(*medium).pending().size(), 2u);
}

}  // namespace
}  // namespace holdfast::testing
