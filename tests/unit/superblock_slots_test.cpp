#include "common/engine/superblock_slots.hpp"

#include <gtest/gtest.h>

#include "memory_storage.hpp"

namespace holdfast {
namespace {

constexpr std::uint64_t kSlot = kSuperblockSlotSizeBytes;

SuperblockDisk some_superblock() {
  SuperblockDisk superblock{};
  superblock.format_version = kFormatVersion;
  superblock.secret = 77;
  superblock.segment_size_bytes = kSegmentSizeBytesMin;
  superblock.catalog_segment_id = 1;
  superblock.catalog_offset = kSuperblockAreaSizeBytes;
  superblock.catalog_size_bytes = 16384;
  superblock.epoch = 1;
  return superblock;
}

class SuperblockSlots : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ok(commit_superblock(*storage_, superblock_))); }

  /// Puts `superblock` with a valid check into both slots.
  void store(SuperblockDisk superblock) {
    for (std::uint64_t slot = 0; slot < kSuperblockSlotCount; ++slot) {
      ++superblock.sequence;
      seal(superblock);
      write_object(*storage_, slot * kSlot, superblock);
    }
  }

  [[nodiscard]] Result<SuperblockSearch> load(bool read_only = false) {
    return load_superblock(*storage_, read_only);
  }

  std::unique_ptr<Storage> storage_ = memory_storage();
  SuperblockDisk superblock_ = some_superblock();
};

TEST_F(SuperblockSlots, AreBothWrittenEachWithItsOwnSequence) {
  const auto first = read_object<SuperblockDisk>(*storage_, 0);
  const auto second = read_object<SuperblockDisk>(*storage_, kSlot);
  EXPECT_TRUE(validate(first));
  EXPECT_TRUE(validate(second));
  EXPECT_NE(first.sequence, second.sequence);
  EXPECT_EQ(std::max(first.sequence, second.sequence), superblock_.sequence);
}

TEST_F(SuperblockSlots, EachIsDurableBeforeTheNextIsWritten) {
  const std::uint64_t before = storage_->counters().syncs;
  ASSERT_TRUE(ok(commit_superblock(*storage_, superblock_)));
  EXPECT_EQ(storage_->counters().syncs, before + 2);
}

TEST_F(SuperblockSlots, TheHigherSequenceServes) {
  superblock_.epoch = 9;
  ASSERT_TRUE(ok(commit_superblock(*storage_, superblock_)));
  const auto search = load();
  ASSERT_TRUE(ok(search));
  EXPECT_EQ(search->superblock.epoch, 9u);
  EXPECT_EQ(search->superblock.sequence, superblock_.sequence);
  EXPECT_EQ(search->bad_slots, 0u);
}

// Both slots say the same, so that either may be lost.
TEST_F(SuperblockSlots, ADamagedOneServesFromTheOtherAndIsReported) {
  superblock_.epoch = 9;
  ASSERT_TRUE(ok(commit_superblock(*storage_, superblock_)));
  for (std::uint64_t slot = 0; slot < kSuperblockSlotCount; ++slot) {
    for (std::uint64_t byte = 0; byte < sizeof(SuperblockDisk); ++byte) {
      flip_bit(*storage_, slot * kSlot + byte);
      const auto search = load();
      ASSERT_TRUE(ok(search));
      EXPECT_EQ(search->superblock.epoch, 9u);
      ASSERT_EQ(search->bad_slots, 1u);
      flip_bit(*storage_, slot * kSlot + byte);
    }
  }
}

TEST_F(SuperblockSlots, AnEmptyOneBesideAValidOneIsBad) {
  write_object(*storage_, 0, SuperblockDisk{});
  const auto search = load();
  ASSERT_TRUE(ok(search));
  EXPECT_EQ(search->bad_slots, 1u);
}

TEST_F(SuperblockSlots, BothDamagedIsCorruption) {
  flip_bit(*storage_, 100);
  flip_bit(*storage_, kSlot + 100);
  const auto search = load();
  ASSERT_TRUE(fails_with(ErrorCode::corruption, search));
  EXPECT_FALSE(search.error().expected.empty());
  EXPECT_FALSE(search.error().found.empty());
}

// The power failed in the middle of a slot: its first sector is new, or old, or a mixture.
TEST_F(SuperblockSlots, ATornOneServesFromTheOther) {
  const SuperblockDisk old = superblock_;
  superblock_.epoch = 9;
  superblock_.sequence += 2;
  seal(superblock_);
  const std::uint64_t slot = superblock_.sequence % kSuperblockSlotCount;
  for (std::size_t kept = 8; kept < 112; kept += 8) {
    SuperblockDisk torn = superblock_;
    std::memcpy(reinterpret_cast<char*>(&torn) + kept, reinterpret_cast<const char*>(&old) + kept,
                sizeof torn - kept);
    if (validate(torn)) continue;  // nothing of the new one is missing
    write_object(*storage_, slot * kSlot, torn);
    const auto search = load();
    ASSERT_TRUE(ok(search));
    EXPECT_EQ(search->superblock.epoch, 1u);
  }
}

TEST_F(SuperblockSlots, ANewerFormatIsRefusedInBothModes) {
  superblock_.format_version = kFormatVersion + 1;
  store(superblock_);
  for (const bool read_only : {false, true}) {
    const auto search = load(read_only);
    ASSERT_TRUE(fails_with(ErrorCode::version_mismatch, search));
    EXPECT_NE(search.error().expected.find(std::to_string(kFormatVersion)), std::string::npos);
    EXPECT_EQ(search.error().found, std::to_string(kFormatVersion + 1));
  }
}

TEST_F(SuperblockSlots, UnknownCompatibleFeaturesAreNoMatter) {
  superblock_.features_compat = 0xFFFF'FFFF;
  store(superblock_);
  EXPECT_TRUE(ok(load(false)));
  EXPECT_TRUE(ok(load(true)));
}

TEST_F(SuperblockSlots, EachUnknownReadOnlyCompatibleFeatureForbidsWriting) {
  for (unsigned bit = 0; bit < 32; ++bit) {
    superblock_.features_ro_compat = 1u << bit;
    store(superblock_);
    EXPECT_TRUE(fails_with(ErrorCode::version_mismatch, load(false))) << bit;
    EXPECT_TRUE(ok(load(true))) << bit;
  }
}

TEST_F(SuperblockSlots, EachUnknownIncompatibleFeatureForbidsOpening) {
  for (unsigned bit = 0; bit < 32; ++bit) {
    superblock_.features_incompat = 1u << bit;
    store(superblock_);
    EXPECT_TRUE(fails_with(ErrorCode::version_mismatch, load(false))) << bit;
    EXPECT_TRUE(fails_with(ErrorCode::version_mismatch, load(true))) << bit;
  }
}

TEST_F(SuperblockSlots, ImpossibleFieldsAreCorruptionEvenUnderAValidCheck) {
  const auto refused = [&](auto change) {
    SuperblockDisk changed = superblock_;
    change(changed);
    store(changed);
    return fails_with(ErrorCode::corruption, load());
  };
  EXPECT_TRUE(refused([](SuperblockDisk& s) { s.clean = 2; }));
  EXPECT_TRUE(refused([](SuperblockDisk& s) { s.segment_size_bytes = 0; }));
  EXPECT_TRUE(refused([](SuperblockDisk& s) { s.segment_size_bytes = kSegmentSizeBytesMin + 4096; }));
  EXPECT_TRUE(refused([](SuperblockDisk& s) { s.segment_size_bytes = kSegmentSizeBytesMin / 2; }));
  EXPECT_TRUE(refused([](SuperblockDisk& s) { s.segment_size_bytes = kSegmentSizeBytesMax * 2; }));
  EXPECT_TRUE(refused([](SuperblockDisk& s) { s.catalog_offset += 8; }));
  EXPECT_TRUE(refused([](SuperblockDisk& s) { s.catalog_size_bytes += 8; }));
}

TEST(SuperblockSearch, ForeignBytesAreNoStore) {
  const auto storage = memory_storage();
  ASSERT_TRUE(ok(storage->write(0, pattern(8192, 3))));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, load_superblock(*storage, true)));
  EXPECT_FALSE(is_blank(*storage));
}

TEST(SuperblockSearch, ZerosAreBlankAndNoStore) {
  const auto storage = memory_storage();
  EXPECT_TRUE(is_blank(*storage));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, load_superblock(*storage, true)));
}

TEST(SuperblockSearch, AMediumShorterThanBothSlotsIsRefused) {
  const auto storage = memory_storage(4096, 4096);
  EXPECT_FALSE(is_blank(*storage));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, load_superblock(*storage, true)));
}

}  // namespace
}  // namespace holdfast
