// Stores in place: who sees them, what makes them durable, and which calls they hold off.

#include <holdfast/testing/crash_images.hpp>
#include <holdfast/testing/crash_storage.hpp>

#include <array>

#include "form_suites.hpp"

namespace holdfast::region_suites {
namespace {

using testing::CrashImage;
using testing::CrashMedium;
using testing::CrashPoint;
using testing::MediumModel;

TEST_P(RegionOn, StoresThroughAMutableViewAreSeenByReads) {
  write(0, some_bytes(100'000));
  const MutableRegionView view = mutable_view_of(*region_, 10'000, 50'000);
  EXPECT_EQ(view.size_bytes(), 50'000u);
  EXPECT_TRUE(view.ok());
  store(view, 20'000, "stored");
  EXPECT_EQ(read_of(*region_, 30'000, 6), "stored");
  EXPECT_EQ(text_of(view_of(*region_, 30'000, 6)), "stored");
}

TEST_P(RegionOn, AMutableViewShowsWhatOthersWrite) {
  write(0, some_bytes(10'000));
  const MutableRegionView view = mutable_view_of(*region_, 0, 10'000);
  write(3, "written");
  EXPECT_EQ(std::to_integer<char>(view.spans().front()[3]), 'w');
}

TEST_P(RegionOn, AMutableViewSpansSeveralExtents) {
  Region other = region("other");
  for (unsigned i = 0; i < 20; ++i) {
    ASSERT_TRUE(ok(region_->append(bytes_of_text(some_bytes(9'000, i)))));
    ASSERT_TRUE(ok(other.append(bytes_of_text(some_bytes(9'000, i)))));
  }
  MutableRegionView view = mutable_view_of(*region_, 0, 180'000);
  EXPECT_GT(view.spans().size(), 1u);
  const std::string bytes = noise(180'000);
  store(view, 0, bytes);
  ASSERT_TRUE(ok(view.mark_dirty(0, 180'000)));
  EXPECT_TRUE(holds(*region_, bytes));
}

TEST_P(RegionReopen, WhatWasStoredAndMarkedIsThereWhenTheStoreIsOpenedAgain) {
  write(0, some_bytes(100'000));
  std::string expected = some_bytes(100'000);
  {
    MutableRegionView view = mutable_view_of(*region_, 0, 100'000);
    store(view, 40'000, "stored");
    put(expected, 40'000, "stored");
    ASSERT_TRUE(ok(view.mark_dirty(40'000, 6)));
  }
  ASSERT_TRUE(ok(region_->flush()));
  reopen_after_kill();
  EXPECT_TRUE(holds(*region_, expected));
}

TEST_P(RegionOn, AFlushBehindMarkDirtySaysThatSomethingWasDirty) {
  write(0, some_bytes(10'000), kImmediate);
  ASSERT_TRUE(ok(region_->flush()));
  MutableRegionView view = mutable_view_of(*region_, 0, 10'000);
  store(view, 5, "stored");
  ASSERT_TRUE(ok(view.mark_dirty(5, 6)));
  EXPECT_EQ(region_->flush(), store_->info()->capabilities.shares_syncs);
  EXPECT_EQ(region_->flush(), false);
}

TEST_P(RegionOn, WhatIsMarkedMustLieInsideTheView) {
  write(0, some_bytes(10'000));
  MutableRegionView view = mutable_view_of(*region_, 1'000, 2'000);
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, view.mark_dirty(0, 2'001)));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, view.mark_dirty(2'001, 0)));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, view.mark_dirty(1, UINT64_MAX)));
  EXPECT_TRUE(ok(view.mark_dirty(2'000, 0)));
  EXPECT_TRUE(ok(view.mark_dirty(0, 2'000)));
}

TEST_P(RegionOn, AMutableViewMustLieInsideTheRegion) {
  write(0, "0123456789");
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, region_->mutable_view(0, 11)));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, region_->mutable_view(11, 0)));
  EXPECT_EQ(mutable_view_of(*region_, 10, 0).size_bytes(), 0u);
  ASSERT_TRUE(ok(region_->remove()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, region_->mutable_view(0, 1)));
}

TEST_P(RegionOn, CheckedAndSealedRegionsAndHolesAreNotStoredTo) {
  Region checked = formed(*store_, "checked", some_bytes(9'000), {.checked_block_bytes = 4096});
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, checked.mutable_view(0, 10)));
  write(0, some_bytes(30'000));
  ASSERT_TRUE(ok(region_->punch(4'096, 8'192)));
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, region_->mutable_view(0, 4'097)));
  EXPECT_TRUE(ok(region_->mutable_view(0, 4'096)));
  EXPECT_TRUE(ok(region_->mutable_view(12'288, 100)));
  ASSERT_TRUE(ok(region_->seal()));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, region_->mutable_view(0, 10)));
}

TEST_P(RegionReopen, AReadOnlyStoreGivesNoMutableView) {
  write(0, some_bytes(9'000));
  close();
  options_.mode = OpenMode::read_only;
  open();
  Region reader = region("region", {.mode = OpenMode::existing});
  EXPECT_TRUE(fails_with(ErrorCode::read_only, reader.mutable_view(0, 10)));
}

TEST_P(RegionOn, WhileAMutableViewLivesWhatWouldMoveBytesIsBusy) {
  write(0, some_bytes(100'000));
  ASSERT_TRUE(ok(region_->punch(40'960, 8'192)));
  ASSERT_TRUE(ok(region_->set_versions_kept(2, false)));
  std::string expected = read_all(*region_);
  const auto moves = [&](Region& region) {
    std::vector<std::pair<std::string, Result<void>>> calls;
    calls.emplace_back("update", update_to(region, 10, "update"));
    calls.emplace_back("truncate_write", region.truncate_write(99'000, bytes_of_text(some_bytes(1'000))));
    calls.emplace_back("punch", region.punch(60'000, 10'000));
    calls.emplace_back("write into a hole", write_to(region, 41'000, "hole"));
    calls.emplace_back("keep_version", region.keep_version().map([](const RegionVersion&) {}));
    calls.emplace_back("replace", region.replace(bytes_of_text(some_bytes(100'000, 2))).map([](const RegionVersion&) {}));
    calls.emplace_back("seal", region.seal());
    return calls;
  };
  {
    const MutableRegionView view = mutable_view_of(*region_, 0, 10);
    for (const auto& [call, answer] : moves(*region_)) EXPECT_TRUE(fails_with(ErrorCode::busy, answer)) << call;
    EXPECT_TRUE(holds(*region_, expected));
    EXPECT_FALSE(region_->info()->is_sealed);
    EXPECT_TRUE(ok(write_to(*region_, 50, "in place")));
    EXPECT_TRUE(ok(region_->append(bytes_of_text("grown"))));
    EXPECT_TRUE(ok(region_->flush()));
    EXPECT_TRUE(ok(region_->reserve(300'000)));
    EXPECT_TRUE(ok(region_->truncate(100'000)));
    EXPECT_TRUE(ok(region_->shrink()));
    EXPECT_TRUE(ok(region_->rename("renamed")));
  }
  for (const auto& [call, answer] : moves(*region_)) EXPECT_TRUE(ok(answer)) << call;
}

TEST_P(RegionOn, TwoMutableViewsHoldOffUntilBothAreGone) {
  write(0, some_bytes(10'000));
  std::optional<MutableRegionView> first = mutable_view_of(*region_, 0, 10);
  std::optional<MutableRegionView> second = mutable_view_of(*region_, 0, 10);
  MutableRegionView moved = std::move(*first);
  first.reset();
  second.reset();
  EXPECT_TRUE(fails_with(ErrorCode::busy, region_->punch(0, 10)));
  moved = mutable_view_of(*region_, 5, 5);
  EXPECT_TRUE(fails_with(ErrorCode::busy, region_->punch(0, 10)));
  { const MutableRegionView ends = std::move(moved); }
  EXPECT_TRUE(ok(region_->punch(0, 10)));
}

TEST_P(RegionOn, CloseIsBusyWhileAMutableViewLives) {
  write(0, some_bytes(10'000));
  std::optional<MutableRegionView> view = mutable_view_of(*region_, 0, 10);
  EXPECT_TRUE(fails_with(ErrorCode::busy, store_->close()));
  view.reset();
  EXPECT_TRUE(ok(store_->close()));
}

TEST_P(RegionOn, AMutableViewOutlivesHandleAndDroppedStore) {
  write(0, some_bytes(10'000));
  MutableRegionView view = mutable_view_of(*region_, 0, 10'000);
  region_.reset();
  store(view, 10, "without a handle");
  EXPECT_TRUE(ok(view.mark_dirty(10, 16)));
  store_.reset();
  store(view, 10, "without a store");
  EXPECT_TRUE(fails_with(ErrorCode::closed, view.mark_dirty(10, 15)));
}

TEST_P(RegionOn, StoresBehindARemovalGoNowhere) {
  write(0, some_bytes(200'000));
  MutableRegionView view = mutable_view_of(*region_, 0, 200'000);
  ASSERT_TRUE(ok(region_->remove()));
  Region other = region("other");
  ASSERT_TRUE(ok(other.append(bytes_of_text(noise(500'000)))));
  store(view, 0, some_bytes(200'000, 3));
  static_cast<void>(view.mark_dirty(0, 200'000));  // nobody's bytes
  EXPECT_TRUE(holds(other, noise(500'000)));
}

TEST_P(RegionOn, StoresToWhatWasCutOffGoNowhere) {
  write(0, some_bytes(200'000));
  MutableRegionView view = mutable_view_of(*region_, 0, 200'000);
  ASSERT_TRUE(ok(region_->truncate(4'096)));
  Region other = region("other");
  ASSERT_TRUE(ok(other.append(bytes_of_text(noise(500'000)))));
  ASSERT_TRUE(ok(region_->truncate(200'000)));
  store(view, 4'096, some_bytes(195'904, 3));
  ASSERT_TRUE(ok(view.mark_dirty(0, 200'000)));
  EXPECT_TRUE(holds(other, noise(500'000)));
  EXPECT_TRUE(holds(*region_, some_bytes(4'096) + std::string(195'904, '\0')));
}

/// On every image of a power cut behind the last event.
class MutableViewPowerCut : public ::testing::TestWithParam<MediumModel> {
 protected:
  [[nodiscard]] testing::CrashOptions medium_options() const {
    return {.model = GetParam(), .size_bytes = 512 << 10, .max_size_bytes = 3 * kMiB};
  }
  void SetUp() override {
    open();
    ASSERT_TRUE(ok(region_->append(bytes_of_text(expected_), kImmediate)));
    ASSERT_TRUE(ok(region_->flush()));
  }
  void open() {
    auto opened = Store::open(std::move(*medium_->open()), {.segment_size_bytes = 64 << 10, .recovery_threads = 1});
    if (!opened) throw std::runtime_error(opened.error().to_string());  // ends the test
    store_.emplace(std::move(*opened));
    region_ = store_->region("region").value();
  }
  /// Whatever of the pending bytes is lost, the region holds what is expected.
  void expect_everywhere() {
    const testing::CrashImagesOptions last{.first_point = medium_->event_count()};
    std::uint64_t images = 0;
    for_each_crash_image(*medium_, last, [&](const CrashPoint& point, const CrashImage& image) {
      SCOPED_TRACE(point.to_string());
      ++images;
      const auto left = CrashMedium::from_image(image, medium_options());
      auto store = Store::open(std::move(*left->open()), {.segment_size_bytes = 64 << 10, .recovery_threads = 1});
      EXPECT_TRUE(ok(store));
      if (!store) return false;
      EXPECT_TRUE(holds(store->region("region").value(), expected_));
      return !HasFailure();
    });
    EXPECT_GT(images, 0u);
  }

  std::string expected_ = some_bytes(100'000);
  std::shared_ptr<CrashMedium> medium_ = CrashMedium::create(medium_options());
  std::optional<Store> store_;
  std::optional<Region> region_;
};
INSTANTIATE_TEST_SUITE_P(, MutableViewPowerCut, ::testing::Values(MediumModel::cache_lines, MediumModel::pages),
                         [](const auto& row) { return std::string(name(row.param)); });

TEST_P(MutableViewPowerCut, MarkedStoresOutliveItBehindAFlushByAnotherThread) {
  MutableRegionView view = mutable_view_of(*region_, 0, 100'000);
  std::thread([&] {
    store(view, 5'000, some_bytes(9'000, 1));
    store(view, 60'000, "few");
    EXPECT_TRUE(ok(view.mark_dirty(5'000, 9'000)));
  }).join();
  ASSERT_TRUE(ok(view.mark_dirty(60'000, 3)));
  std::thread([&] { EXPECT_TRUE(ok(region_->flush())); }).join();
  put(expected_, 5'000, some_bytes(9'000, 1));
  put(expected_, 60'000, "few");
  expect_everywhere();
}

TEST_P(MutableViewPowerCut, MarkedStoresOutliveItBehindASyncOfTheStore) {
  MutableRegionView view = mutable_view_of(*region_, 0, 100'000);
  store(view, 5'000, some_bytes(9'000, 1));
  ASSERT_TRUE(ok(view.mark_dirty(5'000, 9'000)));
  ASSERT_TRUE(ok(store_->sync()));
  put(expected_, 5'000, some_bytes(9'000, 1));
  expect_everywhere();
}

TEST_P(MutableViewPowerCut, OnPersistentMemoryMarkedStoresOutliveItAtOnce) {
  if (GetParam() == MediumModel::pages) return;  // there a flush must follow
  MutableRegionView view = mutable_view_of(*region_, 0, 100'000);
  store(view, 5'000, some_bytes(9'000, 1));
  ASSERT_TRUE(ok(view.mark_dirty(5'000, 9'000)));
  put(expected_, 5'000, some_bytes(9'000, 1));
  expect_everywhere();
}

TEST_P(MutableViewPowerCut, StoresMarkedBehindATruncationOutliveItAfterAFlush) {
  MutableRegionView view = mutable_view_of(*region_, 0, 100'000);
  ASSERT_TRUE(ok(region_->truncate(20'000)));
  ASSERT_TRUE(ok(region_->shrink()));
  expected_.resize(20'000);
  store(view, 5'000, some_bytes(9'000, 1));
  ASSERT_TRUE(ok(view.mark_dirty(5'000, 9'000)));
  ASSERT_TRUE(ok(region_->flush()));
  put(expected_, 5'000, some_bytes(9'000, 1));
  expect_everywhere();
}

TEST_P(MutableViewPowerCut, StoresMarkedBeforeAnUpdateElsewhereOutliveItAfterAFlush) {
  {
    MutableRegionView view = mutable_view_of(*region_, 0, 100'000);
    std::thread([&] { store(view, 5'000, some_bytes(9'000, 1)); }).join();
    ASSERT_TRUE(ok(view.mark_dirty(5'000, 9'000)));
  }
  ASSERT_TRUE(ok(update_to(*region_, 95'000, "elsewhere")));
  ASSERT_TRUE(ok(region_->flush()));
  put(expected_, 5'000, some_bytes(9'000, 1));
  put(expected_, 95'000, "elsewhere");
  expect_everywhere();
}

TEST_P(MutableViewPowerCut, WhatIsSealedBehindMarkedStoresHoldsThem) {
  {
    MutableRegionView view = mutable_view_of(*region_, 0, 100'000);
    std::thread([&] { store(view, 5'000, some_bytes(9'000, 1)); }).join();
    ASSERT_TRUE(ok(view.mark_dirty(5'000, 9'000)));
  }
  put(expected_, 5'000, some_bytes(9'000, 1));
  ASSERT_TRUE(ok(region_->seal()));
  expect_everywhere();
}

}  // namespace
}  // namespace holdfast::region_suites
