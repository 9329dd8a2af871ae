// What is counted of a region's calls.

#include <array>

#include "form_suites.hpp"

namespace holdfast::region_suites {
namespace {

class RegionCounts : public RegionOn {
 protected:
  [[nodiscard]] RegionStatistics counted() const { return region_->statistics().value(); }

  /// What `call` has added: reads, writes, bytes read, bytes written.
  template <class Call>
  [[nodiscard]] std::array<std::uint64_t, 4> added_by(Call call) {
    const RegionStatistics before = counted();
    call();
    const RegionStatistics after = counted();
    return {after.reads - before.reads, after.writes - before.writes, after.bytes_read - before.bytes_read,
            after.bytes_written - before.bytes_written};
  }
};
INSTANTIATE_TEST_SUITE_P(, RegionCounts, ::testing::ValuesIn(all_backends()), row_name);

using Added = std::array<std::uint64_t, 4>;

TEST_P(RegionCounts, BeginAtNothing) {
  const RegionStatistics none = counted();
  EXPECT_EQ(none.reads + none.writes + none.bytes_read + none.bytes_written, 0u);
  EXPECT_EQ(none.last_access, std::chrono::steady_clock::time_point{});
}

TEST_P(RegionCounts, EachReadAndItsBytes) {
  write(0, some_bytes(10'000));
  EXPECT_EQ(added_by([&] { static_cast<void>(read_of(*region_, 10, 100)); }), (Added{1, 0, 100, 0}));
  EXPECT_EQ(added_by([&] { static_cast<void>(view_of(*region_, 10, 5'000)); }), (Added{1, 0, 5'000, 0}));
  std::string bytes(100, '\0');
  const auto to = std::as_writable_bytes(std::span(bytes));
  const std::array reads{RegionRead{0, to.first(40)}, RegionRead{50, to.subspan(40)}};
  EXPECT_EQ(added_by([&] { EXPECT_TRUE(ok(region_->read_each(reads))); }), (Added{2, 0, 100, 0}));
}

TEST_P(RegionCounts, EachWriteAndItsBytes) {
  EXPECT_EQ(added_by([&] { write(0, some_bytes(10'000)); }), (Added{0, 1, 0, 10'000}));
  EXPECT_EQ(added_by([&] { write(50, "inside", kImmediate); }), (Added{0, 1, 0, 6}));
  EXPECT_EQ(added_by([&] { EXPECT_TRUE(ok(region_->append(bytes_of_text("12345")))); }), (Added{0, 1, 0, 5}));
  const std::array writes{RegionWrite{0, bytes_of_text("123")}, RegionWrite{9'000, bytes_of_text("4567")}};
  EXPECT_EQ(added_by([&] { EXPECT_TRUE(ok(region_->write_each(writes))); }), (Added{0, 2, 0, 7}));
  EXPECT_EQ(added_by([&] { EXPECT_TRUE(ok(region_->update(writes))); })[3], 7u);
  EXPECT_EQ(added_by([&] { EXPECT_TRUE(ok(region_->truncate_write(9'000, bytes_of_text("end")))); }), (Added{0, 1, 0, 3}));
  EXPECT_EQ(added_by([&] { EXPECT_TRUE(ok(region_->replace(bytes_of_text("all new")))); }), (Added{0, 1, 0, 7}));
}

TEST_P(RegionCounts, WritesOfCheckedRegionsAndIntoHolesOnce) {
  write(0, some_bytes(50'000));
  ASSERT_TRUE(ok(region_->punch(0, 40'000)));
  EXPECT_EQ(added_by([&] { write(100, "hole"); }), (Added{0, 1, 0, 4}));
  region_ = formed(*store_, "checked", "bytes", {.checked_block_bytes = 4096});
  EXPECT_EQ(added_by([&] { write(100, "checked"); }), (Added{0, 1, 0, 7}));
  EXPECT_EQ(added_by([&] { EXPECT_TRUE(ok(region_->append(bytes_of_text("12345")))); }), (Added{0, 1, 0, 5}));
  const std::array writes{RegionWrite{0, bytes_of_text("123")}, RegionWrite{9'000, bytes_of_text("4567")}};
  EXPECT_EQ(added_by([&] { EXPECT_TRUE(ok(region_->write_each(writes))); })[3], 7u);
}

TEST_P(RegionCounts, NoneThatFailed) {
  write(0, "12345");
  EXPECT_EQ(added_by([&] {
              EXPECT_EQ(read_of(*region_, 3, 10), "out_of_bounds");
              EXPECT_FALSE(region_->view(3, 10));
              Region bounded = region("region", {.size_bytes_max = 100});
              EXPECT_FALSE(write_to(bounded, 99, "123"));
              EXPECT_FALSE(bounded.append(bytes_of_text(some_bytes(100))));
            }),
            Added{});
}

TEST_P(RegionCounts, ThroughEveryHandleOfTheRegionAndNoOther) {
  Region second = region("region");
  Region other = region("other");
  EXPECT_EQ(added_by([&] {
              EXPECT_TRUE(ok(second.append(bytes_of_text("123"))));
              EXPECT_TRUE(ok(other.append(bytes_of_text("12345"))));
            }),
            (Added{0, 1, 0, 3}));
}

TEST_P(RegionCounts, FromAllThreads) {
  write(0, some_bytes(1'000));
  EXPECT_EQ(added_by([&] {
              in_threads(4, [&](unsigned) {
                for (unsigned i = 0; i < 500; ++i) static_cast<void>(read_of(*region_, i, 10));
              });
            }),
            (Added{2'000, 0, 20'000, 0}));
}

TEST_P(RegionCounts, TheLastAccessMovesOn) {
  write(0, "bytes");
  const auto written = counted().last_access;
  EXPECT_GT(written, std::chrono::steady_clock::time_point{});
  EXPECT_LE(written, std::chrono::steady_clock::now());
  while (counted().last_access == written) static_cast<void>(read_of(*region_, 0, 1));  // ends when the clock has ticked
  const auto read = counted().last_access;
  EXPECT_GT(read, written);
  EXPECT_EQ(counted().last_access, read);  // to ask is no access
}

TEST_P(RegionCounts, AreNotSupportedWhereTheyAreSwitchedOff) {
  options_.region_statistics = false;
  store_.reset();
  std::filesystem::remove_all(directory_.store());
  open();
  write(0, "bytes");
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, region_->statistics()));
  EXPECT_TRUE(holds(*region_, "bytes"));
}

TEST_P(RegionCounts, OfARemovedRegionAreNotFound) {
  ASSERT_TRUE(ok(region_->remove()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, region_->statistics()));
}

}  // namespace
}  // namespace holdfast::region_suites
