// Data sets under the power cut, on both kinds of medium: every crash point of what writes, replaces and
// removes one; and each call of the medium that can fail, failing.

#include <holdfast/testing/crash_images.hpp>

#include <optional>
#include <set>

#include "sharded_suites.hpp"

namespace holdfast::region_suites {
namespace {

using testing::CrashImage;
using testing::CrashMedium;
using testing::CrashPoint;
using testing::MediumModel;

constexpr ShardedDataOptions kOptions{.shard_size_bytes = 3'000, .threads = 1};

Store open_on(CrashMedium& medium) {
  Options options;
  options.segment_size_bytes = 64 << 10;
  auto storage = medium.open();
  auto store = storage ? Store::open(std::move(*storage), options) : Unexpected(storage.error());
  if (!store) throw std::runtime_error(store.error().to_string());  // ends the test
  return std::move(*store);
}

Result<ShardedData> write_bytes(Store& store, const std::string& bytes) {
  return ShardedData::write(store, "data", bytes_of_text(bytes), kOptions);
}

/// The bytes of the data set; nothing if there is none. Anything but that is a failure.
std::optional<std::string> bytes_in(Store& store) {
  const auto data = ShardedData::open(store, "data", kOptions);
  if (!data) {
    EXPECT_TRUE(fails_with(ErrorCode::not_found, data));
    return std::nullopt;
  }
  EXPECT_TRUE(ok(data->verify()));
  return read_all(*data);
}

class ShardedCrash : public ::testing::TestWithParam<MediumModel> {
 protected:
  ShardedCrash() : medium_(CrashMedium::create({.model = GetParam(), .max_size_bytes = 2 * kMiB})) {}

  using Contents = std::vector<std::optional<std::string>>;

  /// Cuts the power behind each event since `first_point`: what is there then is one of `allowed`, and
  /// another write makes that and nothing else.
  void expect_in_each_image(std::uint64_t first_point, const Contents& allowed) {
    std::uint64_t images = 0;
    std::set<std::size_t> seen;
    testing::for_each_crash_image(
        *medium_, {.images_max = 40, .first_point = first_point},
        [&](const CrashPoint& point, const CrashImage& image) {
          SCOPED_TRACE(point.to_string());
          const auto medium = CrashMedium::from_image(
              image, {.model = GetParam(), .max_size_bytes = 2 * kMiB, .keeps_log = false});
          Store store = open_on(*medium);
          const auto found = std::ranges::find(allowed, bytes_in(store));
          EXPECT_NE(found, allowed.end());
          if (found != allowed.end()) seen.insert(static_cast<std::size_t>(found - allowed.begin()));
          const std::string next = some_bytes(4'000, 9);
          EXPECT_TRUE(ok(write_bytes(store, next)));
          EXPECT_EQ(bytes_in(store), next);
          EXPECT_EQ(shards_in(store), 2u);
          return ++images, !HasFailure();
        });
    RecordProperty("images", std::to_string(images));
    EXPECT_GT(images, 10u);
    EXPECT_EQ(seen.size(), allowed.size());  // each of them is what some cut leaves
  }

  std::shared_ptr<CrashMedium> medium_;
};
INSTANTIATE_TEST_SUITE_P(, ShardedCrash, ::testing::Values(MediumModel::pages, MediumModel::cache_lines),
                         [](const auto& row) { return std::string(testing::name(row.param)); });

TEST_P(ShardedCrash, ANewDataSetIsWholeOrNotThere) {
  const std::string bytes = some_bytes(8'000, 1);
  Store store = open_on(*medium_);
  const std::uint64_t before = medium_->event_count();
  ASSERT_TRUE(ok(write_bytes(store, bytes)));
  expect_in_each_image(before, {std::nullopt, bytes});
}

TEST_P(ShardedCrash, AReplacedOneIsTheOldOrTheNewOne) {
  const std::string bytes = some_bytes(8'000, 1);
  const std::string longer = some_bytes(14'500, 2);
  Store store = open_on(*medium_);
  ASSERT_TRUE(ok(write_bytes(store, bytes)));
  std::uint64_t before = medium_->event_count();
  ASSERT_TRUE(ok(write_bytes(store, longer)));
  expect_in_each_image(before, {bytes, longer});
  before = medium_->event_count();
  ASSERT_TRUE(ok(write_bytes(store, "")));
  expect_in_each_image(before, {longer, ""});
}

TEST_P(ShardedCrash, ARemovedOneIsWholeOrNotThere) {
  const std::string bytes = some_bytes(8'000, 1);
  Store store = open_on(*medium_);
  ASSERT_TRUE(ok(write_bytes(store, bytes)));
  const std::uint64_t before = medium_->event_count();
  ASSERT_TRUE(ok(ShardedData::remove(store, "data")));
  expect_in_each_image(before, {bytes, std::nullopt});
}

/// Lets the n-th call of a kind fail, for every n, in what replaces a data set; then opens the store again.
void sweep(MediumModel model, std::uint64_t testing::CrashFaults::*fault) {
  const std::string bytes = some_bytes(8'000, 1);
  const std::string other = some_bytes(200'000, 2);
  for (std::uint64_t n = 1;; ++n) {
    SCOPED_TRACE(n);
    const auto medium = CrashMedium::create({.model = model, .max_size_bytes = 2 * kMiB, .keeps_log = false});
    std::optional<Store> store(open_on(*medium));
    ASSERT_TRUE(ok(write_bytes(*store, bytes)));
    testing::CrashFaults faults;
    faults.*fault = n;
    medium->set_faults(faults);
    const auto written =
        ShardedData::write(*store, "data", bytes_of_text(other), {.shard_size_bytes = 50'000, .threads = 1});
    const bool happened = medium->fault_happened();
    medium->set_faults({});
    if (!written) {
      EXPECT_TRUE(happened);
      const ErrorCode code = written.error().code;
      EXPECT_TRUE(code == ErrorCode::io || code == ErrorCode::no_space) << written.error().to_string();
      if (code == ErrorCode::no_space) {
        EXPECT_EQ(bytes_in(*store), bytes);
        EXPECT_EQ(shards_in(*store), 3u);
      }
    }
    store.reset();
    store.emplace(open_on(*medium));
    const auto found = bytes_in(*store);
    EXPECT_TRUE(found == other || (!written && found == bytes));
    EXPECT_TRUE(ok(ShardedData::remove_leftovers(*store)));
    EXPECT_EQ(shards_in(*store), ShardedData::open(*store, "data")->shard_count());
    if (!happened) {
      EXPECT_GT(n, 1u);
      return;
    }
  }
}

TEST_P(ShardedCrash, AFailingCallLeavesTheOldOrTheNewOne) {
  sweep(GetParam(), &testing::CrashFaults::failing_grow);
  if (GetParam() == MediumModel::cache_lines) return;  // nothing else is called there that can fail
  // Each write is a commit, which fails as a sync.
  sweep(GetParam(), &testing::CrashFaults::failing_sync);
}

}  // namespace
}  // namespace holdfast::region_suites
