#include "kv/scan_registry.hpp"

#include <gtest/gtest.h>

namespace holdfast::kv {
namespace {

constexpr Location kPlace{3, 40};

Replacement replacement(std::uint64_t version, std::uint64_t replaced_by, bool has_parts = false,
                        Location place = kPlace) {
  return {.location = place, .version = version, .replaced_by = replaced_by, .has_parts = has_parts};
}

TEST(ScanRegistry, RemembersNothingWithoutAScan) {
  ScanRegistry scans;
  EXPECT_FALSE(scans.note(replacement(1, 2)));
  scans.begin();
  EXPECT_FALSE(scans.was_present(kPlace, 2));
}

TEST(ScanRegistry, KnowsWhatWasPresentAtAVersion) {
  ScanRegistry scans;
  scans.begin();
  ASSERT_TRUE(scans.note(replacement(10, 20)));
  EXPECT_FALSE(scans.was_present(kPlace, 10));  // the scan's version comes before the record's
  EXPECT_TRUE(scans.was_present(kPlace, 11));
  EXPECT_TRUE(scans.was_present(kPlace, 20));
  EXPECT_FALSE(scans.was_present(kPlace, 21));  // replaced by then
  EXPECT_FALSE(scans.was_present({3, 41}, 15));
}

TEST(ScanRegistry, ForgetsANoteThatIsTakenBack) {
  ScanRegistry scans;
  scans.begin();
  ASSERT_TRUE(scans.note(replacement(10, 20)));
  scans.forget(kPlace);
  EXPECT_FALSE(scans.was_present(kPlace, 15));
}

// Two writers compare with one record; the first replaces it. The second one's note comes too late, and
// taking it back must not take the first one's.
TEST(ScanRegistry, ALateNoteOfAReplacedRecordIsRefusedAndTheFirstStays) {
  ScanRegistry scans;
  scans.begin();
  ASSERT_TRUE(scans.note(replacement(10, 20, true)));
  EXPECT_FALSE(scans.note(replacement(10, 21, true)));
  EXPECT_TRUE(scans.was_present(kPlace, 20));
  EXPECT_FALSE(scans.was_present(kPlace, 21));
  EXPECT_EQ(scans.end().size(), 1u);
}

TEST(ScanRegistry, GivesBackExtentsAtTheEndOfTheLastScanOnly) {
  ScanRegistry scans;
  scans.begin();
  scans.begin();
  ASSERT_TRUE(scans.note(replacement(10, 20, true)));
  ASSERT_TRUE(scans.note(replacement(11, 21, false, {3, 50})));
  EXPECT_TRUE(scans.end().empty());
  EXPECT_TRUE(scans.was_present(kPlace, 15));
  const auto freed = scans.end();
  ASSERT_EQ(freed.size(), 1u);  // the other had none
  EXPECT_EQ(freed[0].location, kPlace);
  EXPECT_FALSE(scans.active());
}

TEST(ScanRegistry, BeginsAnewForTheNextScan) {
  ScanRegistry scans;
  scans.begin();
  ASSERT_TRUE(scans.note(replacement(10, 20, true)));
  static_cast<void>(scans.end());
  scans.begin();
  EXPECT_FALSE(scans.was_present(kPlace, 15));
  EXPECT_TRUE(scans.end().empty());
}

}  // namespace
}  // namespace holdfast::kv
