#include "region_suites.hpp"

#include "common/base/mutant.hpp"

namespace holdfast::region_suites {
namespace {

TEST_P(RegionOn, AViewShowsTheBytesWhereTheyLie) {
  write(0, "0123456789");
  const RegionView view = view_of(*region_, 2, 5);
  EXPECT_EQ(text_of(view), "23456");
  EXPECT_EQ(view.size_bytes(), 5u);
  write(3, "x");
  EXPECT_EQ(text_of(view), "2x456");
}

TEST_P(RegionOn, AViewOfNothingIsEmpty) {
  write(0, "abc");
  const RegionView view = view_of(*region_, 3, 0);
  EXPECT_TRUE(view.spans().empty());
  EXPECT_EQ(view.size_bytes(), 0u);
}

TEST_P(RegionOn, AViewOverSeveralExtentsHasAsManySpans) {
  Region other = region("other");
  for (unsigned i = 0; i < 30; ++i) {
    ASSERT_TRUE(ok(region_->append(bytes_of_text(some_bytes(9'000, i)))));
    ASSERT_TRUE(ok(other.append(bytes_of_text(some_bytes(9'000, i)))));
  }
  const RegionView view = view_of(*region_, 100, 269'800);
  EXPECT_GT(view.spans().size(), 1u);
  EXPECT_EQ(text_of(view), read_all(*region_).substr(100, 269'800));
}

TEST_P(RegionOn, GrowthKeepsViews) {
  write(0, some_bytes(5'000));
  const RegionView view = view_of(*region_, 0, 5'000);
  const std::byte* const address = view.spans().front().data();
  for (unsigned i = 0; i < 40; ++i) ASSERT_TRUE(ok(region_->append(bytes_of_text(some_bytes(20'000, i)))));
  EXPECT_EQ(view.spans().front().data(), address);
  EXPECT_EQ(text_of(view), some_bytes(5'000));
}

/// Whether bytes that others write now leave alone what `view` shows.
bool stays_as_it_is(const RegionView& view, Store& store) {
  const std::string before = text_of(view);
  auto other = store.region("other");
  if (!other) return false;
  for (unsigned i = 0; i < 100; ++i)
    if (!other->append(bytes_of_text(some_bytes(9'000, i)))) break;  // until the store is full
  return text_of(view) == before;
}

TEST_P(RegionOn, TruncationKeepsViews) {
  write(0, some_bytes(200'000));
  const RegionView view = view_of(*region_, 0, 200'000);
  ASSERT_TRUE(ok(region_->truncate(0)));
  EXPECT_TRUE(stays_as_it_is(view, *store_));
}

TEST_P(RegionOn, RemovalKeepsViews) {
  write(0, some_bytes(200'000));
  const RegionView view = view_of(*region_, 0, 200'000);
  ASSERT_TRUE(ok(region_->remove()));
  EXPECT_TRUE(stays_as_it_is(view, *store_));
}

#ifdef HOLDFAST_MUTANTS
TEST_P(RegionOn, AnExtentFreedUnderAViewWouldBeNoticed) {
  write(0, some_bytes(200'000));
  const RegionView view = view_of(*region_, 0, 200'000);
  active_mutant = Mutant::extent_freed_under_view;
  ASSERT_TRUE(ok(region_->remove()));
  EXPECT_FALSE(stays_as_it_is(view, *store_));
  active_mutant = Mutant::none;
}
#endif

TEST_P(RegionOn, TheLastViewGivesTheRoomBack) {
  write(0, some_bytes(200'000));
  std::optional<RegionView> first = view_of(*region_, 0, 100'000);
  std::optional<RegionView> second = view_of(*region_, 50'000, 100'000);
  ASSERT_TRUE(ok(region_->remove()));
  const std::uint64_t free = free_bytes();
  first.reset();
  EXPECT_EQ(text_of(*second), some_bytes(200'000).substr(50'000, 100'000));
  second.reset();
  EXPECT_GT(free_bytes(), free);
}

TEST_P(RegionOn, AViewCanBeMoved) {
  write(0, "0123456789");
  RegionView view = view_of(*region_, 0, 4);
  RegionView moved = std::move(view);
  view = view_of(*region_, 4, 2);
  EXPECT_EQ(text_of(moved), "0123");
  moved = std::move(view);
  EXPECT_EQ(text_of(moved), "45");
}

TEST_P(RegionOn, CloseIsBusyWhileViewsLive) {
  write(0, "bytes");
  std::optional<RegionView> view = view_of(*region_, 0, 5);
  EXPECT_TRUE(fails_with(ErrorCode::busy, store_->close()));
  EXPECT_TRUE(ok(region_->append(bytes_of_text("more"))));  // the store goes on
  EXPECT_EQ(text_of(*view), "bytes");
  view.reset();
  EXPECT_TRUE(ok(store_->close()));
}

TEST_P(RegionOn, AViewOutlivesADroppedStore) {
  write(0, some_bytes(100'000));
  std::optional<RegionView> view = view_of(*region_, 0, 100'000);
  store_.reset();
  region_.reset();
  EXPECT_EQ(text_of(*view), some_bytes(100'000));
  view.reset();
}

TEST_P(RegionReopen, TheLastViewOfADroppedStoreLetsItGo) {
  write(0, "bytes");
  std::optional<RegionView> view = view_of(*region_, 0, 5);
  store_.reset();
  EXPECT_TRUE(fails_with(ErrorCode::locked, Store::open(directory_.store(), options_)));
  view.reset();
  open();
}

}  // namespace
}  // namespace holdfast::region_suites
