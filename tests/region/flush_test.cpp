// What a flush of one region makes durable, and what it leaves to others.

#include <holdfast/testing/crash_storage.hpp>

#include "contract/system_call_faults.hpp"
#include "form_suites.hpp"
#include "testing/durable_mark_storage.hpp"

namespace holdfast::region_suites {
namespace {

using testing::DurableMark;
using testing::DurableMarkStorage;

/// A store over a medium that knows which of its bytes are durable.
class RegionFlushes : public ::testing::TestWithParam<BackendRow> {
 protected:
  RegionFlushes() : directory_(GetParam()->root) {
    auto below = GetParam()->open_fresh(directory_.store());
    if (!below) throw std::runtime_error(below.error().to_string());  // ends the test
    auto storage = std::make_unique<DurableMarkStorage>(std::move(*below));
    mark_ = storage->mark();
    base_ = storage->at(0);
    shares_syncs_ = storage->capabilities().shares_syncs;
    Options options;
    options.segment_size_bytes = 64 << 10;
    auto opened = Store::open(std::move(storage), options);
    if (!opened) throw std::runtime_error(opened.error().to_string());  // ends the test
    store_.emplace(std::move(*opened));
  }

  [[nodiscard]] Region region(std::string_view name) { return store_->region(name).value(); }

  [[nodiscard]] std::vector<ByteRange> places(const Region& region, std::uint64_t offset, std::uint64_t size_bytes) const {
    std::vector<ByteRange> all;
    const RegionView view = view_of(region, offset, size_bytes);
    for (const auto& span : view.spans()) all.push_back({static_cast<std::uint64_t>(span.data() - base_), span.size()});
    return all;
  }

  [[nodiscard]] bool is_durable(const Region& region, std::uint64_t offset, std::uint64_t size_bytes) const {
    for (const ByteRange& range : places(region, offset, size_bytes))
      if (!mark_->is_durable(range)) return false;
    return true;
  }

  TestDirectory directory_;
  std::shared_ptr<DurableMark> mark_;
  const std::byte* base_ = nullptr;
  bool shares_syncs_ = false;
  std::optional<Store> store_;
};
INSTANTIATE_TEST_SUITE_P(, RegionFlushes, ::testing::ValuesIn(all_backends()), row_name);

/// Two regions that grow in turns, so that each has several extents.
void grow_in_turns(Region& one, Region& other) {
  for (unsigned i = 0; i < 20; ++i) {
    ASSERT_TRUE(ok(one.append(bytes_of_text(some_bytes(20'000, i)))));
    ASSERT_TRUE(ok(other.append(bytes_of_text(some_bytes(20'000, i)))));
  }
}

TEST_P(RegionFlushes, MakeDurableWhatWasWritten) {
  Region one = region("one");
  ASSERT_TRUE(ok(one.append(bytes_of_text(some_bytes(50'000)))));
  ASSERT_EQ(one.flush(), true);
  ASSERT_TRUE(is_durable(one, 0, 50'000));
  ASSERT_TRUE(ok(write_to(one, 10'000, some_bytes(20'000, 1))));
  EXPECT_EQ(is_durable(one, 10'000, 20'000), !shares_syncs_);
  EXPECT_EQ(one.flush(), shares_syncs_);
  EXPECT_TRUE(is_durable(one, 0, 50'000));
}

TEST_P(RegionFlushes, OfAnEmptyRegionTouchNothing) {
  Region one = region("one");
  const Spent spent(*store_);
  EXPECT_EQ(one.flush(), false);
  EXPECT_EQ(spent.syncs() + spent.fences(), 0u);
}

TEST_P(RegionFlushes, LeaveTheDirtyBytesOfAnotherRegion) {
  Region one = region("one");
  Region other = region("other");
  grow_in_turns(one, other);
  ASSERT_TRUE(ok(store_->sync()));
  ASSERT_TRUE(ok(write_to(one, 100, some_bytes(300'000, 1))));
  ASSERT_TRUE(ok(write_to(other, 100, some_bytes(300'000, 2))));
  ASSERT_TRUE(ok(one.flush()));
  EXPECT_TRUE(is_durable(one, 0, 400'000));
  for (const ByteRange& range : places(other, 100, 300'000)) EXPECT_EQ(mark_->is_durable(range), !shares_syncs_) << range.offset;
  EXPECT_EQ(other.flush(), shares_syncs_);
  EXPECT_TRUE(is_durable(other, 0, 400'000));
}

TEST_P(RegionFlushes, LeaveTheCleanExtentsOfTheRegionItself) {
  Region one = region("one");
  Region other = region("other");
  grow_in_turns(one, other);
  ASSERT_TRUE(ok(store_->sync()));
  const auto first = places(one, 0, 10).front();
  ASSERT_TRUE(ok(write_to(one, 10, "a few bytes")));
  const Spent spent(*store_);
  ASSERT_TRUE(ok(one.flush()));
  EXPECT_EQ(spent.syncs(), shares_syncs_ ? 1u : 0u);  // the size is known: no record of the catalog
  EXPECT_TRUE(mark_->is_durable(first));
}

TEST_P(RegionFlushes, OfManyDirtyExtentsCoverThemAll) {
  Region one = region("one");
  Region other = region("other");
  grow_in_turns(one, other);
  ASSERT_TRUE(ok(store_->sync()));
  const std::uint64_t runs = places(one, 0, 400'000).size();
  ASSERT_GT(runs, 1u);
  for (std::uint64_t at = 0; at < 400'000; at += 4'000) ASSERT_TRUE(ok(write_to(one, at, "dirty")));
  const Spent spent(*store_);
  ASSERT_TRUE(ok(one.flush()));
  EXPECT_LE(spent.syncs(), runs);
  EXPECT_TRUE(is_durable(one, 0, 400'000));
  EXPECT_EQ(one.flush(), false);
}

TEST_P(RegionFlushes, BehindGrowthCoverTheGapAndWhatFollows) {
  Region one = region("one");
  ASSERT_TRUE(ok(write_to(one, 200'000, some_bytes(100'000))));
  ASSERT_TRUE(ok(one.flush()));
  EXPECT_TRUE(is_durable(one, 0, 300'000));
  ASSERT_TRUE(ok(one.append(bytes_of_text(some_bytes(500'000, 1)))));
  ASSERT_TRUE(ok(one.flush()));
  EXPECT_TRUE(is_durable(one, 0, 800'000));
}

TEST_P(RegionFlushes, CoverWhatAnotherThreadHasWritten) {
  Region one = region("one");
  ASSERT_TRUE(ok(one.append(bytes_of_text(some_bytes(300'000)))));
  in_threads(4, [&](unsigned i) {
    EXPECT_TRUE(ok(write_to(one, i * 70'000, some_bytes(70'000, i))));
  });
  ASSERT_TRUE(ok(one.flush()));
  EXPECT_TRUE(is_durable(one, 0, 300'000));
}

TEST_P(RegionFlushes, CoverWhatWasWrittenToExtentsThatAnUpdateHasSplit) {
  Region one = region("one");
  ASSERT_TRUE(ok(one.append(bytes_of_text(some_bytes(500'000)))));
  ASSERT_TRUE(ok(one.flush()));
  ASSERT_TRUE(ok(write_to(one, 10, "in front")));
  ASSERT_TRUE(ok(write_to(one, 450'000, "behind")));
  ASSERT_TRUE(ok(update_to(one, 250'000, "in the middle")));
  ASSERT_TRUE(ok(one.flush()));
  EXPECT_TRUE(is_durable(one, 0, 500'000));
  ASSERT_TRUE(ok(write_to(one, 249'000, some_bytes(3'000, 3))));
  ASSERT_TRUE(ok(one.flush()));
  EXPECT_TRUE(is_durable(one, 0, 500'000));
}

TEST_P(RegionFlushes, OfTheStoreCoverEveryRegion) {
  Region one = region("one");
  Region other = region("other");
  grow_in_turns(one, other);
  ASSERT_TRUE(ok(store_->sync()));
  EXPECT_TRUE(is_durable(one, 0, 400'000) && is_durable(other, 0, 400'000));
  EXPECT_EQ(one.flush(), false);
  EXPECT_EQ(other.flush(), false);
}

TEST_P(RegionFlushes, CoverWhatImmediateGrowthOfOthersWaitedFor) {
  Region one = region("one");
  in_threads(4, [&](unsigned i) {
    for (unsigned round = 0; round < 20; ++round) {
      const auto at = one.append(bytes_of_text(some_bytes(3'000, i)), kImmediate);
      ASSERT_TRUE(ok(at));
      ASSERT_TRUE(is_durable(one, *at, 3'000));
    }
  });
}

// Every write of the store is refused from then on, and tells the first error.
TEST(RegionFlushFails, BehindASyncThatFailedNothingIsWritten) {
  const auto medium = testing::CrashMedium::create({.size_bytes = 512 << 10, .max_size_bytes = 3 * kMiB});
  auto opened = Store::open(std::move(*medium->open()), {.segment_size_bytes = 64 << 10, .recovery_threads = 1});
  ASSERT_TRUE(ok(opened));
  Region one = opened->region("one").value();
  Region other = opened->region("other").value();
  ASSERT_TRUE(ok(one.append(bytes_of_text(some_bytes(9'000)), kImmediate)));
  ASSERT_TRUE(ok(write_to(one, 10, "dirty")));
  medium->set_faults({.failing_sync = 1});
  const auto first = one.flush();
  ASSERT_TRUE(fails_with(ErrorCode::io, first));
  const auto again = one.flush();
  ASSERT_TRUE(fails_with(ErrorCode::io, again));
  EXPECT_EQ(again.error().message, first.error().message);
  EXPECT_TRUE(fails_with(ErrorCode::io, other.append(bytes_of_text("more"))));
  EXPECT_TRUE(fails_with(ErrorCode::io, one.punch(0, 5'000)));
  EXPECT_EQ(read_of(one, 10, 5), "dirty");
}

TEST(RegionFlushFails, OnAFileEachWayOfSyncingLatches) {
  for (const char* const call : {"msync", "sync_file_range", "fdatasync"}) {
    SCOPED_TRACE(call);
    const TestDirectory directory("/dev/shm");
    Options options;
    options.backend = Backend::file;
    options.size_bytes = kMiB;
    options.max_size_bytes = kRoomBytes;
    options.segment_size_bytes = 64 << 10;
    auto opened = Store::open(directory.store(), options);
    ASSERT_TRUE(ok(opened));
    Region one = opened->region("one").value();
    ASSERT_TRUE(ok(one.append(bytes_of_text(some_bytes(9'000)), kImmediate)));
    ASSERT_TRUE(ok(write_to(one, 10, "dirty")));
    const SystemCallFaults faults(SystemCallFaults::fail(call, EIO));
    const auto flushed = one.flush();
    if (faults.count(call) == 0) continue;  // not how it is done here
    ASSERT_TRUE(fails_with(ErrorCode::io, flushed));
    EXPECT_TRUE(fails_with(ErrorCode::io, write_to(one, 10, "again")));
    EXPECT_EQ(read_of(one, 10, 5), "dirty");
  }
}

}  // namespace
}  // namespace holdfast::region_suites
