// Zeros that take no room: what is read, what comes back, and what goes on around them.

#include "form_suites.hpp"

namespace holdfast::region_suites {
namespace {

/// The region's form and the unit in which it gives room back.
struct Unit {
  std::uint32_t checked_block_bytes;
  std::uint64_t bytes;
};

struct PunchRow {
  BackendRow backend;
  Unit unit;
};

void PrintTo(const PunchRow& row, std::ostream* out) { *out << row.backend->name << " " << row.unit.checked_block_bytes; }

std::vector<PunchRow> punch_rows() {
  std::vector<PunchRow> rows;
  for (const BackendRow backend : all_backends())
    for (const Unit unit : {Unit{0, 4096}, Unit{4096, 4096}, Unit{16384, 16384}}) rows.push_back({backend, unit});
  return rows;
}

class RegionPunch : public ::testing::TestWithParam<PunchRow> {
 protected:
  RegionPunch() : directory_(GetParam().backend->root) {
    const std::string_view medium = GetParam().backend->name;
    options_.backend = medium == "memory" ? Backend::memory : medium == "pmem" ? Backend::pmem : Backend::file;
    options_.emulate_pmem = true;
    options_.size_bytes = kTestSizeBytes;
    options_.max_size_bytes = kRoomBytes;
    options_.segment_size_bytes = 64 << 10;
    open();
    region_ = formed(*store_, "region", expected_, form());
  }

  [[nodiscard]] RegionForm form() const { return {.checked_block_bytes = GetParam().unit.checked_block_bytes}; }
  [[nodiscard]] std::uint64_t unit() const { return GetParam().unit.bytes; }

  void open() {
    auto opened = Store::open(directory_.store(), options_);
    if (!opened) throw std::runtime_error(opened.error().to_string());  // ends the test
    store_.emplace(std::move(*opened));
  }

  void punch(std::uint64_t offset, std::uint64_t size_bytes) {
    ASSERT_TRUE(ok(region_->punch(offset, size_bytes)));
    expected_.replace(offset, size_bytes, size_bytes, '\0');
    ASSERT_TRUE(holds(*region_, expected_));
  }
  void write(std::uint64_t offset, std::string_view bytes) {
    ASSERT_TRUE(ok(write_to(*region_, offset, bytes)));
    put(expected_, offset, bytes);
    ASSERT_TRUE(holds(*region_, expected_));
  }
  void truncate(std::uint64_t size_bytes) {
    ASSERT_TRUE(ok(region_->truncate(size_bytes)));
    expected_.resize(size_bytes, '\0');
    ASSERT_TRUE(holds(*region_, expected_));
  }
  [[nodiscard]] std::uint64_t free_bytes() const { return store_->info()->free_bytes; }
  [[nodiscard]] std::uint64_t hole_bytes() const { return region_->info()->hole_bytes; }

  TestDirectory directory_;
  Options options_;
  std::optional<Store> store_;
  std::optional<Region> region_;
  std::string expected_ = noise(400'000);
};
INSTANTIATE_TEST_SUITE_P(, RegionPunch, ::testing::ValuesIn(punch_rows()), [](const auto& row) {
  return std::string(row.param.backend->name) + "_" + std::to_string(row.param.unit.checked_block_bytes);
});

TEST_P(RegionPunch, MakesZerosAndGivesTheRoomOfWholeBlocksBack) {
  const std::uint64_t free = free_bytes();
  punch(unit(), 10 * unit());
  EXPECT_EQ(hole_bytes(), 10 * unit());
  EXPECT_EQ(free_bytes(), free + 10 * unit());
}

TEST_P(RegionPunch, BetweenBlocksItsEdgesStayOnTheMedium) {
  const std::uint64_t free = free_bytes();
  punch(unit() + 100, 3 * unit() + 50);
  EXPECT_EQ(hole_bytes(), 2 * unit());
  EXPECT_EQ(free_bytes(), free + 2 * unit());
}

TEST_P(RegionPunch, InsideOneBlockItTakesNoRoomAway) {
  const std::uint64_t free = free_bytes();
  punch(unit() + 100, unit() / 2);
  EXPECT_EQ(hole_bytes(), 0u);
  EXPECT_EQ(free_bytes(), free);
}

TEST_P(RegionPunch, OfNothingChangesNothing) {
  punch(100, 0);
  punch(400'000, 0);
  EXPECT_EQ(hole_bytes(), 0u);
}

TEST_P(RegionPunch, MustLieInsideTheRegion) {
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, region_->punch(0, 400'001)));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, region_->punch(400'001, 0)));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, region_->punch(1, UINT64_MAX)));
  EXPECT_TRUE(holds(*region_, expected_));
  ASSERT_TRUE(ok(region_->remove()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, region_->punch(0, 1)));
}

TEST_P(RegionPunch, OfTheWholeRegionKeepsItsSize) {
  punch(0, 400'000);
  EXPECT_EQ(hole_bytes(), 400'000 / unit() * unit());
  EXPECT_EQ(region_->size(), 400'000u);
}

TEST_P(RegionPunch, OfAWholeRegionThatEndsWithABlockGoesOnAtItsEnd) {
  truncate(8 * unit());
  punch(0, 8 * unit());
  EXPECT_GE(hole_bytes(), 7 * unit());
  ASSERT_TRUE(ok(region_->append(bytes_of_text("appended"))));
  expected_ += "appended";
  EXPECT_TRUE(holds(*region_, expected_));
}

TEST_P(RegionPunch, TwiceOrOverlappingIsNoMoreThanOnce) {
  punch(unit(), 4 * unit());
  punch(unit(), 4 * unit());
  EXPECT_EQ(hole_bytes(), 4 * unit());
  punch(3 * unit() + 7, 4 * unit());
  EXPECT_EQ(hole_bytes(), 6 * unit());
  punch(0, 3 * unit());
  EXPECT_EQ(hole_bytes(), 7 * unit());
}

TEST_P(RegionPunch, InsideAHoleTakesNoRoom) {
  punch(unit(), 10 * unit());
  const std::uint64_t free = free_bytes();
  punch(2 * unit() + 100, 3 * unit());
  EXPECT_EQ(free_bytes(), free);
  EXPECT_EQ(hole_bytes(), 10 * unit());
}

TEST_P(RegionPunch, AWriteIntoTheHoleIsThereAndTheRestStaysZero) {
  punch(0, 300'000);
  write(100'000, "in the hole");
  write(99'990, "once more, over it");
  write(250'000, noise(1'000, 3));
}

TEST_P(RegionPunch, WritesGoOverEdgesOfAHole) {
  punch(10 * unit(), 5 * unit());
  write(10 * unit() - 50, noise(100, 1));
  write(15 * unit() - 50, noise(100, 2));
  write(9 * unit(), noise(7 * unit(), 3));
}

TEST_P(RegionPunch, WritesFromAHoleGoBehindTheEnd) {
  punch(300'000, 100'000);
  write(399'000, noise(50'000, 1));
  punch(0, 449'000);
  write(440'000, noise(9'500, 2));
  write(449'000, noise(9'500, 3));
}

TEST_P(RegionPunch, AppendsGoOnBehindAPunchedEnd) {
  punch(200'000, 200'000);
  for (unsigned i = 0; i < 10; ++i) {
    ASSERT_EQ(region_->append(bytes_of_text(some_bytes(5'000, i))), expected_.size());
    expected_ += some_bytes(5'000, i);
  }
  EXPECT_TRUE(holds(*region_, expected_));
}

TEST_P(RegionPunch, ListsOfWritesAndUpdatesReachIntoHoles) {
  punch(0, 300'000);
  const std::string bytes = noise(3'000, 5);
  const std::vector<RegionWrite> writes{{1'000, bytes_of_text(bytes)}, {150'000, bytes_of_text(bytes)}, {399'000, bytes_of_text(bytes)}};
  ASSERT_TRUE(ok(region_->write_each(writes)));
  for (const RegionWrite& one : writes) put(expected_, one.offset, bytes);
  EXPECT_TRUE(holds(*region_, expected_));
  punch(0, 300'000);
  ASSERT_TRUE(ok(region_->update(writes)));
  for (const RegionWrite& one : writes) put(expected_, one.offset, bytes);
  EXPECT_TRUE(holds(*region_, expected_));
}

TEST_P(RegionPunch, TruncatedIntoTheHoleItGrowsWithZeros) {
  punch(100'000, 250'000);
  truncate(200'100);
  for (const unsigned i : {1u, 2u}) {
    ASSERT_TRUE(ok(region_->append(bytes_of_text(some_bytes(700, i)))));
    expected_ += some_bytes(700, i);
  }
  EXPECT_TRUE(holds(*region_, expected_));
  truncate(100'000);
  truncate(300'000);
  punch(0, 300'000);
  truncate(150'001);
  write(180'000, "behind a gap");
}

TEST_P(RegionPunch, CutByTruncateWriteOrReplaceItHasNoHoleBehindItsEnd) {
  for (const bool replaces : {false, true}) {
    truncate(0);
    write(0, noise(200'000, 8));
    punch(8'192, 100'000);
    const std::string bytes = noise(3'000, 9);
    ASSERT_TRUE(ok(replaces ? region_->replace(bytes_of_text(bytes)).map([](const RegionVersion&) {})
                            : region_->truncate_write(0, bytes_of_text(bytes))));
    expected_ = bytes;
    EXPECT_EQ(hole_bytes(), 0u);
    for (unsigned i = 0; i < 5; ++i) {
      ASSERT_TRUE(ok(region_->append(bytes_of_text(some_bytes(7'000, i)))));
      expected_ += some_bytes(7'000, i);
    }
    EXPECT_TRUE(holds(*region_, expected_));
  }
}

TEST_P(RegionPunch, ShrinkAndReserveGoOnBesideHoles) {
  punch(0, 400'000);
  ASSERT_TRUE(ok(region_->shrink()));
  EXPECT_TRUE(holds(*region_, expected_));
  if (form().checked_block_bytes == 0) {
    ASSERT_TRUE(ok(region_->reserve(600'000)));
  }
  write(450'000, "behind");
}

TEST_P(RegionPunch, ViewsFromBeforeShowTheOldBytesAndLaterOnesZeros) {
  const std::string old = expected_;
  std::optional<RegionView> before = view_of(*region_, 0, 400'000);
  const std::uint64_t free = free_bytes();
  punch(unit(), 320'000);
  EXPECT_EQ(text_of(*before), old);
  EXPECT_LE(free_bytes(), free);  // the view keeps the room
  const RegionView after = view_of(*region_, 0, 400'000);
  EXPECT_EQ(text_of(after), expected_);
  write(100'000, noise(50'000, 4));
  EXPECT_EQ(text_of(*before), old);
  const std::uint64_t held = free_bytes();
  before.reset();
  EXPECT_GT(free_bytes(), held);
}

TEST_P(RegionPunch, ItsExtentsAreCountedAsAViewHasPieces) {
  EXPECT_EQ(region_->info()->extent_count, view_of(*region_, 0, 400'000).spans().size());
  punch(unit(), 10 * unit());
  EXPECT_EQ(region_->info()->extent_count, view_of(*region_, 0, 400'000).spans().size());
  truncate(4'000'000);
  punch(0, 4'000'000);
  EXPECT_EQ(region_->info()->extent_count, view_of(*region_, 0, 4'000'000).spans().size());
}

TEST_P(RegionPunch, AHoleGoesOnBehindTheNextOpen) {
  if (!GetParam().backend->capabilities.has_path) return;
  write(2 * unit(), "in front");
  punch(unit(), 20 * unit() + 5);
  const std::uint64_t holes = hole_bytes();
  for (const bool closes : {true, false}) {
    ASSERT_TRUE(ok(closes ? store_->close() : store_->sync()));
    store_.reset();
    open();
    region_ = store_->region("region").value();
    EXPECT_TRUE(holds(*region_, expected_));
    EXPECT_EQ(hole_bytes(), holes);
    EXPECT_EQ(damage_in(*store_).size(), 0u);
    write(19 * unit(), "in the hole");
    ASSERT_TRUE(ok(region_->flush()));
    punch(unit(), 20 * unit() + 5);
    ASSERT_EQ(hole_bytes(), holes);
  }
}

TEST_P(RegionPunch, RemovedWithHolesItGivesAllItsRoomBack) {
  const std::uint64_t free = free_bytes();
  for (unsigned i = 0; i < 5; ++i) {
    Region brief = formed(*store_, "brief", noise(300'000, i), form());
    ASSERT_TRUE(ok(brief.punch(10'000, 200'000)));
    ASSERT_TRUE(ok(write_to(brief, 50'000, "in the hole")));
    ASSERT_TRUE(ok(brief.truncate(120'000)));
    ASSERT_TRUE(ok(brief.remove()));
  }
  EXPECT_EQ(free_bytes(), free);
}

TEST_P(RegionPunch, AWriteIntoAHoleNeedsNoMoreRoomThanItsBlocks) {
  punch(0, 300'000);
  Region other = store_->region("other").value();
  for (const std::size_t size : {60'000u, 4'096u})
    while (other.append(bytes_of_text(noise(size)))) {
    }
  ASSERT_TRUE(ok(other.truncate(*other.size() - 8 * unit())));
  ASSERT_TRUE(ok(other.shrink()));
  write(100'000, "few bytes");
}

}  // namespace
}  // namespace holdfast::region_suites
