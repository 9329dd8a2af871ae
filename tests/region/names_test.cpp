#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

TEST_P(RegionOn, HandlesOfOneNameAreOneRegion) {
  Region same = region("region");
  write(0, "bytes");
  EXPECT_TRUE(holds(same, "bytes"));
  EXPECT_EQ(same.id(), region_->id());
}

TEST_P(RegionOn, IsFoundByItsId) {
  write(0, "bytes");
  const auto found = store_->region(region_->id());
  ASSERT_TRUE(ok(found));
  EXPECT_TRUE(holds(*found, "bytes"));
  EXPECT_EQ(found->name(), "region");
}

TEST_P(RegionOn, IdsThatWereNeverGivenOutAreNotFound) {
  for (const RegionId id : {RegionId{0}, RegionId{1}, region_->id() ^ 1, region_->id() + (1 << 24), ~RegionId{0}})
    EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region(id))) << id;
}

TEST_P(RegionOn, NamesAreAny1To255Bytes) {
  const std::vector<std::string> names{"a/b", "a_b", std::string("a\0b", 3), "ä", "..", std::string(255, 'n')};
  for (const std::string& name : names) {
    Region named = region(name);
    EXPECT_EQ(named.name(), name);
    ASSERT_TRUE(ok(named.append(bytes_of_text(name))));
  }
  for (const std::string& name : names) EXPECT_TRUE(holds(region(name), name));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, store_->region("")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, store_->region(std::string(256, 'n'))));
}

TEST_P(RegionOn, ModesSayWhetherItMustBeThere) {
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region("absent", {.mode = OpenMode::existing})));
  EXPECT_TRUE(fails_with(ErrorCode::exists, store_->region("region", {.mode = OpenMode::create})));
  EXPECT_TRUE(ok(store_->region("region", {.mode = OpenMode::existing})));
  EXPECT_TRUE(ok(store_->region("new", {.mode = OpenMode::create})));
}

TEST_P(RegionOn, ANameBelongsToOneKindOfSpace) {
  ASSERT_TRUE(ok(store_->kv("users")));
  EXPECT_TRUE(fails_with(ErrorCode::exists, store_->region("users")));
  EXPECT_TRUE(fails_with(ErrorCode::exists, store_->kv("region")));
  EXPECT_TRUE(fails_with(ErrorCode::exists, region_->rename("users")));
}

TEST_P(RegionOn, SpacesListsItWithItsKind) {
  write(0, some_bytes(100'000));
  const auto spaces = store_->spaces();
  ASSERT_TRUE(ok(spaces));
  ASSERT_EQ(spaces->size(), 1u);
  EXPECT_EQ(spaces->front().name, "region");
  EXPECT_EQ(spaces->front().kind, SpaceKind::region);
  EXPECT_GE(spaces->front().size_bytes, 100'000u);
}

TEST_P(RegionOn, RenamingKeepsBytesIdAndHandles) {
  write(0, "bytes");
  const RegionId id = region_->id();
  ASSERT_TRUE(ok(region_->rename("renamed")));
  EXPECT_EQ(region_->name(), "renamed");
  EXPECT_TRUE(holds(region("renamed", {.mode = OpenMode::existing}), "bytes"));
  EXPECT_EQ(region("renamed").id(), id);
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region("region", {.mode = OpenMode::existing})));
  EXPECT_TRUE(holds(region("region"), ""));  // the old name is free
}

TEST_P(RegionOn, ARefusedRenameChangesNothing) {
  Region other = region("other");
  EXPECT_TRUE(fails_with(ErrorCode::exists, region_->rename("other")));
  EXPECT_TRUE(fails_with(ErrorCode::exists, region_->rename("region")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, region_->rename("")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, region_->rename(std::string(256, 'n'))));
  EXPECT_EQ(region_->name(), "region");
  EXPECT_TRUE(ok(store_->region("region", {.mode = OpenMode::existing})));
}

TEST_P(RegionOn, ARemovedRegionIsNotFoundByAnyWay) {
  write(0, "bytes");
  Region same = region("region");
  const RegionId id = region_->id();
  ASSERT_TRUE(ok(region_->remove()));
  for (Region* const handle : {&*region_, &same}) {
    EXPECT_TRUE(fails_with(ErrorCode::not_found, handle->size()));
    EXPECT_TRUE(fails_with(ErrorCode::not_found, handle->read_at(0, {})));
    EXPECT_TRUE(fails_with(ErrorCode::not_found, handle->view(0, 0)));
    EXPECT_TRUE(fails_with(ErrorCode::not_found, handle->write_at(0, bytes_of_text("x"))));
    EXPECT_TRUE(fails_with(ErrorCode::not_found, handle->append(bytes_of_text("x"))));
    EXPECT_TRUE(fails_with(ErrorCode::not_found, handle->reserve(1)));
    EXPECT_TRUE(fails_with(ErrorCode::not_found, handle->truncate(0)));
    EXPECT_TRUE(fails_with(ErrorCode::not_found, handle->flush()));
    EXPECT_TRUE(fails_with(ErrorCode::not_found, handle->rename("other")));
    EXPECT_TRUE(fails_with(ErrorCode::not_found, handle->remove()));
    EXPECT_EQ(handle->name(), "region");
  }
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region(id)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region("region", {.mode = OpenMode::existing})));
}

TEST_P(RegionOn, ItsNameAndRoomAreFreeAfterRemoval) {
  const RegionId id = region_->id();
  for (unsigned i = 0; i < 30; ++i) {  // far more than the store could hold side by side
    const std::string bytes = some_bytes(kRoomBytes / 8, i);
    Region again = region("again");
    EXPECT_NE(again.id(), id);
    ASSERT_TRUE(ok(again.append(bytes_of_text(bytes))));
    ASSERT_TRUE(holds(again, bytes));
    ASSERT_TRUE(ok(again.remove()));
  }
}

}  // namespace
}  // namespace holdfast::region_suites
