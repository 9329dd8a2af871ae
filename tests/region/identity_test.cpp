// Names or none, ids, metadata, regions created with their bytes, lists.

#include <array>
#include <chrono>

#include "region/metadata.hpp"
#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

RegionMetadata some_metadata() {
  return {.owner = "simulation 7",
          .description = std::string("pressure,\0 and flow", 19),
          .expected_size_bytes = 1'000'000,
          .attributes = {{"units", "Pa"}, {"", "an empty key"}, {"empty value", ""}}};
}

std::vector<std::string> names_of(const std::vector<RegionInfo>& infos) {
  std::vector<std::string> names;
  for (const RegionInfo& info : infos) names.push_back(info.name);
  return names;
}

TEST_P(RegionOn, IsCreatedWithItsBytesAndMetadata) {
  const std::string bytes = some_bytes(100'001);
  auto created = store_->create_region({.name = "new", .bytes = bytes_of_text(bytes), .metadata = some_metadata()});
  ASSERT_TRUE(ok(created));
  EXPECT_TRUE(holds(*created, bytes));
  EXPECT_EQ(created->flush(), false);
  const auto info = created->info();
  ASSERT_TRUE(ok(info));
  EXPECT_EQ(info->id, created->id());
  EXPECT_EQ(info->name, "new");
  EXPECT_EQ(info->size_bytes, bytes.size());
  EXPECT_GE(info->capacity_bytes, bytes.size());
  EXPECT_EQ(info->extent_count, 1u);
  EXPECT_EQ(info->metadata, some_metadata());
  const auto age = std::chrono::system_clock::now() - info->created;
  EXPECT_LT(std::chrono::abs(age), std::chrono::hours(1));  // the system's clock may be set meanwhile
  EXPECT_TRUE(holds(region("new"), bytes));
}

TEST_P(RegionOn, ANameThatIsTakenCreatesNothing) {
  ASSERT_TRUE(ok(store_->kv("keys")));
  const std::uint64_t free = free_bytes();
  const std::string bytes = some_bytes(100'000);
  for (const char* name : {"region", "keys"})
    EXPECT_TRUE(fails_with(ErrorCode::exists, store_->create_region({.name = name, .bytes = bytes_of_text(bytes)})));
  EXPECT_TRUE(holds(*region_, ""));
  EXPECT_EQ(free_bytes(), free);
  EXPECT_EQ(store_->regions()->size(), 1u);
}

TEST_P(RegionOn, WhatDoesNotFitCreatesNothing) {
  const std::string bytes = some_bytes(1'000);
  EXPECT_TRUE(fails_with(ErrorCode::too_large, store_->create_region({.name = "limited", .bytes = bytes_of_text(bytes)},
                                                                     {.size_bytes_max = 999})));
  RegionMetadata large;
  large.description = some_bytes(17'000);
  EXPECT_TRUE(fails_with(ErrorCode::too_large, store_->create_region({.name = "described", .metadata = large})));
  const std::string larger(kRoomBytes, 'x');
  EXPECT_TRUE(fails_with(ErrorCode::no_space, store_->create_region({.name = "large", .bytes = bytes_of_text(larger)})));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, store_->create_region({.name = some_bytes(256)})));
  EXPECT_EQ(store_->regions()->size(), 1u);
}

TEST_P(RegionOn, WithoutANameIsFoundByItsId) {
  auto first = store_->create_region({.bytes = bytes_of_text("first")});
  auto second = store_->create_region({.bytes = bytes_of_text("second")});
  ASSERT_TRUE(ok(first));
  ASSERT_TRUE(ok(second));
  EXPECT_NE(first->id(), second->id());
  EXPECT_EQ(first->name(), "");
  EXPECT_TRUE(holds(store_->region(second->id()).value(), "second"));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, store_->region("")));
  EXPECT_EQ(names_of(store_->regions().value()), (std::vector<std::string>{"", "", "region"}));
  ASSERT_TRUE(ok(first->rename("named at last")));
  EXPECT_TRUE(holds(region("named at last"), "first"));
  ASSERT_TRUE(ok(second->remove()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region(second->id())));
  EXPECT_EQ(names_of(store_->regions().value()), (std::vector<std::string>{"named at last", "region"}));
}

TEST_P(RegionOn, AreListedByPrefix) {
  for (const char* name : {"a/1", "a/2", "a", "b/1", "a0"}) (void)region(name);
  const auto listed = [this](std::string_view prefix) { return names_of(store_->regions(prefix).value()); };
  EXPECT_EQ(listed("a/"), (std::vector<std::string>{"a/1", "a/2"}));
  EXPECT_EQ(listed("a"), (std::vector<std::string>{"a", "a/1", "a/2", "a0"}));
  EXPECT_EQ(listed("c"), (std::vector<std::string>{}));
  EXPECT_EQ(listed("").size(), 6u);
}

TEST_P(RegionOn, ItsMetadataIsReplacedAsAWhole) {
  const auto created = region_->info()->created;
  ASSERT_TRUE(ok(region_->set_metadata(some_metadata())));
  EXPECT_EQ(region_->info()->metadata, some_metadata());
  EXPECT_EQ(region_->info()->created, created);
  RegionMetadata large = some_metadata();
  large.attributes["large"] = some_bytes(16'400);
  EXPECT_TRUE(fails_with(ErrorCode::too_large, region_->set_metadata(large)));
  EXPECT_EQ(region_->info()->metadata, some_metadata());
  ASSERT_TRUE(ok(region_->set_metadata({})));
  EXPECT_EQ(region_->info()->metadata, RegionMetadata{});
  ASSERT_TRUE(ok(region_->remove()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, region_->set_metadata({})));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, region_->info()));
}

TEST_P(RegionReopen, KeepsMetadataAndRegionsWithoutAName) {
  auto anonymous = store_->create_region({.bytes = bytes_of_text("anonymous"), .metadata = some_metadata()});
  ASSERT_TRUE(ok(anonymous));
  const RegionId id = anonymous->id();
  const auto created = anonymous->info()->created;
  ASSERT_TRUE(ok(region_->set_metadata(some_metadata())));
  reopen_after_kill();
  EXPECT_TRUE(holds(store_->region(id).value(), "anonymous"));
  EXPECT_EQ(store_->region(id)->info()->created, created);
  EXPECT_EQ(region_->info()->metadata, some_metadata());
  reopen_after_close();
  EXPECT_EQ(store_->region(id)->info()->metadata, some_metadata());
  options_.mode = OpenMode::read_only;
  reopen_after_close();
  EXPECT_EQ(store_->regions()->size(), 2u);
  EXPECT_TRUE(fails_with(ErrorCode::read_only, store_->create_region({.name = "late"})));
}

// So many, and so large, that the catalog's segment is written anew: what it says of them is all there.
TEST_P(RegionReopen, ManyMetadataFitTheCatalog) {
  for (unsigned i = 0; i < 120; ++i)
    ASSERT_TRUE(ok(region_->set_metadata({.description = some_bytes(8'000, i)})));
  for (unsigned i = 0; i < 20; ++i)
    ASSERT_TRUE(ok(store_->create_region({.name = "r" + std::to_string(i), .metadata = {.owner = some_bytes(8'000, i)}})));
  for (unsigned i = 0; i < 20; i += 2) ASSERT_TRUE(ok(region("r" + std::to_string(i)).remove()));
  reopen_after_kill();
  EXPECT_EQ(store_->regions("r")->size(), 11u);
  EXPECT_EQ(region_->info()->metadata.description, some_bytes(8'000, 119));
  EXPECT_EQ(region("r7").info()->metadata.owner, some_bytes(8'000, 7));
}

TEST(RegionMetadataOnMedia, WhatIsCutOrLongerIsNone) {
  const std::string bytes = region::encode_metadata({.created_ns = 5, .metadata = some_metadata()}).value();
  EXPECT_EQ(region::decode_metadata(bytes)->metadata, some_metadata());
  for (std::size_t size = 1; size < bytes.size(); ++size)
    EXPECT_FALSE(region::decode_metadata(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(region::decode_metadata(bytes + "x"));
  EXPECT_TRUE(region::decode_metadata(""));
}

}  // namespace
}  // namespace holdfast::region_suites
