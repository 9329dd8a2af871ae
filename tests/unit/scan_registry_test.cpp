#include "kv/scan_registry.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace holdfast::kv {
namespace {

using Kind = ScanRegistry::Kind;
using Presence = ScanRegistry::Presence;

constexpr std::uint64_t kHash = 77;
constexpr Location kPlace{3, 40};
constexpr Location kOtherPlace{5, 40};
constexpr Location kThirdPlace{6, 8};

Replacement replacement(std::uint64_t version, std::uint64_t replaced_by, Location place = kPlace,
                        std::uint64_t size_bytes = 0) {
  return {.hash = kHash,
          .location = place,
          .version = version,
          .replaced_by = replaced_by,
          .size_bytes = size_bytes,
          .has_parts = true};
}

class ScanRegistryTest : public ::testing::Test {
 protected:
  /// A snapshot of that version.
  std::uint64_t begin(std::uint64_t version, Kind kind = Kind::snapshot) {
    return scans_.begin(kind, [version] { return version; });
  }

  /// Versions of the records that nobody sees any more, in rising order.
  std::vector<std::uint64_t> unseen() {
    std::vector<std::uint64_t> versions;
    scans_.take_unseen([&](const Replacement& taken) { versions.push_back(taken.version); });
    std::sort(versions.begin(), versions.end());
    return versions;
  }

  std::vector<std::uint64_t> end(std::uint64_t version) {
    scans_.end(version);
    return unseen();
  }

  [[nodiscard]] Presence presence(Location place, std::uint64_t version) const {
    return scans_.presence(kHash, place, version);
  }

  ScanRegistry scans_;
};

using Versions = std::vector<std::uint64_t>;

TEST_F(ScanRegistryTest, RemembersNothingWithoutASnapshot) {
  EXPECT_FALSE(scans_.active());
  EXPECT_FALSE(scans_.note(replacement(1, 2)));
  begin(3);
  EXPECT_TRUE(scans_.active());
  EXPECT_EQ(presence(kPlace, 3), Presence::as_indexed);
}

TEST_F(ScanRegistryTest, KnowsWhatWasPresentAsOfEachVersion) {
  for (const std::uint64_t version : {10, 11, 20, 21}) begin(version);
  ASSERT_TRUE(scans_.note(replacement(10, 20)));
  EXPECT_EQ(presence(kPlace, 10), Presence::hidden);  // the snapshot's version comes before the record's
  EXPECT_EQ(presence(kPlace, 11), Presence::shown);
  EXPECT_EQ(presence(kPlace, 20), Presence::shown);
  EXPECT_EQ(presence(kPlace, 21), Presence::hidden);  // replaced by then
  EXPECT_EQ(presence({3, 41}, 11), Presence::as_indexed);
  EXPECT_EQ(scans_.presence(kHash + 1, kPlace, 11), Presence::as_indexed);
}

TEST_F(ScanRegistryTest, FindsRecordsByTheirHashAsOfEachVersion) {
  for (const std::uint64_t version : {15, 25, 35}) begin(version);
  ASSERT_TRUE(scans_.note(replacement(10, 20, kPlace)));
  ASSERT_TRUE(scans_.note(replacement(20, 30, kOtherPlace)));
  EXPECT_EQ(scans_.find(kHash, 15), std::vector{kPlace});
  EXPECT_EQ(scans_.find(kHash, 25), std::vector{kOtherPlace});
  EXPECT_EQ(scans_.find(kHash, 35), std::vector<Location>{});
  EXPECT_EQ(scans_.find(kHash + 1, 15), std::vector<Location>{});
  EXPECT_FALSE(scans_.find(kHash, 16).has_value());  // no such snapshot lives
  EXPECT_EQ(presence(kPlace, 16), Presence::ended);
}

TEST_F(ScanRegistryTest, WhatNoLivingSnapshotSeesIsNotRemembered) {
  begin(5);
  begin(25);
  EXPECT_FALSE(scans_.note(replacement(10, 20)));  // written behind one, and replaced before the other
  EXPECT_TRUE(scans_.note(replacement(10, 25)));
}

TEST_F(ScanRegistryTest, ForgetsANoteThatIsTakenBack) {
  begin(15);
  ASSERT_TRUE(scans_.note(replacement(10, 20, kPlace, 100)));
  scans_.forget(kHash, kPlace);
  EXPECT_EQ(presence(kPlace, 15), Presence::as_indexed);
  EXPECT_EQ(scans_.held_back_bytes(), 0u);
  EXPECT_EQ(end(15), Versions{});
}

// Two writers compare with one record; the first replaces it. The second one's note comes too late, and
// taking it back must not take the first one's.
TEST_F(ScanRegistryTest, ALateNoteOfAReplacedRecordIsRefusedAndTheFirstStays) {
  begin(15);
  begin(21);
  ASSERT_TRUE(scans_.note(replacement(10, 20)));
  EXPECT_FALSE(scans_.note(replacement(10, 22)));
  EXPECT_EQ(presence(kPlace, 15), Presence::shown);
  EXPECT_EQ(presence(kPlace, 21), Presence::hidden);
  EXPECT_EQ(end(21), Versions{});
  EXPECT_EQ(end(15), Versions{10});
}

TEST_F(ScanRegistryTest, LetsGoOfARecordWithTheLastSnapshotThatSeesIt) {
  begin(15);
  begin(18);
  begin(25);
  ASSERT_TRUE(scans_.note(replacement(10, 20, kPlace, 100)));
  ASSERT_TRUE(scans_.note(replacement(17, 30, kOtherPlace, 1'000)));
  EXPECT_EQ(end(25), Versions{});  // 17 is seen by 18 as well
  EXPECT_EQ(end(18), Versions{17});
  EXPECT_EQ(presence(kPlace, 15), Presence::shown);
  EXPECT_EQ(scans_.held_back_bytes(), 100u);
  EXPECT_EQ(end(15), Versions{10});
  EXPECT_EQ(scans_.held_back_bytes(), 0u);
  EXPECT_FALSE(scans_.active());
}

TEST_F(ScanRegistryTest, AnOldSnapshotDoesNotHoldWhatYoungerOnesHaveHeld) {
  begin(5);
  for (std::uint64_t version = 10; version < 100; version += 10) {
    begin(version + 5);
    ASSERT_TRUE(scans_.note(replacement(version, version + 10, {1, static_cast<std::uint32_t>(version)})));
    EXPECT_EQ(end(version + 5), Versions{version});
  }
  EXPECT_EQ(scans_.oldest_version(), 5u);
}

TEST_F(ScanRegistryTest, TheOldestSnapshotsEndWhereTooMuchIsHeldBack) {
  scans_.set_bytes_max(250);
  begin(15);
  begin(25);
  begin(35);
  ASSERT_TRUE(scans_.note(replacement(10, 20, {1, 1}, 100)));
  ASSERT_TRUE(scans_.note(replacement(21, 30, {1, 2}, 100)));
  EXPECT_TRUE(scans_.is_living(15));
  ASSERT_TRUE(scans_.note(replacement(31, 40, {1, 3}, 100)));
  EXPECT_FALSE(scans_.is_living(15));
  EXPECT_TRUE(scans_.is_living(25));
  EXPECT_TRUE(scans_.is_living(35));
  EXPECT_EQ(scans_.held_back_bytes(), 200u);
  EXPECT_EQ(unseen(), Versions{10});
  EXPECT_EQ(end(15), Versions{});  // it has ended already
}

TEST_F(ScanRegistryTest, ARecordTooLargeForTheLimitIsLetGoAtOnce) {
  scans_.set_bytes_max(50);
  begin(15);
  EXPECT_TRUE(scans_.note(replacement(10, 20, kPlace, 100)));
  EXPECT_FALSE(scans_.is_living(15));
  EXPECT_EQ(unseen(), Versions{10});
}

TEST_F(ScanRegistryTest, ScansDoNotEndForTheLimit) {
  scans_.set_bytes_max(50);
  begin(12, Kind::scan);
  begin(15);
  ASSERT_TRUE(scans_.note(replacement(10, 20, kPlace, 100)));
  EXPECT_TRUE(scans_.is_living(12));
  EXPECT_FALSE(scans_.is_living(15));
  EXPECT_EQ(presence(kPlace, 12), Presence::shown);
  EXPECT_EQ(unseen(), Versions{});
  EXPECT_EQ(end(12), Versions{10});
}

TEST_F(ScanRegistryTest, OldestVersionIsThatOfTheOldestUntilWhatItHeldIsGivenBack) {
  EXPECT_FALSE(scans_.oldest_version());
  begin(15);
  begin(25);
  ASSERT_TRUE(scans_.note(replacement(10, 20)));
  EXPECT_EQ(scans_.oldest_version(), 15u);
  scans_.end(15);
  EXPECT_EQ(scans_.oldest_version(), 15u);  // somebody still has to look at the record
  scans_.take_unseen([&](const Replacement&) { EXPECT_EQ(scans_.oldest_version(), 15u); });
  EXPECT_EQ(scans_.oldest_version(), 25u);
  scans_.end(25);
  EXPECT_FALSE(scans_.oldest_version());
}

TEST_F(ScanRegistryTest, AMovedRecordIsShownWhereItWas) {
  begin(15);
  begin(25);
  scans_.note_moved(kHash, kPlace, kOtherPlace, 10, 20);
  begin(26);
  EXPECT_EQ(presence(kPlace, 15), Presence::shown);
  EXPECT_EQ(presence(kOtherPlace, 15), Presence::hidden);
  for (const std::uint64_t later : {25, 26}) {
    EXPECT_EQ(presence(kPlace, later), Presence::hidden);
    EXPECT_EQ(presence(kOtherPlace, later), Presence::as_indexed);
  }
  EXPECT_EQ(scans_.find(kHash, 15), std::vector{kPlace});
  EXPECT_EQ(scans_.find(kHash, 25), std::vector<Location>{});  // in the index
}

TEST_F(ScanRegistryTest, ARecordMovedTwiceAndReplacedIsShownOnceAsOfEachVersion) {
  for (const std::uint64_t version : {5, 15, 25, 35, 45}) begin(version);
  scans_.note_moved(kHash, kPlace, kOtherPlace, 10, 20);
  scans_.note_moved(kHash, kOtherPlace, kThirdPlace, 10, 30);
  ASSERT_TRUE(scans_.note(replacement(10, 40, kThirdPlace)));
  const auto shown_at = [&](std::uint64_t version) {
    std::vector<Location> places;
    for (const Location place : {kPlace, kOtherPlace, kThirdPlace})
      if (presence(place, version) == Presence::shown) places.push_back(place);
    return places;
  };
  // The walk leaves out what is not below its version by itself: 5 asks for nothing.
  EXPECT_EQ(shown_at(15), std::vector{kPlace});
  EXPECT_EQ(shown_at(25), std::vector{kOtherPlace});
  EXPECT_EQ(shown_at(35), std::vector{kThirdPlace});
  EXPECT_EQ(shown_at(45), std::vector<Location>{});
  for (const std::uint64_t version : {15, 25, 35}) EXPECT_FALSE(scans_.find(kHash, version)->empty()) << version;
  EXPECT_TRUE(scans_.find(kHash, 5)->empty());
  EXPECT_TRUE(scans_.find(kHash, 45)->empty());
}

// Its extents are the same at each place: they are needed until nobody sees the record anywhere.
TEST_F(ScanRegistryTest, ExtentsOfAMovedRecordAreGivenBackOnceAndLast) {
  begin(15);
  begin(25);
  scans_.note_moved(kHash, kPlace, kOtherPlace, 10, 20);
  ASSERT_TRUE(scans_.note(replacement(10, 40, kOtherPlace)));
  int with_parts = 0;
  const auto count = [&](const Replacement& taken) { with_parts += taken.has_parts; };
  scans_.end(25);
  scans_.take_unseen(count);
  EXPECT_EQ(with_parts, 0);  // 15 shows it at its first place
  scans_.end(15);
  scans_.take_unseen(count);
  EXPECT_EQ(with_parts, 1);
}

TEST_F(ScanRegistryTest, AMoveThatNobodyIsOldEnoughForIsNotRemembered) {
  begin(25);
  scans_.note_moved(kHash, kPlace, kOtherPlace, 10, 20);
  EXPECT_EQ(presence(kPlace, 25), Presence::as_indexed);
  EXPECT_EQ(presence(kOtherPlace, 25), Presence::as_indexed);
}

TEST_F(ScanRegistryTest, BeginsAnewForTheNextSnapshot) {
  begin(15);
  ASSERT_TRUE(scans_.note(replacement(10, 20)));
  EXPECT_EQ(end(15), Versions{10});
  begin(25);
  EXPECT_EQ(presence(kPlace, 25), Presence::as_indexed);
  EXPECT_EQ(end(25), Versions{});
}

}  // namespace
}  // namespace holdfast::kv
