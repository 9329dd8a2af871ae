// What one expects of the names of regions: any, kept, one region each, however often and by whomever they
// change.

#include <atomic>
#include <set>

#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

class MappedRegionNames : public RegionOn {
 protected:
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    const auto listed = store_->regions();
    for (const RegionInfo& info : listed.value()) found.push_back(info.name);
    return found;
  }

  /// There is no call for it: a list, and a removal for each that is not in the set.
  void keep_only(const std::set<std::string>& kept) {
    const auto listed = store_->regions();
    ASSERT_TRUE(ok(listed));
    for (const RegionInfo& info : *listed) {
      if (kept.contains(info.name)) continue;
      ASSERT_TRUE(ok(store_->region(info.id)->remove()));
    }
  }
};

class MappedRegionNamesReopened : public RegionReopen {};

INSTANTIATE_TEST_SUITE_P(, MappedRegionNames, ::testing::ValuesIn(all_backends()), row_name);
INSTANTIATE_TEST_SUITE_P(, MappedRegionNamesReopened,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

std::vector<std::string> special_names() {
  return {"with space",
          "a/b",
          "a_b",
          "a\\b",
          "..",
          ".",
          "-rf",
          "100%s",
          "\"quoted\"",
          std::string("\0", 1),
          "a\nb",
          "Ä",
          "日本",
          "\xFF\xFE",
          std::string("n\0m", 3),
          std::string(255, 'n')};
}

TEST_P(MappedRegionNames, AreAnyBytes) {
  const std::vector<std::string> special = special_names();
  for (const std::string& name : special) ASSERT_TRUE(ok(region(name).append(bytes_of_text(name))));
  EXPECT_EQ(names().size(), special.size() + 1);
  for (const std::string& name : special)
    EXPECT_TRUE(holds(region(name, {.mode = OpenMode::existing}), name));
}

TEST_P(MappedRegionNames, Of256BytesAreRefusedAndChangeNothing) {
  const std::string longest(255, 'n');
  const std::string longer(256, 'n');
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, store_->region(longer)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, store_->create_region({.name = longer})));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, region_->rename(longer)));
  EXPECT_EQ(names(), std::vector<std::string>{"region"});
  ASSERT_TRUE(ok(region_->rename(longest)));
  EXPECT_EQ(names(), std::vector<std::string>{longest});
}

TEST_P(MappedRegionNames, ARenameToATakenNameIsRefused) {
  write(0, "bytes");
  Region other = created("other", "others");
  EXPECT_TRUE(fails_with(ErrorCode::exists, region_->rename("other")));
  EXPECT_EQ(names(), (std::vector<std::string>{"other", "region"}));
  EXPECT_TRUE(holds(region("region"), "bytes"));
  EXPECT_TRUE(holds(region("other"), "others"));
}

TEST_P(MappedRegionNames, ARenameAfterRemovalAndCreationIsOfTheNewRegion) {
  write(0, "old");
  ASSERT_TRUE(ok(region_->remove()));
  Region again = created("region", "new");
  EXPECT_TRUE(fails_with(ErrorCode::not_found, region_->rename("by the old handle")));
  ASSERT_TRUE(ok(again.rename("renamed")));
  EXPECT_EQ(names(), std::vector<std::string>{"renamed"});
  EXPECT_TRUE(holds(region("renamed"), "new"));
  EXPECT_TRUE(is_absent("region"));
}

TEST_P(MappedRegionNames, ARegionIsRenamedAgainAndAgain) {
  write(0, "bytes");
  std::string last = "region";
  for (int i = 0; i < 200; ++i) {
    const std::string next = "name " + std::to_string(i % 7);
    ASSERT_TRUE(ok(region_->rename(next))) << i;
    ASSERT_TRUE(is_absent(last));
    ASSERT_EQ(region(next, {.mode = OpenMode::existing}).id(), region_->id());
    last = next;
  }
  EXPECT_EQ(names(), std::vector<std::string>{last});
  EXPECT_TRUE(holds(*region_, "bytes"));
}

TEST_P(MappedRegionNames, OfManyThatRenameToOneNameOneWins) {
  for (int round = 0; round < 10 && !HasFailure(); ++round) {
    std::vector<Region> runners;
    for (int i = 0; i < 6; ++i) runners.push_back(region("runner " + std::to_string(i)));
    std::atomic<int> winners{0};
    in_threads(6, [&](unsigned i) {
      const auto renamed = runners[i].rename("prize");
      if (renamed) ++winners;
      EXPECT_TRUE(renamed || renamed.error().code == ErrorCode::exists);
      EXPECT_EQ(runners[i].name(), renamed ? "prize" : "runner " + std::to_string(i));
    });
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(names().size(), 7u);
    ASSERT_TRUE(ok(region("prize").remove()));
  }
}

TEST_P(MappedRegionNames, ThreadsRenameOneRegionAndItHasOneName) {
  write(0, "bytes");
  in_threads(6, [&](unsigned thread) {
    for (int i = 0; i < 20; ++i)
      EXPECT_TRUE(ok(region_->rename("name " + std::to_string(thread) + "/" + std::to_string(i))));
  });
  ASSERT_EQ(names(), std::vector<std::string>{region_->name()});
  EXPECT_TRUE(region_->name().ends_with("/19"));  // some thread's last
  EXPECT_EQ(region(region_->name()).id(), region_->id());
}

TEST_P(MappedRegionNames, OnlySomeRegionsAreKept) {
  for (const char* name : {"a", "b", "c", "d"}) static_cast<void>(created(name, name));
  keep_only({"b", "d", "never there"});
  EXPECT_EQ(names(), (std::vector<std::string>{"b", "d"}));
  EXPECT_TRUE(holds(region("d"), "d"));
  keep_only({"b", "d"});
  EXPECT_EQ(names(), (std::vector<std::string>{"b", "d"}));
  keep_only({});
  EXPECT_EQ(names(), std::vector<std::string>{});
  keep_only({});
  EXPECT_TRUE(ok(store_->region("a", {.mode = OpenMode::create})));
}

TEST_P(MappedRegionNamesReopened, ARenameIsThere) {
  write(0, "bytes", kImmediate);
  const RegionId id = region_->id();
  ASSERT_TRUE(ok(region_->rename("renamed")));
  kill();
  options_.mode = OpenMode::existing;
  auto opened = Store::open(directory_.store(), options_);
  ASSERT_TRUE(ok(opened));
  store_.emplace(std::move(*opened));
  EXPECT_TRUE(is_absent("region"));
  EXPECT_TRUE(holds(region("renamed", {.mode = OpenMode::existing}), "bytes"));
  EXPECT_EQ(region("renamed").id(), id);
}

TEST_P(MappedRegionNamesReopened, SpecialNamesAreThere) {
  for (const std::string& name : special_names()) static_cast<void>(created(name, name));
  reopen_after_kill();
  for (const std::string& name : special_names())
    EXPECT_TRUE(holds(region(name, {.mode = OpenMode::existing}), name));
}

TEST_P(MappedRegionNamesReopened, NoneButTheKeptAreThere) {
  for (const char* name : {"a", "b", "c"}) static_cast<void>(created(name, name));
  for (const char* name : {"a", "c"}) ASSERT_TRUE(ok(region(name).remove()));
  reopen_after_kill();
  EXPECT_TRUE(is_absent("a"));
  EXPECT_TRUE(is_absent("c"));
  EXPECT_TRUE(holds(region("b"), "b"));
}

}  // namespace
}  // namespace holdfast::region_suites
