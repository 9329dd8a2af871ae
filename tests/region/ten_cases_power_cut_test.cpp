// The same cases under the power cut: on every image that one could leave from the call on, on either kind of
// medium.

#include <holdfast/testing/crash_images.hpp>

#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

using testing::CrashImage;
using testing::CrashMedium;
using testing::CrashPoint;
using testing::MediumModel;

constexpr std::uint64_t kImagesMax = 6;  // a point: none pending, all, and some between

class TenCasesPowerCut : public ::testing::TestWithParam<MediumModel> {
 protected:
  TenCasesPowerCut() {
    options_.segment_size_bytes = 64 << 10;
    options_.recovery_threads = 1;
  }

  [[nodiscard]] testing::CrashOptions medium_options() const {
    return {.model = GetParam(), .size_bytes = 512 << 10, .max_size_bytes = 3 * kMiB};
  }

  [[nodiscard]] Store open(const std::shared_ptr<CrashMedium>& medium) const {
    auto store = Store::open(std::move(*medium->open()), options_);
    if (!store) throw std::runtime_error(store.error().to_string());  // ends the test
    return std::move(*store);
  }

  /// Looks at the store of each image from `first_point` on, cut and (the first of a point) killed.
  template <class Look>
  void for_each_end(const CrashMedium& medium, std::uint64_t first_point, Look look) const {
    std::uint64_t ends = 0;
    const auto look_at = [&](const std::shared_ptr<CrashMedium>& left, const CrashPoint& point) {
      SCOPED_TRACE(point.to_string());
      Store store = open(left);
      look(store, point.event_count);
      ++ends;
    };
    const testing::CrashImagesOptions which{.images_max = kImagesMax, .first_point = first_point};
    for_each_crash_image(medium, which, [&](const CrashPoint& point, const CrashImage& image) {
      look_at(CrashMedium::from_image(image, medium_options()), point);
      if (point.image_index == 0) look_at(CrashMedium::from_killed(*point.state, medium_options()), point);
      return !::testing::Test::HasFailure();
    });
    EXPECT_GT(ends, 0u);
  }

  std::shared_ptr<CrashMedium> medium_ = CrashMedium::create(medium_options());
  Options options_;
};

class TenCasesFailedSync : public TenCasesPowerCut {};

std::string model_name(const ::testing::TestParamInfo<MediumModel>& info) {
  return std::string(name(info.param));
}

INSTANTIATE_TEST_SUITE_P(, TenCasesPowerCut, ::testing::Values(MediumModel::cache_lines, MediumModel::pages),
                         model_name);
INSTANTIATE_TEST_SUITE_P(, TenCasesFailedSync, ::testing::Values(MediumModel::pages), model_name);

TEST_P(TenCasesPowerCut, AnImmediateWriteOfOneMebibyteIsDurableWhenItReturns) {
  const std::string bytes = noise(kMiB);
  std::uint64_t begun = 0;
  std::uint64_t returned = 0;
  {
    Store store = open(medium_);
    Region region = store.region("region").value();
    begun = medium_->event_count();
    ASSERT_TRUE(ok(region.write_at(0, bytes_of_text(bytes), kImmediate)));
    returned = medium_->event_count();
  }
  std::uint64_t without_it = 0;
  for_each_end(*medium_, begun, [&](Store& store, std::uint64_t event_count) {
    const Region region = store.region("region", {.mode = OpenMode::existing}).value();
    if (event_count >= returned) {
      EXPECT_TRUE(holds(region, bytes));
    } else {
      without_it += !holds(region, bytes);
    }
  });
  EXPECT_GT(without_it, 0u);  // else nothing was cut that mattered
}

TEST_P(TenCasesPowerCut, AnImmediateOverwriteOfOneMebibyteIsDurableWhenItReturns) {
  const std::string before = noise(kMiB);
  const std::string after = noise(kMiB, 1);
  std::uint64_t begun = 0;
  std::uint64_t returned = 0;
  {
    Store store = open(medium_);
    Region region = store.create_region({.name = "region", .bytes = bytes_of_text(before)}).value();
    begun = medium_->event_count();
    ASSERT_TRUE(ok(region.write_at(0, bytes_of_text(after), kImmediate)));
    returned = medium_->event_count();
  }
  std::uint64_t without_it = 0;
  for_each_end(*medium_, begun, [&](Store& store, std::uint64_t event_count) {
    const Region region = store.region("region", {.mode = OpenMode::existing}).value();
    const std::string found = read_all(region);
    ASSERT_EQ(found.size(), kMiB);
    for (std::size_t i = 0; i < kMiB; ++i)
      if (found[i] != before[i] && found[i] != after[i]) FAIL() << "nobody's byte at " << i;
    if (event_count >= returned) {
      EXPECT_TRUE(found == after);
    } else {
      without_it += found != after;
    }
  });
  EXPECT_GT(without_it, 0u);
}

/// Whether `store` has "victim" whole or not at all, and "reuser" with nothing but its own bytes.
void expect_nobody_shows_anothers_bytes(Store& store, const std::string& victims,
                                        const std::string& reusers) {
  if (const auto victim = store.region("victim", {.mode = OpenMode::existing})) {
    EXPECT_TRUE(holds(*victim, victims));
  }
  if (const auto reuser = store.region("reuser", {.mode = OpenMode::existing})) {
    const std::string found = read_all(*reuser);
    EXPECT_TRUE(reusers.starts_with(found)) << found.size() << " bytes, not all its own";
  }
}

TEST_P(TenCasesPowerCut, ARemovedRegionIsNeverResurrectedOverReusedRoom) {
  const std::string victims = noise(2 * kMiB, 1);
  const std::string reusers = noise(2 * kMiB, 2);  // the medium holds one of the two
  std::uint64_t begun = 0;
  std::uint64_t removed = 0;
  std::uint64_t reused = 0;
  {
    Store store = open(medium_);
    Region victim = store.create_region({.name = "victim", .bytes = bytes_of_text(victims)}).value();
    Region reuser = store.region("reuser").value();
    ASSERT_TRUE(fails_with(ErrorCode::no_space, reuser.append(bytes_of_text(reusers))));
    begun = medium_->event_count();
    ASSERT_TRUE(ok(victim.remove()));
    removed = medium_->event_count();
    ASSERT_TRUE(ok(reuser.flush()));
    ASSERT_TRUE(ok(reuser.append(bytes_of_text(reusers))));
    ASSERT_TRUE(ok(reuser.flush()));
    reused = medium_->event_count();
  }
  std::uint64_t with_it = 0;
  for_each_end(*medium_, begun, [&](Store& store, std::uint64_t event_count) {
    expect_nobody_shows_anothers_bytes(store, victims, reusers);
    const bool is_there = store.region("victim", {.mode = OpenMode::existing}).has_value();
    with_it += is_there;
    EXPECT_FALSE(is_there && event_count >= removed);
    if (event_count >= reused) {
      EXPECT_TRUE(holds(store.region("reuser").value(), reusers));
    }
  });
  EXPECT_GT(with_it, 0u);
}

// The medium refuses the removal's sync: the store is read-only from then on, and the next open finds the
// region whole or gone, its room nobody else's.
TEST_P(TenCasesFailedSync, ARemoveThatTheMediumRefusedLeavesItWholeOrGone) {
  const std::string victims = noise(kMiB, 1);
  std::uint64_t begun = 0;
  {
    Store store = open(medium_);
    Region victim = store.create_region({.name = "victim", .bytes = bytes_of_text(victims)}).value();
    Region reuser = store.region("reuser").value();
    begun = medium_->event_count();
    medium_->set_faults({.failing_sync = 1});
    EXPECT_TRUE(fails_with(ErrorCode::io, victim.remove()));
    EXPECT_TRUE(medium_->fault_happened());
    EXPECT_FALSE(reuser.append(bytes_of_text("bytes"), kImmediate).has_value());
  }
  for_each_end(*medium_, begun, [&](Store& store, std::uint64_t) {
    expect_nobody_shows_anothers_bytes(store, victims, "");
    const std::string bytes = noise(kMiB, 2);
    const auto next = store.create_region({.name = "next", .bytes = bytes_of_text(bytes)});
    ASSERT_TRUE(ok(next));
    expect_nobody_shows_anothers_bytes(store, victims, "");
    EXPECT_TRUE(holds(*next, bytes));
  });
}

}  // namespace
}  // namespace holdfast::region_suites
