// Duties of media whose syncs are shared and can fail: which calls cost a sync, and that after the
// first failure everything is read-only with that first error.

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>

#include "common/base/mutant.hpp"
#include "contract/storage_test_support.hpp"
#include "contract/system_call_faults.hpp"
#include "testing/durable_mark_storage.hpp"

namespace holdfast {
namespace {

using holdfast::testing::DurableMarkStorage;

class StorageSyncContract : public StorageTest {
 protected:
  void SetUp() override {
    StorageTest::SetUp();
    ASSERT_TRUE(ok(storage_->drain()));
  }

  /// Every call that would change the medium gives the error whose message holds `reason`.
  void expect_latched(const std::string& reason) {
    const std::uint64_t size = storage_->size_bytes();
    for (int round = 0; round < 2; ++round) {
      for (const auto& [name, call] : changing_calls()) {
        const auto result = call(*storage_);
        ASSERT_TRUE(fails_with(ErrorCode::io, result)) << name;
        EXPECT_NE(result.error().message.find(reason), std::string::npos)
            << name << ": " << result.error().message;
      }
    }
    EXPECT_EQ(storage_->size_bytes(), size);
    EXPECT_TRUE(holds(*storage_, 4'000'000, kept_)) << "reading goes on";
    EXPECT_TRUE(ok(storage_->space()));
  }

  /// Bytes that are there before anything fails.
  void keep_some_bytes() {
    ASSERT_TRUE(ok(storage_->commit(std::array<WriteRange, 1>{{{4'000'000, kept_}}})));
  }

  const std::vector<std::byte> bytes_ = pattern(1'000, 1);
  const std::vector<std::byte> kept_ = pattern(1'000, 2);
};
INSTANTIATE_TEST_SUITE_P(, StorageSyncContract,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::drain_can_fail)), row_name);

TEST_P(StorageSyncContract, ADrainOfNothingCostsNoSync) {
  const std::uint64_t before = ordering_points();
  EXPECT_TRUE(ok(storage_->drain()));
  EXPECT_EQ(ordering_points(), before);
}

TEST_P(StorageSyncContract, TheFirstDrainAfterOpenSyncsWhatAnEarlierProcessLeft) {
  TestDirectory other(GetParam()->root);
  const auto storage = opened(GetParam()->open_fresh(other.store()));
  EXPECT_TRUE(ok(storage->drain()));
  EXPECT_EQ(storage->counters().syncs, 1u);
}

TEST_P(StorageSyncContract, OneDrainCoversEveryThread) {
  DurableMarkStorage marked(std::move(storage_));
  std::thread writer([&] { EXPECT_TRUE(ok(marked.write(0, bytes_))); });
  writer.join();
  const std::uint64_t before = marked.counters().syncs;
  EXPECT_TRUE(ok(marked.drain()));
  EXPECT_TRUE(marked.is_durable({0, bytes_.size()}));
  std::thread drainer([&] { EXPECT_TRUE(ok(marked.drain())); });
  drainer.join();
  EXPECT_EQ(marked.counters().syncs, before + 1);
}

TEST_P(StorageSyncContract, AFailedDrainLatchesItsError) {
  keep_some_bytes();
  DurableMarkStorage* marked = new DurableMarkStorage(std::move(storage_));
  storage_.reset(marked);
  ASSERT_TRUE(ok(storage_->write(0, bytes_)));
  const SystemCallFaults faults(SystemCallFaults::fail("fdatasync", EIO, 1));
  EXPECT_TRUE(fails_with(ErrorCode::io, storage_->drain()));
  EXPECT_FALSE(marked->is_durable({0, bytes_.size()}));
  expect_latched("cannot sync: input/output error");
  EXPECT_FALSE(marked->is_durable({0, bytes_.size()}));
  EXPECT_EQ(faults.count("fdatasync"), 1) << "a failed sync is never tried again";
  EXPECT_EQ(faults.count("pwrite"), 0);
}

TEST_P(StorageSyncContract, TheFirstErrorIsKeptWhateverFollows) {
  keep_some_bytes();
  ASSERT_TRUE(ok(storage_->write(0, bytes_)));
  const SystemCallFaults faults([](std::string_view name, int) -> std::optional<int> {
    return name == "fdatasync" ? std::optional(EDQUOT) : std::optional(EROFS);
  });
  EXPECT_TRUE(fails_with(ErrorCode::io, storage_->drain()));
  const std::size_t calls_so_far = faults.sequence().size();
  for (const auto& [name, call] : changing_calls()) {
    const auto result = call(*storage_);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message, "cannot sync: disk quota exceeded") << name;
  }
  EXPECT_EQ(faults.sequence().size(), calls_so_far) << "a latched storage asks the kernel for nothing";
}

TEST_P(StorageSyncContract, AFailedSynchronousWriteLatchesItsError) {
  keep_some_bytes();
  const SystemCallFaults faults(SystemCallFaults::fail("pwritev2", EIO, 1));
  EXPECT_TRUE(fails_with(ErrorCode::io, storage_->commit(std::array<WriteRange, 1>{{{0, bytes_}}})));
  expect_latched("cannot write synchronously");
}

TEST_P(StorageSyncContract, AFailedSyncOfScatteredRangesLatchesItsError) {
  keep_some_bytes();
  const SystemCallFaults faults(SystemCallFaults::fail("fdatasync", EIO, 1));
  const std::array<WriteRange, 2> ranges = {{{0, bytes_}, {9'000, bytes_}}};
  EXPECT_TRUE(fails_with(ErrorCode::io, storage_->commit(ranges)));
  expect_latched("cannot sync");
}

TEST_P(StorageSyncContract, AFailedSyncOfRangesLatchesItsError) {
  keep_some_bytes();
  ASSERT_TRUE(ok(storage_->write(0, bytes_)));
  const SystemCallFaults faults(SystemCallFaults::fail("msync", EIO, 1));
  EXPECT_TRUE(fails_with(ErrorCode::io, storage_->sync(std::array<ByteRange, 1>{{{0, 4096}}})));
  expect_latched("cannot sync pages");
  EXPECT_EQ(faults.count("msync"), 1) << "a failed sync is never tried again";
}

TEST_P(StorageSyncContract, AFailedWritebackOfRangesLatchesItsError) {
  keep_some_bytes();
  ASSERT_TRUE(ok(storage_->write(0, bytes_)));
  // The hints go first, one for each range; then what is waited for, or synced where nothing can be waited for.
  const std::array<ByteRange, 2> ranges = {{{0, 4096}, {65'536, 4096}}};
  const SystemCallFaults faults([](std::string_view name, int number) -> std::optional<int> {
    if (name == "sync_file_range") return number <= 2 ? std::nullopt : std::optional(EIO);
    return name == "msync" ? std::optional(EIO) : std::nullopt;
  });
  EXPECT_TRUE(fails_with(ErrorCode::io, storage_->sync(ranges)));
  expect_latched("cannot ");
}

TEST_P(StorageSyncContract, WhereNothingCanBeWaitedForEachRangeIsSynced) {
  DurableMarkStorage marked(std::move(storage_));
  ASSERT_TRUE(ok(marked.write(0, bytes_)));
  ASSERT_TRUE(ok(marked.write(65'536, bytes_)));
  const SystemCallFaults faults(SystemCallFaults::fail("sync_file_range", ENOSYS));
  EXPECT_TRUE(ok(marked.sync(std::array<ByteRange, 2>{{{0, 4096}, {65'536, 4096}}})));
  EXPECT_EQ(faults.count("msync"), 2);
  EXPECT_EQ(faults.count("fdatasync"), 0);
  EXPECT_TRUE(marked.is_durable({0, bytes_.size()}));
  EXPECT_TRUE(marked.is_durable({65'536, bytes_.size()}));
}

TEST_P(StorageSyncContract, ASyncOfRangesNeverSyncsTheWholeFile) {
  ASSERT_TRUE(ok(storage_->write(0, bytes_)));
  ASSERT_TRUE(ok(storage_->write(kMiB, bytes_)));
  const SystemCallFaults faults([](std::string_view, int) -> std::optional<int> { return std::nullopt; });
  EXPECT_TRUE(ok(storage_->sync(std::array<ByteRange, 1>{{{0, 4096}}})));
  EXPECT_EQ(faults.count("msync"), 1);
  EXPECT_EQ(faults.count("fdatasync") + faults.count("fsync"), 0);
  EXPECT_TRUE(ok(storage_->drain())) << "what lies elsewhere";
  EXPECT_EQ(faults.count("fdatasync"), 1);
}

TEST_P(StorageSyncContract, AFailedWriteLatchesItsError) {
  keep_some_bytes();
  const SystemCallFaults faults(SystemCallFaults::fail("pwrite", ENOSPC, 1));
  EXPECT_TRUE(fails_with(ErrorCode::io, storage_->write(0, bytes_))) << "allocated blocks cannot be full";
  expect_latched("cannot write: no space left on device");
}

TEST_P(StorageSyncContract, AFailedSyncOfGrowthLatchesAndChangesNoSize) {
  keep_some_bytes();
  const std::uint64_t size = storage_->size_bytes();
  const SystemCallFaults faults(SystemCallFaults::fail("fsync", EIO, 1));
  EXPECT_TRUE(fails_with(ErrorCode::io, storage_->grow(2 * kTestSizeBytes)));
  EXPECT_EQ(storage_->size_bytes(), size);
  expect_latched("cannot sync");
}

TEST_P(StorageSyncContract, OnlyAMediumErrorOfTheWritebackHintCounts) {
  keep_some_bytes();
  {
    const SystemCallFaults faults(SystemCallFaults::fail("sync_file_range", ENOSYS));
    EXPECT_TRUE(ok(storage_->flush({0, 4096})));
    EXPECT_TRUE(ok(storage_->drain()));
    EXPECT_EQ(faults.count("fdatasync"), 1) << "the drain does what the hint could not start";
  }
  const SystemCallFaults faults(SystemCallFaults::fail("sync_file_range", EIO, 1));
  EXPECT_TRUE(fails_with(ErrorCode::io, storage_->flush({0, 4096})));
  expect_latched("cannot start writeback");
}

TEST_P(StorageSyncContract, WhoWaitsForASyncThatFailsGetsItsError) {
  constexpr int kWaiters = 4;
  ASSERT_TRUE(ok(storage_->write(0, bytes_)));
  std::atomic<int> wrote{0};
  const SystemCallFaults faults([&](std::string_view name, int) -> std::optional<int> {
    if (name != "fdatasync") return std::nullopt;
    while (wrote < kWaiters) std::this_thread::yield();  // fails only when all have something to drain
    return EIO;
  });
  std::thread first([&] { EXPECT_TRUE(fails_with(ErrorCode::io, storage_->drain())); });
  std::vector<std::thread> waiters;
  for (unsigned i = 1; i <= kWaiters; ++i) {
    waiters.emplace_back([&, i] {
      EXPECT_TRUE(ok(storage_->write(i * 10'000, bytes_)));
      ++wrote;
      EXPECT_TRUE(fails_with(ErrorCode::io, storage_->drain()));
    });
  }
  first.join();
  for (std::thread& waiter : waiters) waiter.join();
  EXPECT_EQ(faults.count("fdatasync"), 1);
}

TEST_P(StorageSyncContract, CloseReportsAFailedDrain) {
  ASSERT_TRUE(ok(storage_->write(0, bytes_)));
  const SystemCallFaults faults(SystemCallFaults::fail("fdatasync", EIO));
  EXPECT_TRUE(fails_with(ErrorCode::io, storage_->close()));
  EXPECT_EQ(faults.count("close"), 1) << "and releases everything all the same";
}

TEST_P(StorageSyncContract, AFullMediumIsNoSpaceAndTheStorageGoesOn) {
  for (const int error : {ENOSPC, EDQUOT}) {
    const std::uint64_t size = storage_->size_bytes();
    {
      const SystemCallFaults faults(SystemCallFaults::fail("fallocate", error));
      EXPECT_TRUE(fails_with(ErrorCode::no_space, storage_->grow(size + kMiB)));
      EXPECT_TRUE(fails_with(ErrorCode::no_space, storage_->reserve({0, 4096})));
      EXPECT_EQ(faults.count("ftruncate"), 1) << "the file is cut back";
    }
    EXPECT_EQ(storage_->size_bytes(), size);
    EXPECT_TRUE(ok(storage_->write(0, bytes_)));
    EXPECT_TRUE(ok(storage_->drain()));
    EXPECT_TRUE(ok(storage_->grow(size + kMiB)));
  }
}

#ifdef HOLDFAST_MUTANTS
// The proof that the tests above would notice: without the latch a second drain claims success.
TEST_P(StorageSyncContract, AForgottenSyncErrorWouldBeSeen) {
  ASSERT_TRUE(ok(storage_->write(0, bytes_)));
  const SystemCallFaults faults(SystemCallFaults::fail("fdatasync", EIO, 1));
  active_mutant = Mutant::forgotten_sync_error;
  EXPECT_TRUE(fails_with(ErrorCode::io, storage_->drain()));
  EXPECT_TRUE(ok(storage_->drain()));
  active_mutant = Mutant::none;
}
#endif

}  // namespace
}  // namespace holdfast
