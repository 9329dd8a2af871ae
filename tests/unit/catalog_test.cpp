#include "common/engine/catalog.hpp"

#include <gtest/gtest.h>

#include "common/engine/expiry_clock.hpp"
#include "memory_storage.hpp"

namespace holdfast {
namespace {

constexpr std::uint64_t kExtentSize = kSegmentSizeBytesMin;

/// A catalog on a medium of its own, opened and closed as the engine does it.
class CatalogOnMedium : public ::testing::Test {
 protected:
  void SetUp() override { make_store(memory_storage()); }

  void make_store(std::unique_ptr<Storage> storage) {
    storage_ = std::move(storage);
    SuperblockDisk superblock{};
    superblock.format_version = kFormatVersion;
    superblock.secret = 4711;
    superblock.clean = 1;
    superblock.segment_size_bytes = kSegmentSizeBytesMin;
    ASSERT_TRUE(ok(Catalog::format(*storage_, superblock)));
  }

  [[nodiscard]] Result<void> load() {
    auto search = load_superblock(*storage_, false);
    if (!search) return Unexpected(search.error());
    superblock_ = search->superblock;
    auto catalog = Catalog::load(*storage_, superblock_);
    if (!catalog) return Unexpected(catalog.error());
    catalog_ = std::move(*catalog);
    return {};
  }

  void open() {
    ASSERT_TRUE(ok(load()));
    extents_ = std::make_unique<Extents>(*storage_);
    ASSERT_TRUE(ok(extents_->take({0, kSuperblockAreaSizeBytes})));
    ASSERT_TRUE(ok(extents_->take(catalog_->extent())));
    ++superblock_.epoch;
    superblock_.clean = 0;
    superblock_.catalog_slice_start = superblock_.catalog_slice_count = 0;
    ASSERT_TRUE(ok(commit_superblock(*storage_, superblock_)));
    catalog_->start_writing(superblock_, *extents_, slices_);
  }

  [[nodiscard]] Result<void> add_space(std::string name) {
    return catalog_->commit({{.type = CatalogEntryType::add_space,
                              .kind = SpaceKind::kv,
                              .space_id = catalog_->reserve_space_id(),
                              .name = std::move(name)}});
  }

  [[nodiscard]] CatalogEntry segment(SegmentId id) const {
    return {.type = CatalogEntryType::add_segment,
            .segment_id = id,
            .space_id = 1,
            .offset = id * kExtentSize,
            .size_bytes = kExtentSize};
  }

  /// Everything the catalog says, as bytes that can be compared.
  [[nodiscard]] std::string content() const { return encode_catalog_entries(catalog_->state().snapshot()); }

  std::unique_ptr<Storage> storage_;
  SuperblockDisk superblock_{};
  SliceTable slices_;
  std::unique_ptr<Extents> extents_;
  std::unique_ptr<Catalog> catalog_;
};

TEST_F(CatalogOnMedium, ANewOneIsEmpty) {
  open();
  EXPECT_TRUE(catalog_->state().spaces().empty());
  EXPECT_TRUE(catalog_->state().segments().empty());
}

TEST_F(CatalogOnMedium, WhatIsCommittedIsThereAfterAReload) {
  open();
  ASSERT_TRUE(ok(add_space("users")));
  ASSERT_TRUE(ok(catalog_->commit({segment(5), segment(6)})));
  ASSERT_TRUE(ok(catalog_->commit({{.type = CatalogEntryType::free_segment, .segment_id = 5}, segment(7)})));
  const std::string before = content();
  ASSERT_TRUE(ok(load()));
  EXPECT_EQ(content(), before);
  EXPECT_NE(catalog_->state().find_space("users"), nullptr);
  EXPECT_EQ(catalog_->state().segments().size(), 2u);
}

TEST_F(CatalogOnMedium, ACommitCostsOneSync) {
  open();
  ASSERT_TRUE(ok(add_space("users")));
  const std::uint64_t before = storage_->counters().syncs;
  ASSERT_TRUE(ok(catalog_->commit({segment(5), segment(6), segment(7)})));
  EXPECT_EQ(storage_->counters().syncs, before + 1);
}

TEST_F(CatalogOnMedium, ReservedIdsAreNeverGivenTwice) {
  open();
  const SegmentId first = catalog_->reserve_segment_id();
  const SegmentId second = catalog_->reserve_segment_id();
  EXPECT_NE(first, second);
  ASSERT_TRUE(ok(add_space("users")));
  ASSERT_TRUE(ok(catalog_->commit({segment(second)})));
  open();
  EXPECT_GT(catalog_->reserve_segment_id(), second);
}

TEST_F(CatalogOnMedium, ItsFullSegmentIsReplacedManyTimesAndLosesNothing) {
  open();
  ASSERT_TRUE(ok(add_space("users")));
  std::uint64_t moves = 0;
  ByteRange last = catalog_->extent();
  for (SegmentId id = 100; id < 2'100; ++id) {
    std::vector<CatalogEntry> entries{segment(id)};
    if (id >= 110) entries.push_back({.type = CatalogEntryType::free_segment, .segment_id = id - 10});
    ASSERT_TRUE(ok(catalog_->commit(entries)));
    if (catalog_->extent().offset != last.offset) ++moves;
    last = catalog_->extent();
  }
  EXPECT_GE(moves, 5u);
  EXPECT_EQ(catalog_->state().segments().size(), 10u);
  const std::string before = content();
  ASSERT_TRUE(ok(load()));
  EXPECT_EQ(content(), before);
}

TEST_F(CatalogOnMedium, ItsOldSegmentsAreFreed) {
  open();
  ASSERT_TRUE(ok(add_space("users")));
  for (SegmentId id = 100; id < 2'100; ++id) {
    ASSERT_TRUE(ok(catalog_->commit({segment(id)})));
    ASSERT_TRUE(ok(catalog_->commit({{.type = CatalogEntryType::free_segment, .segment_id = id}})));
  }
  const std::uint64_t own = 2 * catalog_->extent().size_bytes;  // the one in use, and the spare one
  EXPECT_EQ(extents_->free_bytes(), storage_->size_bytes() - kSuperblockAreaSizeBytes - own);
}

TEST_F(CatalogOnMedium, GrowsWithWhatItHolds) {
  open();
  ASSERT_TRUE(ok(add_space("users")));
  std::vector<CatalogEntry> entries;
  for (SegmentId id = 100; id < 1'100; ++id) entries.push_back(segment(id));
  ASSERT_TRUE(ok(catalog_->commit(entries)));  // larger than the first segment
  const std::string before = content();
  ASSERT_TRUE(ok(load()));
  EXPECT_EQ(content(), before);
}

TEST_F(CatalogOnMedium, ManySessionsContinueIt) {
  for (int session = 0; session < 60; ++session) {
    open();
    ASSERT_TRUE(ok(add_space("space " + std::to_string(session))));
    if (session % 2 == 0) {  // else: killed
      ASSERT_TRUE(ok(catalog_->close()));
    }
  }
  ASSERT_TRUE(ok(load()));
  EXPECT_EQ(catalog_->state().spaces().size(), 60u);
}

TEST_F(CatalogOnMedium, AFullMediumIsNoSpaceAndChangesNothing) {
  make_store(memory_storage(32768, 32768));  // superblocks, the first segment of 16 KiB, and 8 KiB
  open();
  ASSERT_TRUE(ok(add_space("users")));
  Result<void> committed;
  SegmentId id = 100;
  std::string before;
  for (; committed; ++id) {
    before = content();
    committed = catalog_->commit({segment(id)});
  }
  EXPECT_TRUE(fails_with(ErrorCode::no_space, committed));
  EXPECT_EQ(content(), before);
  ASSERT_TRUE(ok(load()));
  EXPECT_EQ(content(), before);
}

// In a full store every record that frees something must find room, the one that needs a new segment too.
TEST_F(CatalogOnMedium, WhatFreesIsTakenHoweverFullTheMediumIs) {
  make_store(memory_storage(65536, 65536));
  open();
  ASSERT_TRUE(ok(add_space("users")));
  SegmentId id = 100;
  while (catalog_->commit({segment(id)})) ++id;
  while (extents_->allocate(kBlockSizeBytes)) continue;
  EXPECT_EQ(extents_->free_bytes(), 0u);
  for (SegmentId freed = 100; freed < id; ++freed)
    ASSERT_TRUE(ok(catalog_->commit({{.type = CatalogEntryType::free_segment, .segment_id = freed}})))
        << freed - 100;
  EXPECT_TRUE(ok(catalog_->commit({segment(id)})));
  const std::string before = content();
  ASSERT_TRUE(ok(load()));
  EXPECT_EQ(content(), before);
}

TEST_F(CatalogOnMedium, AfterACloseAnyDamageIsCorruption) {
  open();
  ASSERT_TRUE(ok(add_space("users")));
  ASSERT_TRUE(ok(catalog_->commit({segment(5), segment(6)})));
  ASSERT_TRUE(ok(catalog_->close()));
  ASSERT_TRUE(ok(load()));
  const std::string before = content();
  const ByteRange used = catalog_->used();
  std::uint64_t seen = 0;
  for (std::uint64_t byte = used.offset + kFirstSliceStart; byte < used.offset + used.size_bytes; ++byte) {
    flip_bit(*storage_, byte);
    const auto loaded = load();
    if (loaded) {
      EXPECT_EQ(content(), before) << byte;  // between the slices, and padding
    } else {
      EXPECT_EQ(loaded.error().code, ErrorCode::corruption) << byte;
      EXPECT_EQ(loaded.error().message.find("catalog"), 0u);
      ++seen;
    }
    flip_bit(*storage_, byte);
  }
  EXPECT_GE(seen, 400u);  // two slice headers and every header and payload of three records
}

TEST_F(CatalogOnMedium, AfterAKillADamagedLastRecordIsDroppedAsAWhole) {
  open();
  ASSERT_TRUE(ok(add_space("users")));
  ASSERT_TRUE(ok(catalog_->commit({segment(5)})));
  const std::string before = content();
  const std::uint64_t start = catalog_->used().size_bytes;
  ASSERT_TRUE(ok(catalog_->commit({segment(6), segment(7)})));
  ASSERT_TRUE(ok(load()));
  const ByteRange used = catalog_->used();
  EXPECT_EQ(catalog_->state().segments().size(), 3u);
  ASSERT_GT(used.size_bytes, start);
  flip_bit(*storage_, used.offset + used.size_bytes - 60);  // in the last record's payload
  ASSERT_TRUE(ok(load()));
  EXPECT_EQ(content(), before);
}

TEST_F(CatalogOnMedium, AfterAKillADamagedEarlierRecordIsCorruption) {
  open();
  ASSERT_TRUE(ok(add_space("users")));
  ASSERT_TRUE(ok(load()));
  const std::uint64_t first_end = catalog_->used().offset + catalog_->used().size_bytes;
  open();
  ASSERT_TRUE(ok(add_space("others")));
  flip_bit(*storage_, first_end - 8);  // in the name "users"
  const auto loaded = load();
  ASSERT_TRUE(fails_with(ErrorCode::corruption, loaded));
  EXPECT_GT(loaded.error().offset, kSuperblockAreaSizeBytes);
}

TEST_F(CatalogOnMedium, AnExtentBehindTheEndIsCorruptionThatSaysHowMuchIsMissing) {
  ASSERT_TRUE(ok(load()));
  for (const auto& [offset, size] :
       std::vector<std::pair<std::uint64_t, std::uint64_t>>{{kMiB, 16384},
                                                            {kMiB - 4096, 16384},
                                                            {~std::uint64_t{0} / 4096 * 4096, 16384},
                                                            {8192, ~std::uint64_t{0} / 4096 * 4096},
                                                            {8192, 0}}) {
    SuperblockDisk superblock = superblock_;
    superblock.catalog_offset = offset;
    superblock.catalog_size_bytes = size;
    const auto loaded = Catalog::load(*storage_, superblock);
    ASSERT_TRUE(fails_with(ErrorCode::corruption, loaded)) << offset << " + " << size;
    EXPECT_EQ(loaded.error().found, std::to_string(kMiB));
  }
}

TEST_F(CatalogOnMedium, VerifyFindsWhatIsDamagedWhileItIsOpen) {
  open();
  ASSERT_TRUE(ok(add_space("users")));
  ASSERT_TRUE(ok(add_space("others")));
  EXPECT_TRUE(catalog_->verify().empty());
  ASSERT_TRUE(ok(load()));
  const std::uint64_t end = catalog_->used().offset + catalog_->used().size_bytes;
  open();
  ASSERT_TRUE(ok(add_space("more")));
  flip_bit(*storage_, end - 8);
  const auto damage = catalog_->verify();
  ASSERT_EQ(damage.size(), 1u);
  EXPECT_TRUE(damage[0].space.empty());
}

/// The clock for keys that expire, over that catalog.
class ExpiryClockOnMedium : public CatalogOnMedium {
 protected:
  [[nodiscard]] ExpiryClock clock(bool read_only = false) {
    return ExpiryClock(*catalog_, [this] { return now_us_; }, read_only);
  }
  [[nodiscard]] std::uint64_t mark() const {
    return catalog_->with_state([](const CatalogState& state) { return state.clock_mark_us(); });
  }

  static constexpr std::uint64_t kStep = ExpiryClock::kMarkStepUs;
  std::uint64_t now_us_ = 10 * kStep;
};

TEST_F(ExpiryClockOnMedium, NeverGoesBack) {
  open();
  ExpiryClock one = clock();
  EXPECT_EQ(one.now_us(), 10 * kStep);
  now_us_ = 3;
  EXPECT_EQ(one.now_us(), 10 * kStep);
  now_us_ = ~std::uint64_t{0};
  EXPECT_EQ(one.now_us(), kTimeUsMax);
}

TEST_F(ExpiryClockOnMedium, MarksWholeStepsBeforeSomebodyIsTold) {
  open();
  ExpiryClock one = clock();
  now_us_ = 10 * kStep + 7;
  one.will_tell(10 * kStep + 1);
  EXPECT_EQ(mark(), 11 * kStep);
  EXPECT_EQ(one.now_us(), 10 * kStep + 7);  // it runs on as before
  now_us_ = 11 * kStep;
  one.will_tell(11 * kStep);
  EXPECT_EQ(one.marks_written(), 1u);
  now_us_ = 12 * kStep;
  one.will_tell(11 * kStep + 1);
  EXPECT_EQ(one.marks_written(), 2u);
  EXPECT_EQ(mark(), 12 * kStep);
}

TEST_F(ExpiryClockOnMedium, GoesOnFromItsMarkBehindTheNextOpen) {
  open();
  clock().will_tell(10 * kStep - 1);
  ASSERT_TRUE(ok(load()));
  now_us_ = 5;
  EXPECT_EQ(clock().now_us(), 10 * kStep);
}

TEST_F(ExpiryClockOnMedium, MarksNothingInAStoreOpenedReadOnly) {
  open();
  ExpiryClock one = clock(true);
  one.will_tell(10 * kStep);
  EXPECT_EQ(one.marks_written(), 0u);
  EXPECT_EQ(mark(), 0u);
}

}  // namespace
}  // namespace holdfast
