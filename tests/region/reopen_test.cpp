#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

TEST_P(RegionReopen, BytesSizesNamesAndIdsAreThereAfterAClose) {
  const std::string bytes = some_bytes(150'000);
  write(0, bytes);
  Region other = region("other");
  ASSERT_TRUE(ok(other.append(bytes_of_text("others"))));
  ASSERT_TRUE(ok(other.rename("renamed")));
  const RegionId id = region_->id();
  const RegionId other_id = other.id();
  reopen_after_close();
  EXPECT_TRUE(holds(*region_, bytes));
  EXPECT_EQ(region_->id(), id);
  EXPECT_TRUE(holds(region("renamed", {.mode = OpenMode::existing}), "others"));
  EXPECT_EQ(store_->region(other_id)->name(), "renamed");
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region("other", {.mode = OpenMode::existing})));
}

TEST_P(RegionReopen, WhatWasFlushedIsThereAfterAKill) {
  const std::string bytes = some_bytes(90'000);
  write(0, bytes);
  ASSERT_TRUE(ok(region_->flush()));
  reopen_after_kill();
  EXPECT_TRUE(holds(*region_, bytes));
}

TEST_P(RegionReopen, WhatWasWrittenAtOnceIsThereAfterAKill) {
  write(0, "0123456789", kImmediate);
  write(3, "xyz", kImmediate);
  ASSERT_TRUE(ok(region_->append(bytes_of_text("end"), kImmediate)));
  reopen_after_kill();
  EXPECT_TRUE(holds(*region_, "012xyz6789end"));
}

TEST_P(RegionReopen, SyncOfTheStoreCoversEveryRegion) {
  Region other = region("other");
  write(0, "bytes");
  ASSERT_TRUE(ok(other.append(bytes_of_text("others"))));
  ASSERT_TRUE(ok(store_->sync()));
  reopen_after_kill();
  EXPECT_TRUE(holds(*region_, "bytes"));
  EXPECT_TRUE(holds(region("other"), "others"));
}

TEST_P(RegionReopen, ANewSizeWithoutAFlushIsNotThereAfterAKill) {
  write(0, "flushed");
  ASSERT_TRUE(ok(region_->flush()));
  ASSERT_TRUE(ok(region_->append(bytes_of_text("not flushed"))));
  reopen_after_kill();
  EXPECT_TRUE(holds(*region_, "flushed"));
  write(7, ", and on");
  EXPECT_TRUE(holds(*region_, "flushed, and on"));
}

TEST_P(RegionReopen, TruncationRenameAndRemovalAreThereAfterAKill) {
  Region cut = region("cut");
  Region removed = region("removed");
  ASSERT_TRUE(ok(cut.append(bytes_of_text(some_bytes(100'000)))));
  ASSERT_TRUE(ok(removed.append(bytes_of_text("bytes"))));
  ASSERT_TRUE(ok(cut.truncate(50'000)));
  ASSERT_TRUE(ok(removed.remove()));
  ASSERT_TRUE(ok(region_->rename("renamed")));
  reopen_after_kill();
  EXPECT_TRUE(holds(region("cut"), some_bytes(100'000).substr(0, 50'000)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region("removed", {.mode = OpenMode::existing})));
  EXPECT_TRUE(ok(store_->region("renamed", {.mode = OpenMode::existing})));
}

TEST_P(RegionReopen, IdsAreNeverGivenOutTwice) {
  const RegionId removed_id = region_->id();
  ASSERT_TRUE(ok(region_->remove()));
  reopen_after_kill();
  EXPECT_NE(region_->id(), removed_id);
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region(removed_id)));
}

TEST_P(RegionReopen, ManySizesFitTheCatalog) {
  for (unsigned i = 0; i < 3'000; ++i)
    ASSERT_TRUE(ok(region_->append(bytes_of_text("12345678"), kImmediate))) << i;
  reopen_after_kill();
  EXPECT_EQ(region_->size(), 24'000u);
}

TEST_P(RegionReopen, ReadOnlyOpensReadAndRefuseEverythingElse) {
  write(0, some_bytes(100'000));
  close();
  options_.mode = OpenMode::read_only;
  open();
  Region seen = region("region");
  EXPECT_TRUE(holds(seen, some_bytes(100'000)));
  {
    const auto view = seen.view(10, 20);
    ASSERT_TRUE(ok(view));
    EXPECT_EQ(text_of(*view), some_bytes(100'000).substr(10, 20));
  }
  EXPECT_TRUE(fails_with(ErrorCode::read_only, seen.write_at(0, bytes_of_text("x"))));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, seen.append(bytes_of_text("x"))));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, seen.truncate(0)));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, seen.reserve(1)));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, seen.flush()));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, seen.rename("other")));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, seen.remove()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region("new")));
}

}  // namespace
}  // namespace holdfast::region_suites
