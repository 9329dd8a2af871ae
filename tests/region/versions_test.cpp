// What replace() and keep_version() leave of what a region held.

#include "form_suites.hpp"

namespace holdfast::region_suites {
namespace {

struct VersionsRow {
  BackendRow backend;
  RegionForm form;
  std::string form_name;
};

void PrintTo(const VersionsRow& row, std::ostream* out) { *out << row.backend->name << " " << row.form_name; }

std::vector<VersionsRow> versions_rows() {
  std::vector<VersionsRow> rows;
  for (const BackendRow backend : all_backends()) {
    rows.push_back({backend, {.versions_kept = 3}, "plain"});
    rows.push_back({backend, {.versions_kept = 3, .compresses_versions = true}, "compressed"});
    rows.push_back({backend, {.checked_block_bytes = 4096, .versions_kept = 3}, "checked"});
    rows.push_back({backend, {.checked_block_bytes = 65536, .is_mirrored = true, .versions_kept = 3}, "mirrored"});
    rows.push_back({backend,
                    {.checked_block_bytes = 4096, .is_mirrored = true, .versions_kept = 3, .compresses_versions = true},
                    "mirrored_compressed"});
  }
  return rows;
}

class RegionVersions : public ::testing::TestWithParam<VersionsRow> {
 protected:
  RegionVersions() : directory_(GetParam().backend->root) {
    const std::string_view medium = GetParam().backend->name;
    options_.backend = medium == "memory" ? Backend::memory : medium == "pmem" ? Backend::pmem : Backend::file;
    options_.emulate_pmem = true;
    options_.size_bytes = kTestSizeBytes;
    options_.max_size_bytes = kRoomBytes;
    options_.segment_size_bytes = 64 << 10;
    open();
    region_ = formed(*store_, "region", content(0), GetParam().form);
  }

  void open() {
    auto opened = Store::open(directory_.store(), options_);
    if (!opened) throw std::runtime_error(opened.error().to_string());  // ends the test
    store_.emplace(std::move(*opened));
  }

  /// What the region holds in the `number`-th place; half of it can be compressed.
  [[nodiscard]] static std::string content(unsigned number) {
    return noise(60'000 + number * 1'001, number) + std::string(60'000, static_cast<char>('a' + number));
  }

  RegionVersion replace(unsigned number) {
    auto version = region_->replace(bytes_of_text(content(number)));
    if (!version) throw std::runtime_error(version.error().to_string());  // ends the test
    EXPECT_TRUE(holds(*region_, content(number)));
    return *version;
  }
  RegionVersion keep() {
    auto version = region_->keep_version();
    if (!version) throw std::runtime_error(version.error().to_string());  // ends the test
    return *version;
  }

  [[nodiscard]] std::vector<std::uint64_t> numbers() const {
    std::vector<std::uint64_t> all;
    const auto kept = region_->versions();
    for (const RegionVersion& version : kept.value()) all.push_back(version.number);
    return all;
  }
  [[nodiscard]] Region version(std::uint64_t number) const { return region_->version(number).value(); }
  [[nodiscard]] std::uint64_t free_bytes() const { return store_->info()->free_bytes; }

  TestDirectory directory_;
  Options options_;
  std::optional<Store> store_;
  std::optional<Region> region_;
};
INSTANTIATE_TEST_SUITE_P(, RegionVersions, ::testing::ValuesIn(versions_rows()), [](const auto& row) {
  return std::string(row.param.backend->name) + "_" + row.param.form_name;
});

using Numbers = std::vector<std::uint64_t>;

TEST_P(RegionVersions, ReplaceKeepsTheLastOnes) {
  EXPECT_TRUE(region_->versions()->empty());
  for (unsigned i = 1; i <= 5; ++i) EXPECT_EQ(replace(i).number, i);
  EXPECT_EQ(numbers(), (Numbers{3, 4, 5}));
  for (unsigned number = 3; number <= 5; ++number) EXPECT_TRUE(holds(version(number), content(number - 1)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, region_->version(2)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, region_->version(6)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, region_->version(0)));
  EXPECT_EQ(damage_in(*store_).size(), 0u);
}

TEST_P(RegionVersions, KeepVersionCopiesWhatIsThere) {
  const auto before = std::chrono::system_clock::now();
  const RegionVersion first = keep();
  EXPECT_EQ(first.number, 1u);
  EXPECT_EQ(first.size_bytes, content(0).size());
  EXPECT_LT(std::chrono::abs(first.kept - before), std::chrono::hours(1));  // the system's clock may be set meanwhile
  ASSERT_TRUE(ok(write_to(*region_, 5, "changed")));
  std::string changed = content(0);
  put(changed, 5, "changed");
  EXPECT_EQ(keep().number, 2u);
  ASSERT_TRUE(ok(region_->truncate(10)));
  EXPECT_TRUE(holds(version(1), content(0)));
  EXPECT_TRUE(holds(version(2), changed));
  EXPECT_TRUE(holds(*region_, changed.substr(0, 10)));
  EXPECT_EQ(damage_in(*store_).size(), 0u);
}

TEST_P(RegionVersions, TheListTellsWhatTheCallDid) {
  const RegionVersion kept = keep();
  const auto listed = region_->versions();
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ(listed->front().number, kept.number);
  EXPECT_EQ(listed->front().id, kept.id);
  EXPECT_EQ(listed->front().size_bytes, kept.size_bytes);
  EXPECT_EQ(listed->front().stored_bytes, kept.stored_bytes);
  EXPECT_EQ(listed->front().kept, kept.kept);
  if (GetParam().form.compresses_versions) {
    EXPECT_LT(kept.stored_bytes, 70'000u);
  } else {
    EXPECT_GE(kept.stored_bytes, kept.size_bytes);
  }
}

TEST_P(RegionVersions, WhatDoesNotCompressIsKeptPlainly) {
  const std::string bytes = noise(100'000, 9);
  ASSERT_TRUE(ok(region_->replace(bytes_of_text(bytes))));
  const RegionVersion kept = keep();
  EXPECT_LE(kept.stored_bytes, 102'400u);
  EXPECT_TRUE(holds(version(kept.number), bytes));
}

TEST_P(RegionVersions, AVersionIsReadInTheMiddleAndByViews) {
  keep();
  const Region one = version(1);
  const std::string expected = content(0);
  EXPECT_EQ(one.size(), expected.size());
  EXPECT_EQ(one.info()->size_bytes, expected.size());
  for (const std::size_t at : {0u, 1u, 65'535u, 65'536u, 70'000u, 119'999u})
    for (const std::size_t size : {1u, 5'000u, 50'000u}) {
      const std::size_t piece = std::min(size, expected.size() - at);
      EXPECT_EQ(read_of(one, at, piece), expected.substr(at, piece)) << at;
      EXPECT_EQ(text_of(view_of(one, at, piece)), expected.substr(at, piece)) << at;
    }
  EXPECT_EQ(one.info()->extent_count, view_of(one, 0, expected.size()).spans().size());
  EXPECT_TRUE(view_of(one, 3, 0).spans().empty());
  EXPECT_EQ(read_of(one, expected.size() - 1, 2), "out_of_bounds");
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, one.view(expected.size(), 1)));
}

TEST_P(RegionVersions, ByItsIdItIsReadOnly) {
  const RegionVersion kept = keep();
  Region one = store_->region(kept.id).value();
  EXPECT_EQ(one.id(), kept.id);
  EXPECT_TRUE(one.info()->is_sealed);
  EXPECT_TRUE(holds(one, content(0)));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, write_to(one, 0, "x")));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, one.append(bytes_of_text("x"))));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, one.truncate(0)));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, one.replace(bytes_of_text("x"))));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, one.keep_version()));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, one.mutable_view(0, 1)));
  EXPECT_TRUE(holds(one, content(0)));
}

TEST_P(RegionVersions, ReadersOfAVersionGoOnWhenItGoes) {
  replace(1);
  const Region handle = version(1);
  std::optional<RegionView> of_version = view_of(handle, 100, 50'000);
  std::optional<RegionView> of_region = view_of(*region_, 0, content(1).size());
  for (unsigned i = 2; i <= 5; ++i) replace(i);
  EXPECT_EQ(numbers(), (Numbers{3, 4, 5}));
  EXPECT_EQ(text_of(*of_version), content(0).substr(100, 50'000));
  EXPECT_EQ(text_of(*of_region), content(1));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, handle.size()));
}

TEST_P(RegionVersions, RoomOfTheOldestComesBackWhenItsViewsAreGone) {
  constexpr std::uint64_t kCatalogBytes = 64 << 10;  // what its records may take meanwhile
  for (unsigned i = 1; i <= 4; ++i) replace(1);
  const std::uint64_t free = free_bytes();
  for (unsigned i = 1; i <= 20; ++i) replace(1);
  EXPECT_GE(free_bytes() + kCatalogBytes, free);
  if (GetParam().form.compresses_versions) return;  // a view of such a one holds no room
  std::optional<RegionView> view = view_of(version(numbers().front()), 0, 100'000);
  replace(1);
  const std::uint64_t held = free_bytes();
  view.reset();
  EXPECT_GT(free_bytes(), held + 90'000);
}

TEST_P(RegionVersions, NumbersAreNeverUsedAgain) {
  EXPECT_EQ(keep().number, 1u);
  EXPECT_EQ(keep().number, 2u);
  ASSERT_TRUE(ok(version(2).remove()));
  EXPECT_EQ(numbers(), (Numbers{1}));
  EXPECT_EQ(keep().number, 3u);
  ASSERT_TRUE(ok(version(3).remove()));
  ASSERT_TRUE(ok(version(1).remove()));
  if (GetParam().backend->capabilities.has_path) {
    store_.reset();
    open();
    region_ = store_->region("region").value();
  }
  EXPECT_TRUE(region_->versions()->empty());
  EXPECT_EQ(keep().number, 4u);
}

TEST_P(RegionVersions, ARemovedVersionIsGone) {
  const RegionVersion kept = keep();
  const std::uint64_t free = free_bytes();
  Region one = version(1);
  ASSERT_TRUE(ok(one.remove()));
  EXPECT_GT(free_bytes(), free);
  EXPECT_TRUE(fails_with(ErrorCode::not_found, one.size()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, one.remove()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, region_->version(1)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region(kept.id)));
}

TEST_P(RegionVersions, GoWithTheirRegion) {
  const std::uint64_t free = free_bytes() + owned_bytes(*store_, "region");
  for (unsigned i = 1; i <= 3; ++i) replace(i);
  const auto kept = region_->versions().value();
  const Region handle = version(2);
  ASSERT_TRUE(ok(region_->remove()));
  EXPECT_EQ(free_bytes(), free);
  EXPECT_TRUE(fails_with(ErrorCode::not_found, handle.size()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, region_->versions()));
  for (const RegionVersion& one : kept) EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region(one.id)));
  EXPECT_EQ(damage_in(*store_).size(), 0u);
}

TEST_P(RegionVersions, AreNotListedAsRegions) {
  keep();
  ASSERT_EQ(store_->regions()->size(), 1u);
  EXPECT_EQ(store_->regions()->front().name, "region");
  ASSERT_TRUE(ok(store_->create_region({.bytes = bytes_of_text("nameless")})));
  EXPECT_EQ(store_->regions()->size(), 2u);
}

TEST_P(RegionVersions, AreThereBehindTheNextOpen) {
  if (!GetParam().backend->capabilities.has_path) return;
  for (unsigned i = 1; i <= 4; ++i) replace(i);
  const auto before = region_->versions().value();
  for (const bool closes : {false, true}) {
    if (closes) {
      ASSERT_TRUE(ok(store_->close()));
    }
    store_.reset();
    open();
    region_ = store_->region("region").value();
    EXPECT_EQ(region_->info()->form, GetParam().form);
    EXPECT_TRUE(holds(*region_, content(4)));
    const auto after = region_->versions().value();
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t i = 0; i < after.size(); ++i) {
      EXPECT_EQ(after[i].number, before[i].number);
      EXPECT_EQ(after[i].id, before[i].id);
      EXPECT_EQ(after[i].size_bytes, before[i].size_bytes);
      EXPECT_EQ(after[i].stored_bytes, before[i].stored_bytes);
      EXPECT_EQ(after[i].kept, before[i].kept);
      EXPECT_TRUE(holds(version(after[i].number), content(static_cast<unsigned>(after[i].number) - 1)));
    }
    EXPECT_EQ(damage_in(*store_).size(), 0u);
    EXPECT_EQ(store_->regions()->size(), 1u);
  }
  EXPECT_EQ(replace(5).number, 5u);
  EXPECT_EQ(numbers(), (Numbers{3, 4, 5}));
}

TEST_P(RegionVersions, OfRegionsWithHolesHoldZeros) {
  std::string expected = content(0);
  ASSERT_TRUE(ok(region_->punch(5'000, 80'000)));
  expected.replace(5'000, 80'000, 80'000, '\0');
  EXPECT_TRUE(holds(version(keep().number), expected));
  EXPECT_TRUE(holds(version(replace(1).number), expected));
  EXPECT_TRUE(holds(version(1), expected));
  EXPECT_EQ(damage_in(*store_).size(), 0u);
}

TEST_P(RegionVersions, OfAnEmptyRegionAreEmpty) {
  ASSERT_TRUE(ok(region_->truncate(0)));
  EXPECT_EQ(keep().size_bytes, 0u);
  const auto replaced = region_->replace(bytes_of_text("no more"));
  ASSERT_TRUE(ok(replaced));
  EXPECT_EQ(replaced->size_bytes, 0u);
  EXPECT_TRUE(holds(version(1), ""));
  EXPECT_TRUE(holds(version(2), ""));
  ASSERT_TRUE(ok(region_->replace({})));
  EXPECT_TRUE(holds(*region_, ""));
  EXPECT_TRUE(holds(version(3), "no more"));
  EXPECT_EQ(damage_in(*store_).size(), 0u);
}

TEST_P(RegionVersions, OfARegionThatWasWrittenInPlaceHoldWhatWasNeverFlushed) {
  ASSERT_TRUE(ok(region_->append(bytes_of_text("appended"))));
  ASSERT_TRUE(ok(write_to(*region_, 100, "in place")));
  std::string expected = content(0) + "appended";
  put(expected, 100, "in place");
  EXPECT_EQ(replace(1).size_bytes, expected.size());
  EXPECT_TRUE(holds(version(1), expected));
  EXPECT_EQ(damage_in(*store_).size(), 0u);
}

TEST_P(RegionVersions, NoLongerThanTheHandlesLimit) {
  Region bounded = store_->region("region", {.size_bytes_max = 1'000}).value();
  EXPECT_TRUE(fails_with(ErrorCode::too_large, bounded.replace(bytes_of_text(noise(1'001)))));
  EXPECT_TRUE(holds(*region_, content(0)));
  EXPECT_TRUE(region_->versions()->empty());
}

}  // namespace
}  // namespace holdfast::region_suites
