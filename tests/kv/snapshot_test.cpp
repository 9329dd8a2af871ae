// Snapshots: what they show, what they hold back, and when they end.

#include "kv_suites.hpp"

#include <filesystem>
#include <map>

#include "contract/forked_child.hpp"

namespace holdfast::kv_suites {
namespace {

using Found = std::map<std::string, std::string>;

Found scanned(const KvSnapshot& snapshot, std::string_view prefix = "") {
  Found found;
  EXPECT_TRUE(ok(snapshot.scan(prefix, [&](std::string_view key, std::string_view value) {
    EXPECT_TRUE(found.emplace(key, value).second) << key << " comes twice";
    return true;
  })));
  return found;
}

class KvSnapshots : public KvTest {
 protected:
  [[nodiscard]] KvSnapshot snapshot() {
    auto taken = space_->snapshot();
    if (!taken) throw std::runtime_error(taken.error().to_string());  // ends the test
    return std::move(*taken);
  }

  /// A fresh store.
  void make_store(std::uint64_t size_bytes, std::uint64_t snapshot_bytes_max) {
    kill();
    std::filesystem::remove(directory_.store());
    options_.size_bytes = options_.max_size_bytes = size_bytes;
    options_.snapshot_bytes_max = snapshot_bytes_max;
    open();
  }

  void erase(std::string_view key) { ASSERT_TRUE(says(true, space_->erase(key, kBuffered))); }
};
INSTANTIATE_TEST_SUITE_P(, KvSnapshots, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(KvSnapshots, ShowTheSpaceAsItWas) {
  put("erased", "1");
  put("kept", "2");
  put("replaced", "3");
  const KvSnapshot before = snapshot();
  erase("erased");
  put("replaced", "4");
  put("replaced", "5");
  put("new", "6");
  const KvSnapshot after = snapshot();
  put("kept", "7");
  put("erased", "8");

  EXPECT_EQ(scanned(before), (Found{{"erased", "1"}, {"kept", "2"}, {"replaced", "3"}}));
  EXPECT_EQ(scanned(after), (Found{{"kept", "2"}, {"new", "6"}, {"replaced", "5"}}));
  EXPECT_EQ(scanned(before, "re"), (Found{{"replaced", "3"}}));
  EXPECT_EQ(before.get("erased").value(), "1");
  EXPECT_EQ(before.get("replaced").value(), "3");
  EXPECT_EQ(before.get("new").value(), std::nullopt);
  EXPECT_EQ(after.get("erased").value(), std::nullopt);
  EXPECT_EQ(after.get("replaced").value(), "5");
  EXPECT_TRUE(says(true, before.contains("kept")));
  EXPECT_TRUE(says(false, before.contains("new")));
  EXPECT_TRUE(says(true, after.contains("new")));
  EXPECT_TRUE(says(false, after.contains("erased")));
  EXPECT_LT(before.version(), after.version());
  EXPECT_TRUE(holds(*space_, "kept", "7"));
}

TEST_P(KvSnapshots, OfAnEmptySpaceStayEmpty) {
  const KvSnapshot empty = snapshot();
  put("key", "value");
  EXPECT_TRUE(scanned(empty).empty());
  EXPECT_EQ(empty.get("key").value(), std::nullopt);
}

TEST_P(KvSnapshots, OfOneSpaceDoNotShowAnother) {
  holdfast::Kv other = space("other");
  put("key", "value");
  ASSERT_TRUE(ok(other.put("key", "other", kBuffered)));
  const KvSnapshot taken = snapshot();
  ASSERT_TRUE(ok(other.put("key", "newer", kBuffered)));
  put("key", "newer");
  EXPECT_EQ(scanned(taken), (Found{{"key", "value"}}));
}

TEST_P(KvSnapshots, AreCheckedAsReadsAre) {
  const KvSnapshot taken = snapshot();
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, taken.get("")));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, taken.contains(std::string(65'536, 'k'))));
}

TEST_P(KvSnapshots, TheirVisitorMayStopAndMayWrite) {
  for (int i = 0; i < 20; ++i) put("key " + std::to_string(i), "old");
  const KvSnapshot taken = snapshot();
  int visits = 0;
  ASSERT_TRUE(ok(taken.scan("", [&](std::string_view key, std::string_view value) {
    EXPECT_EQ(value, "old");
    put(key, "new");
    put("more " + std::to_string(visits), "new");
    return ++visits < 10;
  })));
  EXPECT_EQ(visits, 10);
  EXPECT_EQ(scanned(taken).size(), 20u);
}

TEST_P(KvSnapshots, MayBeMovedAndAssigned) {
  put("key", "1");
  KvSnapshot one = snapshot();
  put("key", "2");
  KvSnapshot two = snapshot();
  put("key", "3");
  const KvSnapshot moved(std::move(one));
  EXPECT_EQ(moved.get("key").value(), "1");
  one = std::move(two);
  EXPECT_EQ(one.get("key").value(), "2");
}

TEST_P(KvSnapshots, HoldExtentsOfLargeValuesBackAndGiveThemBack) {
  make_store(16 * kMiB, std::uint64_t{1} << 30);
  put("a", some_value(4 * kMiB, 1));
  put("b", some_value(4 * kMiB, 2));
  {
    const KvSnapshot taken = snapshot();
    ASSERT_TRUE(ok(space_->put("a", some_value(4 * kMiB, 3))));
    EXPECT_TRUE(fails_with(ErrorCode::no_space, space_->put("c", some_value(6 * kMiB))));
    erase("b");
    EXPECT_TRUE(fails_with(ErrorCode::no_space, space_->put("c", some_value(6 * kMiB))));
    EXPECT_EQ(taken.get("a").value(), some_value(4 * kMiB, 1));
    EXPECT_EQ(scanned(taken), (Found{{"a", some_value(4 * kMiB, 1)}, {"b", some_value(4 * kMiB, 2)}}));
  }
  EXPECT_TRUE(ok(space_->put("c", some_value(6 * kMiB))));
}

TEST_P(KvSnapshots, WhatNoneOfThemSeesIsNotHeldBack) {
  make_store(8 * kMiB, std::uint64_t{1} << 30);
  put("key", some_value(kMiB, 0));
  const KvSnapshot oldest = snapshot();
  for (unsigned round = 1; round < 20; ++round) {
    ASSERT_TRUE(ok(space_->put("key", some_value(kMiB, round)))) << round;
    const KvSnapshot youngest = snapshot();
    ASSERT_TRUE(ok(space_->put("key", some_value(kMiB, round + 100)))) << round;
    EXPECT_EQ(youngest.get("key").value(), some_value(kMiB, round));
  }
  EXPECT_EQ(oldest.get("key").value(), some_value(kMiB, 0));
}

TEST_P(KvSnapshots, TheOldestEndWhereTooMuchIsHeldBack) {
  make_store(64 * kMiB, 5 * kMiB);
  put("key", some_value(2 * kMiB, 0));
  std::vector<KvSnapshot> taken;
  for (unsigned round = 1; round < 4; ++round) {
    taken.push_back(snapshot());
    put("key", some_value(2 * kMiB, round));
  }
  const auto refused = taken[0].get("key");
  ASSERT_TRUE(fails_with(ErrorCode::closed, refused));
  EXPECT_NE(refused.error().message.find("snapshot_bytes_max"), std::string::npos) << refused.error().message;
  EXPECT_TRUE(fails_with(ErrorCode::closed, taken[0].contains("absent")));
  EXPECT_TRUE(
      fails_with(ErrorCode::closed, taken[0].scan("", [](std::string_view, std::string_view) { return true; })));
  EXPECT_EQ(taken[1].get("key").value(), some_value(2 * kMiB, 1));
  EXPECT_EQ(taken[2].get("key").value(), some_value(2 * kMiB, 2));
  EXPECT_TRUE(holds(*space_, "key", some_value(2 * kMiB, 3)));
}

TEST_P(KvSnapshots, SmallRecordsCountAsWell) {
  make_store(16 * kMiB, 100'000);
  for (int i = 0; i < 100; ++i) put("key " + std::to_string(i), some_value(2'000));
  const KvSnapshot taken = snapshot();
  int replaced = 0;
  while (taken.contains("key 0").has_value() && replaced < 100) put("key " + std::to_string(replaced++), "new");
  EXPECT_GT(replaced, 40);
  EXPECT_LT(replaced, 60);
}

TEST_P(KvSnapshots, ThatEndUnderAScanEndTheScan) {
  make_store(64 * kMiB, 3 * kMiB);
  for (unsigned i = 0; i < 4; ++i) put("key " + std::to_string(i), some_value(kMiB, i));
  const KvSnapshot taken = snapshot();
  int visits = 0;
  const auto result = taken.scan("", [&](std::string_view, std::string_view value) {
    EXPECT_EQ(value.size(), kMiB);
    if (++visits == 2)
      for (unsigned i = 0; i < 4; ++i) put("key " + std::to_string(i), "small");
    return true;
  });
  EXPECT_TRUE(fails_with(ErrorCode::closed, result));
  EXPECT_EQ(visits, 2);
}

// Its own visitor replaces more than may be held back: a scan goes on.
TEST_P(KvSnapshots, ScansDoNotEndForTheLimit) {
  make_store(64 * kMiB, kMiB);
  for (unsigned i = 0; i < 4; ++i) put("key " + std::to_string(i), some_value(kMiB, i));
  int visits = 0;
  ASSERT_TRUE(ok(space_->scan("", [&](std::string_view, std::string_view value) {
    EXPECT_EQ(value.size(), kMiB);
    if (++visits == 1)
      for (unsigned i = 0; i < 4; ++i) put("key " + std::to_string(i), "small");
    return true;
  })));
  EXPECT_EQ(visits, 4);
}

TEST_P(KvSnapshots, OutliveTheStoreAndAnswerClosed) {
  put("key", "value");
  const KvSnapshot taken = snapshot();
  put("key", "newer");
  EXPECT_TRUE(ok(store_->close()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, taken.get("key")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space_->snapshot()));
  space_.reset();
  store_.reset();
  EXPECT_TRUE(fails_with(ErrorCode::closed, taken.contains("key")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, taken.scan("", [](std::string_view, std::string_view) { return true; })));
  EXPECT_GT(taken.version(), 0u);
}

TEST_P(KvSnapshots, AChildThatDropsOneLeavesTheParents) {
  put("key", "value");
  std::optional<KvSnapshot> taken(snapshot());
  put("key", "newer");
  EXPECT_EQ(in_forked_child([&] {
              const bool reads = taken->get("key").value() == "value";
              taken.reset();
              return reads ? 1 : 0;
            }),
            1);
  EXPECT_EQ(taken->get("key").value(), "value");
}

class KvSnapshotsReopened : public KvSnapshots {};
INSTANTIATE_TEST_SUITE_P(, KvSnapshotsReopened, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

TEST_P(KvSnapshotsReopened, WhatWasHeldBackAtCloseIsFreeBehindTheNextOpen) {
  make_store(16 * kMiB, std::uint64_t{1} << 30);
  put("a", some_value(8 * kMiB, 1));
  const KvSnapshot taken = snapshot();
  erase("a");
  close();
  open();
  EXPECT_TRUE(fails_with(ErrorCode::closed, taken.get("a")));
  EXPECT_TRUE(ok(space_->put("b", some_value(8 * kMiB, 2))));
  close();
  options_.mode = OpenMode::read_only;
  open();
  space_.emplace(space("space"));
  const KvSnapshot read_only = snapshot();
  EXPECT_EQ(scanned(read_only), (Found{{"b", some_value(8 * kMiB, 2)}}));
}

}  // namespace
}  // namespace holdfast::kv_suites
