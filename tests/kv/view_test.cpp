// Values without a copy: what a view keeps, and for how long.

#include "kv_suites.hpp"

#include <thread>

#include "gated_kv_fixture.hpp"
#include "kv/kv_space.hpp"

namespace holdfast::kv_suites {
namespace {

KvView view_of(const holdfast::Kv& space, std::string_view key) {
  auto view = space.view(key);
  if (!view || !*view) throw std::runtime_error("no view of " + std::string(key));  // ends the test
  return *std::move(*view);
}

TEST_P(Kv, AViewShowsTheValue) {
  const std::string large = some_value(300'000);
  put("small", "value");
  put("empty", "");
  put("large", large);
  EXPECT_EQ(view_of(*space_, "small").value(), "value");
  EXPECT_EQ(view_of(*space_, "empty").value(), "");
  EXPECT_TRUE(view_of(*space_, "large").value() == large);
  EXPECT_TRUE(view_of(*space_, "large").ok());
}

TEST_P(Kv, AViewOfAnAbsentKeyIsNothing) {
  put("erased", "value");
  ASSERT_TRUE(ok(space_->erase("erased")));
  for (const std::string_view key : {"absent", "erased"}) {
    const auto view = space_->view(key);
    ASSERT_TRUE(ok(view));
    EXPECT_FALSE(view->has_value());
  }
}

TEST_P(Kv, AViewStaysWhateverBecomesOfItsKey) {
  const std::string large = some_value(200'000, 1);
  put("small", "old");
  put("large", large);
  const KvView small_view = view_of(*space_, "small");
  const KvView large_view = view_of(*space_, "large");
  for (unsigned round = 2; round < 40; ++round) {  // many times the room there would be if it were given out
    put("small", "new");
    put("large", some_value(200'000, round));
  }
  ASSERT_TRUE(ok(space_->erase("small")));
  ASSERT_TRUE(ok(space_->erase("large")));
  ASSERT_TRUE(ok(store_->sync()));
  for (unsigned round = 0; round < 5; ++round) put("other", some_value(200'000, 50 + round));
  EXPECT_EQ(small_view.value(), "old");
  EXPECT_TRUE(large_view.value() == large);
}

TEST_P(Kv, AStoreIsNotClosedUnderAView) {
  put("key", "value");
  {
    const KvView view = view_of(*space_, "key");
    EXPECT_TRUE(fails_with(ErrorCode::busy, store_->close()));
    put("key", "another");  // the store goes on
    EXPECT_EQ(view.value(), "value");
  }
  EXPECT_TRUE(ok(store_->close()));
}

TEST_P(Kv, AViewOutlivesAReleasedStoreAndItsHandles) {
  const std::string large = some_value(200'000);
  put("small", "value");
  put("large", large);
  const KvView small_view = view_of(*space_, "small");
  const KvView large_view = view_of(*space_, "large");
  space_.reset();
  kill();
  EXPECT_EQ(small_view.value(), "value");
  EXPECT_TRUE(large_view.value() == large);
  EXPECT_TRUE(small_view.ok());
}

TEST_P(Kv, AViewMayBeMovedAndEndInAnotherThread) {
  put("key", "value");
  put("another", "other value");
  KvView view = view_of(*space_, "key");
  KvView moved(std::move(view));
  EXPECT_EQ(moved.value(), "value");
  view = view_of(*space_, "another");
  moved = std::move(view);
  EXPECT_EQ(moved.value(), "other value");
  std::thread([ended = std::move(moved)] { EXPECT_EQ(ended.value(), "other value"); }).join();
  EXPECT_TRUE(ok(store_->close()));
}

TEST_P(KvReopen, AReadOnlyStoreGivesViewsToo) {
  put("key", "value");
  put("large", some_value(200'000));
  close();
  options_.mode = OpenMode::read_only;
  open();
  space_.emplace(space("space", {.mode = OpenMode::read_only}));
  EXPECT_EQ(view_of(*space_, "key").value(), "value");
  EXPECT_TRUE(view_of(*space_, "large").value() == some_value(200'000));
}

class ViewInterleavings : public GatedKvTest {};
INSTANTIATE_TEST_SUITE_P(, ViewInterleavings, ::testing::Values(MediumModel::pages, MediumModel::cache_lines),
                         model_name);

TEST_P(ViewInterleavings, RoomUnderAViewIsGivenOutWhenItEnds) {
  put("key", some_value(kLarge, 1));
  std::optional<KvView> view(view_of(*space_, "key"));
  put("key", some_value(kLarge, 2));
  use_all_room();
  EXPECT_TRUE(view->value() == some_value(kLarge, 1));
  view.reset();
  EXPECT_TRUE(ok(space_->put("one more", some_value(kLarge, 3))));
}

// It stands before the bytes, holds its guard and has pinned nothing yet.
TEST_P(ViewInterleavings, WhatIsReplacedWhileAViewIsMadeIsPinnedAllTheSame) {
  put("key", some_value(kLarge, 1));
  Result<std::optional<KvView>> view{std::nullopt};
  StoppedThread viewer(GatedCall::at, 3, [&] { view = space_->view("key"); });
  ASSERT_TRUE(viewer.is_stopped());
  put("key", some_value(kLarge, 2));
  use_all_room();
  viewer.finish();
  ASSERT_TRUE(ok(view));
  ASSERT_TRUE(view->has_value());
  EXPECT_FALSE(space_->put("one more", some_value(kLarge, 3)));
  EXPECT_TRUE((**view).value() == some_value(kLarge, 1));
  view = std::nullopt;
  EXPECT_TRUE(ok(space_->put("one more", some_value(kLarge, 3))));
}

// The store is full of values, and every other one is taken away: what is free then lies in pieces.
TEST_P(ViewInterleavings, AValueInSeveralExtentsIsViewedAsACopy) {
  int count = 0;
  while (space_->put(std::to_string(count), some_value(kLarge / 5, 1))) ++count;
  for (int i = 0; i < count; i += 2) ASSERT_TRUE(ok(space_->erase(std::to_string(i))));
  put("in pieces", some_value(kLarge, 2));
  EXPECT_GT(kv::space_of(*space_).placements("in pieces").size(), 2u);  // its record, and two extents at least
  const KvView view = view_of(*space_, "in pieces");
  std::string begin(10, '#');
  const auto size = space_->get_into("in pieces", begin);
  ASSERT_TRUE(ok(size));
  EXPECT_EQ(**size, kLarge);
  EXPECT_EQ(begin, some_value(10, 2));
  put("in pieces", some_value(kLarge, 3));
  EXPECT_TRUE(view.value() == some_value(kLarge, 2));
  EXPECT_TRUE(fails_with(ErrorCode::busy, store_->close()));
}

}  // namespace
}  // namespace holdfast::kv_suites
