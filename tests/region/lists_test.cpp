#include <array>

#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

std::span<std::byte> room_in(std::string& text) { return std::as_writable_bytes(std::span(text)); }

TEST_P(RegionOn, ManyWritesInOneCallAreInTheirOrder) {
  write(0, some_bytes(50'000));
  std::string expected = some_bytes(50'000);
  const std::string a = some_bytes(9'000, 1);
  const std::string b = some_bytes(300, 2);
  const std::array writes{RegionWrite{1'000, bytes_of_text(a)}, RegionWrite{5'000, bytes_of_text(b)},
                          RegionWrite{40'000, {}}, RegionWrite{49'700, bytes_of_text(b)}};
  ASSERT_TRUE(ok(region_->write_each(writes)));
  expected.replace(1'000, a.size(), a).replace(5'000, b.size(), b).replace(49'700, b.size(), b);
  EXPECT_TRUE(holds(*region_, expected));
}

TEST_P(RegionOn, ManyWritesMayReachBehindTheEnd) {
  const std::string a = some_bytes(300, 1);
  const std::array writes{RegionWrite{100, bytes_of_text(a)}, RegionWrite{200, bytes_of_text(a)},
                          RegionWrite{90'000, bytes_of_text(a)}};
  ASSERT_TRUE(ok(region_->write_each(writes, kImmediate)));
  std::string expected(90'300, '\0');
  expected.replace(100, 300, a).replace(200, 300, a).replace(90'000, 300, a);
  EXPECT_TRUE(holds(*region_, expected));
  EXPECT_EQ(region_->flush(), false);  // durable already
}

TEST_P(RegionOn, ManyWritesBehindTheLimitChangeNothing) {
  Region limited = region("limited", {.size_bytes_max = 1'000});
  const std::string a = some_bytes(300);
  const std::array writes{RegionWrite{0, bytes_of_text(a)}, RegionWrite{900, bytes_of_text(a)},
                          RegionWrite{UINT64_MAX - 10, bytes_of_text(a)}};
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.write_each(writes)));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.write_each(std::span(writes).last(1))));
  EXPECT_TRUE(holds(limited, ""));
}

TEST_P(RegionOn, ManyWritesInsideCostOneSync) {
  write(0, some_bytes(200'000));
  ASSERT_TRUE(ok(region_->flush()));
  const std::string a = some_bytes(100, 1);
  std::vector<RegionWrite> writes;
  for (std::uint64_t i = 0; i < 40; ++i) writes.push_back({i * 5'000, bytes_of_text(a)});
  const StorageCounters before = counters();
  ASSERT_TRUE(ok(region_->write_each(writes, kImmediate)));
  const StorageCounters after = counters();
  EXPECT_EQ(after.syncs + after.fences - before.syncs - before.fences, 1u);
}

TEST_P(RegionOn, ManyReadsInOneCall) {
  const std::string bytes = some_bytes(150'000);
  write(0, bytes);
  std::string a(10, '?'), b(100'000, '?'), c;
  const std::array reads{RegionRead{149'990, room_in(a)}, RegionRead{3, room_in(b)}, RegionRead{150'000, room_in(c)}};
  ASSERT_TRUE(ok(region_->read_each(reads)));
  EXPECT_EQ(a, bytes.substr(149'990));
  EXPECT_EQ(b, bytes.substr(3, 100'000));
}

TEST_P(RegionOn, ManyReadsOneOfThemOutsideReadNothing) {
  write(0, some_bytes(1'000));
  std::string a(10, '?'), b(10, '?');
  const std::array reads{RegionRead{0, room_in(a)}, RegionRead{991, room_in(b)}};
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, region_->read_each(reads)));
  EXPECT_EQ(a, "??????????");
}

}  // namespace
}  // namespace holdfast::region_suites
