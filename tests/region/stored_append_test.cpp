// Small buffered appends that go by the processor's stores: that they are the same as others.

#include <algorithm>

#include <holdfast/testing/crash_images.hpp>
#include <holdfast/testing/crash_storage.hpp>

#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

using testing::CrashImage;
using testing::CrashMedium;
using testing::CrashPoint;

constexpr std::size_t kPieceBytes = 64;
constexpr std::size_t kPieces = 40'000;  // 2.5 MiB: well behind where stores begin

std::string pieces(std::size_t count) { return noise(count * kPieceBytes, 7); }

void append_pieces(Region& region, std::string_view bytes) {
  for (; !bytes.empty(); bytes.remove_prefix(kPieceBytes))
    ASSERT_TRUE(ok(region.append(bytes_of_text(bytes.substr(0, kPieceBytes)))));
}

class StoredAppends : public RegionTest {};
INSTANTIATE_TEST_SUITE_P(, StoredAppends, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(StoredAppends, AreThereInTheirOrder) {
  const std::string bytes = pieces(kPieces);
  append_pieces(*region_, bytes);
  EXPECT_TRUE(holds(*region_, bytes));
  EXPECT_EQ(text_of(view_of(*region_, 1'000'000, 500'000)), bytes.substr(1'000'000, 500'000));
}

TEST_P(StoredAppends, CostHardlyAnyWrites) {
  append_pieces(*region_, pieces(kPieces));
  const std::uint64_t writes = store_->info()->counters.writes;
  const bool shares_syncs = store_->info()->capabilities.shares_syncs;
  if (shares_syncs) {
    EXPECT_LT(writes, kPieces * 3 / 4) << "a third of the bytes came behind 1 MiB of room";
  } else {
    EXPECT_GE(writes, kPieces) << "where each is durable by itself each is a write";
  }
}

TEST_P(StoredAppends, AreAsDurableAsTheFlushSays) {
  const std::string bytes = pieces(kPieces);
  append_pieces(*region_, bytes);
  const auto flushed = region_->flush();
  ASSERT_TRUE(ok(flushed));
  EXPECT_TRUE(*flushed);
  EXPECT_EQ(region_->flush(), false);
  append_pieces(*region_, pieces(100));
  EXPECT_EQ(region_->flush(), true);
}

TEST_P(StoredAppends, MixWithOtherWritesFromManyThreads) {
  append_pieces(*region_, pieces(30'000));
  constexpr unsigned kThreads = 4;
  constexpr std::size_t kEach = 2'000;
  const std::uint64_t begin = 30'000 * kPieceBytes;
  in_threads(kThreads, [&](unsigned thread) {
    for (std::size_t i = 0; i < kEach; ++i) {
      const std::string piece(i % 10 == 0 ? 5'000 : kPieceBytes, static_cast<char>('a' + thread));
      const auto at = region_->append(bytes_of_text(piece));
      ASSERT_TRUE(ok(at));
      std::string found(piece.size(), '?');
      ASSERT_TRUE(ok(region_->read_at(*at, std::as_writable_bytes(std::span(found)))));
      ASSERT_EQ(found, piece);
      if (i % 500 == 0) {
        ASSERT_TRUE(ok(region_->flush()));
      }
    }
  });
  const std::string all = read_all(*region_);
  ASSERT_EQ(all.size(), begin + kThreads * (kEach / 10 * 5'000 + kEach * 9 / 10 * kPieceBytes));
  for (unsigned thread = 0; thread < kThreads; ++thread)
    EXPECT_EQ(static_cast<std::size_t>(std::count(all.begin() + static_cast<std::ptrdiff_t>(begin), all.end(),
                                                  static_cast<char>('a' + thread))),
              kEach / 10 * 5'000 + kEach * 9 / 10 * kPieceBytes);
}

TEST_P(StoredAppends, RespectTheLimitOfTheHandle) {
  append_pieces(*region_, pieces(kPieces));
  Region limited = region("region", {.size_bytes_max = kPieces * kPieceBytes + 100});
  ASSERT_TRUE(ok(limited.append(bytes_of_text(pieces(1)))));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.append(bytes_of_text(pieces(1)))));
}

TEST_P(StoredAppends, EndWithTheRegion) {
  append_pieces(*region_, pieces(kPieces));
  ASSERT_TRUE(ok(region_->remove()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, region_->append(bytes_of_text(pieces(1)))));
  Region next = created("next", pieces(10'000));
  EXPECT_TRUE(holds(next, pieces(10'000)));
  ASSERT_TRUE(ok(next.seal()));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, next.append(bytes_of_text(pieces(1)))));
}

TEST_P(StoredAppends, GoOnBehindACut) {
  const std::string bytes = pieces(kPieces);
  append_pieces(*region_, bytes);
  ASSERT_TRUE(ok(region_->truncate(1'500'000)));
  append_pieces(*region_, pieces(10'000));
  EXPECT_TRUE(holds(*region_, bytes.substr(0, 1'500'000) + pieces(10'000)));
}

TEST(StoredAppendsCut, AreThereUpToTheLastFlush) {
  const testing::CrashOptions medium_options{
      .model = testing::MediumModel::pages, .size_bytes = 512 << 10, .max_size_bytes = 16 * kMiB};
  const auto medium = CrashMedium::create(medium_options);
  Options options;
  options.segment_size_bytes = 64 << 10;
  const std::string bytes = pieces(kPieces);
  std::uint64_t flushed_at = 0;
  {
    auto store = Store::open(std::move(*medium->open()), options);
    ASSERT_TRUE(ok(store));
    auto region = store->region("region");
    ASSERT_TRUE(ok(region));
    append_pieces(*region, std::string_view(bytes).substr(0, 39'000 * kPieceBytes));
    ASSERT_TRUE(ok(region->flush()));
    flushed_at = medium->event_count();
    append_pieces(*region, std::string_view(bytes).substr(39'000 * kPieceBytes));
  }
  std::uint64_t looks = 0;
  const testing::CrashImagesOptions which{.set = testing::ImageSet::small, .first_point = flushed_at};
  for_each_crash_image(*medium, which, [&](const CrashPoint& point, const CrashImage& image) {
    auto store = Store::open(std::move(*CrashMedium::from_image(image, medium_options)->open()), options);
    EXPECT_TRUE(ok(store)) << point.to_string();
    if (!store) return false;
    const auto region = store->region("region", {.mode = OpenMode::existing});
    EXPECT_TRUE(ok(region)) << point.to_string();
    EXPECT_TRUE(holds(*region, bytes.substr(0, 39'000 * kPieceBytes))) << point.to_string();
    ++looks;
    return looks < 8 && !::testing::Test::HasFailure();
  });
  EXPECT_GE(looks, 4u);
}

}  // namespace
}  // namespace holdfast::region_suites
