// That inputs reach what lies behind the checksums, and that a base store without a change is no trouble.

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

#include "exercise.hpp"
#include "test_inputs.hpp"

namespace holdfast::fuzz {
namespace {

TEST(Forgery, WithoutAnOperationTheStoreIsWhole) {
  for (const std::uint8_t medium : {std::uint8_t{0}, kFileMedium}) {
    for (std::size_t base = 0; base < kBaseStoreCount; ++base) {
      const Verdict verdict = run_input(Input{static_cast<std::uint8_t>(base_byte(base) | medium)});
      EXPECT_EQ(verdict.wrong, "") << base;
      EXPECT_FALSE(verdict.refused) << verdict.refused->to_string();
      EXPECT_EQ(verdict.damage, 0u) << base;
      EXPECT_EQ(verdict.sealed, 0u) << base;
    }
  }
}

TEST(Forgery, EveryBaseStoreOfLogsHasWhatLogsLeave) {
  for (std::size_t base = kLogStoresFirst; base < kBaseStoreCount; ++base) {
    for (const auto kind : {StructureKind::ledger_key, StructureKind::cursor, StructureKind::sharded_log,
                            StructureKind::checkpoint, StructureKind::reshard, StructureKind::moved_cut})
      find(base, kind, [](const Structure&) { return true; });
    for (const auto type : {CatalogEntryType::log_begin, CatalogEntryType::log_gap, CatalogEntryType::log_thinned})
      find_entry(base, type);
  }
}

TEST(Forgery, EveryBaseStoreOfFacadesHasEveryStructure) {
  for (std::size_t base = 0; base < kFacadeStoreCount; ++base)
    for (const auto kind : {StructureKind::superblock, StructureKind::segment_header, StructureKind::slice_header,
                            StructureKind::record, StructureKind::footer, StructureKind::footer_entry,
                            StructureKind::catalog_entry, StructureKind::batch_trailer, StructureKind::value_part,
                            StructureKind::raw_extent})
      find(base, kind, [](const Structure&) { return true; });
}

TEST(Forgery, OfARecordsVersionIsBelievedWithItsCheckAndNotWithout) {
  for (std::size_t base = 0; base < kFacadeStoreCount; ++base) {
    const std::size_t record = find_record(base, RecordType::put);
    const std::size_t offset = offsetof(RecordHeaderDisk, version);
    const Forgery sealed = forge(set_number(base, record, offset, 1'000'000, 8));
    EXPECT_EQ(sealed.sealed, 1u);
    EXPECT_TRUE(sealed.proves_itself);
    EXPECT_TRUE(structures(base).has_new_record(base_store(base).image(), sealed.image));
    const Verdict believed = exercise(sealed);
    EXPECT_EQ(believed.wrong, "");
    EXPECT_FALSE(believed.refused);
    EXPECT_EQ(believed.damage, 0u) << base;

    const Forgery unsealed = forge(set_number(base, record, offset, 1'000'000, 8, false));
    EXPECT_EQ(unsealed.sealed, 0u);
    EXPECT_FALSE(unsealed.proves_itself);
    const Verdict found = exercise(unsealed);
    EXPECT_EQ(found.wrong, "");
    EXPECT_GT(found.damage, 0u) << base;
  }
}

TEST(Forgery, OfARecordsSizeMeetsTheCheckBehindTheChecksum) {
  for (std::size_t base = 0; base < kFacadeStoreCount; ++base) {
    const std::size_t record = find_record(base, RecordType::put);
    const Forgery forged = forge(set_number(base, record, offsetof(RecordHeaderDisk, padded_size_bytes), 40, 4));
    EXPECT_EQ(forged.sealed, 1u);
    EXPECT_EQ(read<RecordHeaderDisk>(forged.image, structures(base).at(record)).padded_size_bytes, 40u);
    const Verdict verdict = exercise(forged);
    EXPECT_EQ(verdict.wrong, "");
    EXPECT_TRUE(verdict.damage > 0 || verdict.refused) << base;
  }
}

TEST(Forgery, OfACatalogsEntryIsRefusedForWhatItSays) {
  for (std::size_t base = 0; base < kFacadeStoreCount; ++base) {
    const std::size_t entry = find_entry(base, CatalogEntryType::add_segment);
    const std::size_t offset = offsetof(CatalogEntryDisk, space_id);
    constexpr std::uint64_t kNoSpace = 1'000;
    const Verdict sealed = run_input(set_number(base, entry, offset, kNoSpace, 8));
    EXPECT_EQ(sealed.sealed, 1u);
    ASSERT_TRUE(sealed.refused) << base;
    EXPECT_EQ(sealed.refused->code, ErrorCode::corruption);
    EXPECT_NE(sealed.refused->message.find("belongs to no space"), std::string::npos) << sealed.refused->message;

    const Verdict unsealed = run_input(set_number(base, entry, offset, kNoSpace, 8, false));
    EXPECT_EQ(unsealed.sealed, 0u);
    ASSERT_TRUE(unsealed.refused) << base;
    EXPECT_EQ(unsealed.refused->message.find("belongs to no space"), std::string::npos) << unsealed.refused->message;
  }
}

}  // namespace
}  // namespace holdfast::fuzz
