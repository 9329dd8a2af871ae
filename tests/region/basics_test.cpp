#include <cstdint>
#include <limits>

#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

TEST_P(RegionOn, BeginsEmpty) {
  EXPECT_EQ(region_->size(), 0u);
  EXPECT_TRUE(holds(*region_, ""));
}

TEST_P(RegionOn, ReadsWhatWasWritten) {
  write(0, "hello world");
  write(6, "there");
  EXPECT_TRUE(holds(*region_, "hello there"));
  std::string middle(4, '?');
  ASSERT_TRUE(ok(region_->read_at(3, std::as_writable_bytes(std::span(middle)))));
  EXPECT_EQ(middle, "lo t");
}

TEST_P(RegionOn, AppendsSayWhereTheyBegin) {
  EXPECT_EQ(region_->append(bytes_of_text("one")), 0u);
  EXPECT_EQ(region_->append(bytes_of_text("three")), 3u);
  EXPECT_EQ(region_->append({}), 8u);
  EXPECT_TRUE(holds(*region_, "onethree"));
}

TEST_P(RegionOn, AGapReadsAsZeros) {
  write(0, "begin");
  write(70'000, "end");
  std::string expected = "begin";
  expected.resize(70'000, '\0');
  EXPECT_TRUE(holds(*region_, expected + "end"));
}

TEST_P(RegionOn, AGapReadsAsZerosWhereOtherBytesHadBeen) {
  write(0, some_bytes(100'000));
  ASSERT_TRUE(ok(region_->truncate(10)));
  write(50'000, "end");
  std::string expected = some_bytes(100'000).substr(0, 10);
  expected.resize(50'000, '\0');
  EXPECT_TRUE(holds(*region_, expected + "end"));
}

TEST_P(RegionOn, AWriteAcrossTheEndOverwritesAndGrows) {
  write(0, "0123456789");
  write(7, "abcdef");
  EXPECT_TRUE(holds(*region_, "0123456abcdef"));
}

TEST_P(RegionOn, AnEmptyWriteChangesNothing) {
  write(0, "bytes");
  write(2, "");
  write(1'000'000, "");
  EXPECT_TRUE(holds(*region_, "bytes"));
}

TEST_P(RegionOn, ReadsOutsideAreOutOfBoundsAndReadNothing) {
  write(0, "0123456789");
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  std::string into = "untouched";
  const auto buffer = std::as_writable_bytes(std::span(into));
  for (const std::uint64_t offset : {std::uint64_t{2}, std::uint64_t{10}, std::uint64_t{11}, kMax - 8, kMax}) {
    EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, region_->read_at(offset, buffer))) << offset;
    EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, region_->view(offset, buffer.size()))) << offset;
  }
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, region_->view(1, kMax)));
  EXPECT_EQ(into, "untouched");
  EXPECT_TRUE(ok(region_->read_at(10, {})));
}

TEST_P(RegionOn, BeyondItsLimitIsTooLargeAndChangesNothing) {
  Region limited = region("limited", {.size_bytes_max = 100});
  const std::string eighty = some_bytes(80);
  ASSERT_TRUE(ok(limited.append(bytes_of_text(eighty))));
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.append(bytes_of_text(some_bytes(21)))));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.write_at(99, bytes_of_text("ab"))));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.write_at(kMax, bytes_of_text("ab"))));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.truncate(101)));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.reserve(kMax)));
  EXPECT_TRUE(holds(limited, eighty));
  EXPECT_TRUE(ok(limited.write_at(99, bytes_of_text("z"))));
  EXPECT_EQ(limited.size(), 100u);
}

TEST_P(RegionOn, NoRegionIsLargerThanTheFormatAllows) {
  Region boundless = region("boundless", {.size_bytes_max = std::numeric_limits<std::uint64_t>::max()});
  EXPECT_TRUE(fails_with(ErrorCode::too_large, boundless.write_at(kRegionSizeBytesMax, bytes_of_text("z"))));
  EXPECT_EQ(boundless.size(), 0u);
}

TEST_P(RegionOn, AFullStoreIsNoSpaceAndTheRegionGoesOn) {
  const std::string kept = some_bytes(5'000);
  write(0, kept);
  const std::string too_much = some_bytes(kRoomBytes);
  EXPECT_TRUE(fails_with(ErrorCode::no_space, region_->append(bytes_of_text(too_much))));
  EXPECT_TRUE(fails_with(ErrorCode::no_space, region_->reserve(kRoomBytes)));
  EXPECT_TRUE(fails_with(ErrorCode::no_space, region_->truncate(kRoomBytes)));
  EXPECT_TRUE(holds(*region_, kept));
  EXPECT_TRUE(ok(region_->append(bytes_of_text("more"))));
  EXPECT_TRUE(holds(*region_, kept + "more"));
}

}  // namespace
}  // namespace holdfast::region_suites
