// Regions whose blocks lie on the medium twice: one copy answers for the other.

#include "form_suites.hpp"

namespace holdfast::region_suites {
namespace {

constexpr std::uint32_t kBlock = 16 << 10;
constexpr RegionForm kMirrored{.checked_block_bytes = kBlock, .is_mirrored = true};

class RegionMirrored : public RegionReopen {
 protected:
  void SetUp() override {
    RegionReopen::SetUp();
    region_ = formed(*store_, "mirrored", bytes_, kMirrored);
  }

  enum Copy : std::size_t { first = 0, second = 1, both = std::string::npos };

  /// Flips a bit of the block's first byte in those copies, in the order in which they lie on the medium.
  void damage(std::size_t block, Copy copy, OpenMode mode = OpenMode::open_or_create) {
    close();
    ASSERT_EQ(flip_on_medium(directory_.path(), std::string_view(bytes_).substr(block * kBlock + 1, 60), copy), 2u);
    options_.mode = mode;
    open();
    region_ = region("mirrored", {.mode = OpenMode::existing});
  }

  std::string bytes_ = noise(100'000);
};
INSTANTIATE_TEST_SUITE_P(, RegionMirrored, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

TEST_P(RegionMirrored, WhicheverCopyIsDamagedReadsAreRight) {
  for (const Copy copy : {first, second}) {
    damage(1, copy);
    EXPECT_EQ(damage_in(*store_).size(), 1u);
    EXPECT_EQ(damage_in(*store_).front().space, "mirrored");
    EXPECT_EQ(read_of(*region_, kBlock + 100, 1'000), bytes_.substr(kBlock + 100, 1'000));
    EXPECT_EQ(text_of(view_of(*region_, 0, bytes_.size())), bytes_);
    EXPECT_TRUE(holds(*region_, bytes_));
    bytes_ = noise(100'000, copy + 1);  // for the next round
    ASSERT_TRUE(ok(write_to(*region_, 0, bytes_)));
  }
}

TEST_P(RegionMirrored, AReadMendsTheCopyThatIsDamaged) {
  for (const Copy copy : {first, second}) {
    SCOPED_TRACE(copy);
    damage(2, copy);
    ASSERT_EQ(damage_in(*store_).size(), 1u);
    EXPECT_TRUE(holds(*region_, bytes_));
    EXPECT_EQ(damage_in(*store_).size(), 0u);
    reopen_after_kill();
    EXPECT_EQ(damage_in(*store_).size(), 0u);
    EXPECT_TRUE(holds(region("mirrored"), bytes_));
    bytes_ = noise(100'000, copy + 1);
    region_ = region("mirrored");
    ASSERT_TRUE(ok(write_to(*region_, 0, bytes_)));
  }
}

TEST_P(RegionMirrored, AViewMendsAsAReadDoes) {
  damage(2, first);
  EXPECT_EQ(text_of(view_of(*region_, 0, bytes_.size())), bytes_);
  const auto left = damage_in(*store_);
  EXPECT_LE(left.size(), 1u);
  damage(2, first);  // the same bit: whole again, or damaged where it was mended
  EXPECT_TRUE(holds(*region_, bytes_));
}

TEST_P(RegionMirrored, WithBothCopiesDamagedItIsCorruption) {
  damage(3, both);
  EXPECT_EQ(damage_in(*store_).size(), 2u);
  EXPECT_EQ(read_of(*region_, 3 * kBlock, 1), "corruption");
  EXPECT_TRUE(fails_with(ErrorCode::corruption, region_->view(3 * kBlock + 5, 1)));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, write_to(*region_, 3 * kBlock + 5, "part of it")));
  EXPECT_EQ(read_of(*region_, 0, 3 * kBlock), bytes_.substr(0, 3 * kBlock));
  EXPECT_EQ(damage_in(*store_).size(), 2u);
  ASSERT_TRUE(ok(write_to(*region_, 3 * kBlock, noise(kBlock, 7))));
  put(bytes_, 3 * kBlock, noise(kBlock, 7));
  EXPECT_TRUE(holds(*region_, bytes_));
  EXPECT_EQ(damage_in(*store_).size(), 0u);
}

TEST_P(RegionMirrored, DamageInDifferentBlocksOfBothCopiesIsNone) {
  damage(1, first);
  damage(4, second);
  EXPECT_TRUE(holds(*region_, bytes_));
}

TEST_P(RegionMirrored, AReadOnlyStoreReadsRightAndMendsNothing) {
  for (const Copy copy : {first, second}) {
    damage(1, copy, OpenMode::read_only);
    EXPECT_EQ(text_of(view_of(*region_, 0, bytes_.size())), bytes_);
    EXPECT_TRUE(holds(*region_, bytes_));
    EXPECT_EQ(damage_in(*store_).size(), 1u);
    damage(1, copy);  // whole again
    EXPECT_EQ(damage_in(*store_).size(), 0u);
  }
}

TEST_P(RegionMirrored, PartOfADamagedBlockCanBeWritten) {
  for (const Copy copy : {first, second}) {
    const std::size_t block = 1 + copy;
    damage(block, copy);
    ASSERT_TRUE(ok(write_to(*region_, block * kBlock + 300, "part of it")));
    put(bytes_, block * kBlock + 300, "part of it");
    EXPECT_TRUE(holds(*region_, bytes_));
    EXPECT_EQ(damage_in(*store_).size(), 0u);
  }
}

TEST_P(RegionMirrored, ItTakesTwiceTheRoomAndGivesAllOfItBack) {
  const std::uint64_t free = free_bytes();
  Region other = formed(*store_, "other", noise(200'000, 1), kMirrored);
  EXPECT_EQ(free_bytes(), free - 2 * 200'704);
  ASSERT_TRUE(ok(other.remove()));
  EXPECT_EQ(free_bytes(), free);
}

TEST_P(RegionMirrored, CutsAndWritesLeakNoRoom) {
  const auto round = [&](unsigned seed) {
    ASSERT_TRUE(ok(region_->truncate(20'000)));
    ASSERT_TRUE(ok(region_->truncate_write(9'000, bytes_of_text(noise(91'000, seed)))));
    ASSERT_TRUE(ok(region_->truncate_write(40'000, bytes_of_text(noise(100, seed)))));
    ASSERT_TRUE(ok(region_->append(bytes_of_text(noise(59'900, seed)))));
    ASSERT_TRUE(ok(region_->punch(10'000, 80'000)));
    ASSERT_TRUE(ok(region_->write_at(0, bytes_of_text(noise(100'000, seed)))));
  };
  round(1);
  const std::uint64_t free = free_bytes();
  for (unsigned i = 0; i < 5; ++i) round(i);
  EXPECT_EQ(free_bytes(), free);
  EXPECT_TRUE(holds(*region_, noise(100'000, 4)));
}

TEST_P(RegionMirrored, SealedItStillMends) {
  ASSERT_TRUE(ok(region_->seal()));
  damage(1, first);
  EXPECT_TRUE(holds(*region_, bytes_));
  damage(2, second);
  EXPECT_TRUE(holds(*region_, bytes_));
}

TEST_P(RegionMirrored, ThreadsThatFindTheDamageAtOnceAllReadRight) {
  damage(1, first);
  in_threads(4, [&](unsigned) {
    for (unsigned i = 0; i < 50; ++i) EXPECT_EQ(read_of(*region_, kBlock, 500), bytes_.substr(kBlock, 500));
  });
}

}  // namespace
}  // namespace holdfast::region_suites
