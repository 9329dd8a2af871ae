// Every call of a region that is gone, or never was: a storage target that lets one of them through writes
// into whatever lies there now.

#include <array>
#include <cstring>
#include <functional>

#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

class TargetCalls : public RegionOn {};
INSTANTIATE_TEST_SUITE_P(, TargetCalls, ::testing::ValuesIn(all_backends()), row_name);

struct Call {
  std::string name;
  std::function<Result<void>(Region&)> make;
};

template <class T>
Result<void> without_value(const Result<T>& result) {
  if (!result) return Unexpected(result.error());
  return {};
}

std::vector<Call> calls_with_bytes() {
  static const std::array writes{RegionWrite{0, bytes_of_text("xyz")}};
  static std::string into(3, '?');
  static const std::array reads{RegionRead{0, std::as_writable_bytes(std::span(into))}};
  return {
      {"write_at", [](Region& one) { return one.write_at(0, bytes_of_text("x")); }},
      {"write_at immediate", [](Region& one) { return one.write_at(0, bytes_of_text("x"), kImmediate); }},
      {"append", [](Region& one) { return without_value(one.append(bytes_of_text("x"))); }},
      {"write_each", [](Region& one) { return one.write_each(writes); }},
      {"update", [](Region& one) { return one.update(writes); }},
      {"truncate_write", [](Region& one) { return one.truncate_write(0, bytes_of_text("x")); }},
      {"read_at", [](Region& one) { return one.read_at(0, reads[0].bytes); }},
      {"read_each", [](Region& one) { return one.read_each(reads); }},
      {"view", [](Region& one) { return without_value(one.view(0, 3)); }},
  };
}

std::vector<Call> calls_without_bytes() {
  return {
      {"write_at", [](Region& one) { return one.write_at(0, {}); }},
      {"append", [](Region& one) { return without_value(one.append({})); }},
      {"write_each", [](Region& one) { return one.write_each({}); }},
      {"update", [](Region& one) { return one.update({}); }},
      {"truncate_write", [](Region& one) { return one.truncate_write(0, {}); }},
      {"read_at", [](Region& one) { return one.read_at(0, {}); }},
      {"read_each", [](Region& one) { return one.read_each({}); }},
      {"view", [](Region& one) { return without_value(one.view(0, 0)); }},
  };
}

std::vector<Call> calls_about_it() {
  return {
      {"size", [](Region& one) { return without_value(one.size()); }},
      {"info", [](Region& one) { return without_value(one.info()); }},
      {"flush", [](Region& one) { return without_value(one.flush()); }},
      {"reserve", [](Region& one) { return one.reserve(100'000); }},
      {"truncate", [](Region& one) { return one.truncate(0); }},
      {"truncate to more", [](Region& one) { return one.truncate(100'000); }},
      {"shrink", [](Region& one) { return one.shrink(); }},
      {"rename", [](Region& one) { return one.rename("another name"); }},
      {"set_metadata", [](Region& one) { return one.set_metadata({.owner = "nobody"}); }},
      {"remove", [](Region& one) { return one.remove(); }},
  };
}

TEST_P(TargetCalls, EachWithBytesOnARemovedRegionIsNotFound) {
  write(0, some_bytes(10'000));
  ASSERT_TRUE(ok(region_->remove()));
  for (const Call& call : calls_with_bytes())
    EXPECT_TRUE(fails_with(ErrorCode::not_found, call.make(*region_))) << call.name;
}

TEST_P(TargetCalls, EachWithoutBytesOnARemovedRegionIsNotFound) {
  write(0, some_bytes(10'000));
  ASSERT_TRUE(ok(region_->remove()));
  for (const Call& call : calls_without_bytes())
    EXPECT_TRUE(fails_with(ErrorCode::not_found, call.make(*region_))) << call.name;
}

TEST_P(TargetCalls, EachAboutARemovedRegionIsNotFound) {
  write(0, some_bytes(10'000));
  ASSERT_TRUE(ok(region_->remove()));
  for (const Call& call : calls_about_it())
    EXPECT_TRUE(fails_with(ErrorCode::not_found, call.make(*region_))) << call.name;
}

// The room of a removed region goes to the next: a call that got through would be seen there.
TEST_P(TargetCalls, NoneOnARemovedRegionReachesTheRegionInItsRoom) {
  Region removed = created("removed", noise(100'000));
  Region same_by_id = store_->region(removed.id()).value();
  ASSERT_TRUE(ok(removed.remove()));
  Region next = created("removed", noise(100'000, 1));
  ASSERT_TRUE(ok(next.set_metadata({.owner = "the next"})));
  for (Region* const handle : {&removed, &same_by_id})
    for (const auto& calls : {calls_with_bytes(), calls_about_it(), calls_without_bytes()})
      for (const Call& call : calls) static_cast<void>(call.make(*handle));
  EXPECT_TRUE(holds(next, noise(100'000, 1)));
  EXPECT_EQ(next.name(), "removed");
  EXPECT_EQ(next.info()->metadata.owner, "the next");
}

// With the region there, none of them fails: what the tests above see is the removal.
TEST_P(TargetCalls, EachOnAPresentRegionSucceeds) {
  for (const auto& calls : {calls_with_bytes(), calls_without_bytes(), calls_about_it()})
    for (const Call& call : calls) {
      Region present = created("present", some_bytes(10'000));
      EXPECT_TRUE(ok(call.make(present))) << call.name;
      static_cast<void>(present.remove());
    }
}

TEST_P(TargetCalls, AnIdOfARemovedRegionOrMadeUpGivesNoRegion) {
  const RegionId removed = created("removed", "bytes").id();
  ASSERT_TRUE(ok(region("removed").remove()));
  Region next = created("removed", "bytes");  // of the same name, so the name alone does not save it
  for (const RegionId id : {removed, RegionId{0}, RegionId{1}, next.id() + 1, next.id() - 1, ~next.id()})
    EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region(id))) << id;
  EXPECT_TRUE(ok(store_->region(next.id())));
}

TEST_P(TargetCalls, AnIdOfAnotherStoreGivesNoRegion) {
  auto other = Store::open(directory_.path() / "other", options_);
  ASSERT_TRUE(ok(other));
  for (int i = 0; i < 20; ++i) {  // in the same order, so that numbers alone would be the same
    const auto here = store_->create_region({.bytes = bytes_of_text("here")});
    const auto there = other->create_region({.bytes = bytes_of_text("there")});
    ASSERT_TRUE(ok(here));
    ASSERT_TRUE(ok(there));
    EXPECT_TRUE(fails_with(ErrorCode::not_found, other->region(here->id())));
    EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region(there->id())));
  }
  ASSERT_TRUE(ok(other->close()));
}

// An id is a number: whoever sends it and gets it back has the region.
TEST_P(TargetCalls, AnIdThatWentThroughBytesFindsItsRegion) {
  Region stored = created("stored", "bytes");
  std::array<std::byte, sizeof(RegionId)> sent;
  const RegionId id = stored.id();
  std::memcpy(sent.data(), &id, sizeof id);
  RegionId received = 0;
  std::memcpy(&received, sent.data(), sizeof received);
  EXPECT_TRUE(holds(store_->region(received).value(), "bytes"));
  EXPECT_TRUE(holds(store_->region(std::stoull(std::to_string(id))).value(), "bytes"));
}

}  // namespace
}  // namespace holdfast::region_suites
