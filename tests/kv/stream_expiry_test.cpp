// Keys that expire go through an export and an import with their time: it is a moment, not a span that begins
// anew.

#include <atomic>

#include "stream_fixture.hpp"

namespace holdfast::kv_suites {
namespace {

class KvStreamExpiry : public KvStreams {
 protected:
  void SetUp() override {
    options_.clock = [this] { return now_us_.load(); };
    KvStreams::SetUp();
    ASSERT_TRUE(ok(space_->put("plain", "stays")));
    ASSERT_TRUE(ok(space_->put("session", "ends", {.ttl_ms = 5'000})));
    ASSERT_TRUE(ok(space_->put("gone", "has ended", {.ttl_ms = 1})));
    pass_ms(10);
  }

  void pass_ms(std::uint64_t time) { now_us_ += time * 1'000; }

  std::atomic<std::uint64_t> now_us_{std::uint64_t{1'800'000'000} * 1'000'000};
};
INSTANTIATE_TEST_SUITE_P(, KvStreamExpiry, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(KvStreamExpiry, TheTimeIsKept) {
  StreamInMemory stream = exported(*space_);
  for (const KvConflict conflict : {KvConflict::replace, KvConflict::keep_existing}) {
    auto copy =
        space("copy " + std::to_string(static_cast<int>(conflict)), {.settings = {.default_ttl_ms = 1'000}});
    pass_ms(100);  // between the export and the import
    const auto report = import(copy, stream, {.conflict = conflict});
    ASSERT_TRUE(ok(report));
    EXPECT_EQ(report->entries, 2u) << "what has expired is not in the stream";
    EXPECT_EQ(copy.expires_at_us("session").value(), space_->expires_at_us("session").value());
    EXPECT_EQ(copy.expires_at_us("plain").value(), std::nullopt) << "whatever the space gives to others";
    EXPECT_TRUE(holds(copy, "session", "ends"));
  }
}

// Each has another one, none of them a whole number of milliseconds from now.
TEST_P(KvStreamExpiry, TheTimesOfManyAreKeptToTheMicrosecond) {
  std::map<std::string, std::uint64_t> times;
  for (std::uint64_t i = 0; i < 600; ++i) {
    const std::uint64_t time_us = i == 0 ? kExpiresAtUsMax : now_us_ + 1'000'001 + i * i;
    times.emplace("key " + std::to_string(i), time_us);
    ASSERT_TRUE(ok(space_->put("key " + std::to_string(i), "value",
                               {.durability = Durability::buffered, .expires_at_us = time_us})));
  }
  StreamInMemory stream = exported(*space_);
  for (const KvConflict conflict : {KvConflict::replace, KvConflict::keep_existing}) {
    auto copy =
        space("copy " + std::to_string(static_cast<int>(conflict)), {.settings = {.default_ttl_ms = 1'000}});
    pass_ms(100);
    ASSERT_TRUE(ok(import(copy, stream, {.conflict = conflict})));
    EXPECT_TRUE(has_size(copy, 602));
    for (const auto& [key, time_us] : times) EXPECT_EQ(copy.expires_at_us(key).value(), time_us) << key;
  }
}

TEST_P(KvStreamExpiry, ATimeThatNoRecordCanHoldIsRefusedByAnImporter) {
  auto copy = space("copy");
  auto importer = KvImporter::begin(*store_, copy, {});
  ASSERT_TRUE(ok(importer));
  EXPECT_TRUE(ok(importer->add("key", "value", kExpiresAtUsMax)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, importer->add("other", "value", kExpiresAtUsMax + 1)));
}

TEST_P(KvStreamExpiry, ASnapshotsStreamHasTheTimesOfItsMoment) {
  const auto snapshot = space_->snapshot();
  ASSERT_TRUE(ok(snapshot));
  const auto expires_us = space_->expires_at_us("session").value();
  ASSERT_TRUE(ok(space_->put("session", "later", {.ttl_ms = 60'000})));
  ASSERT_TRUE(ok(space_->put("plain", "expires now", {.ttl_ms = 70'000})));
  ASSERT_TRUE(ok(space_->erase("session")));
  EXPECT_EQ(snapshot->expires_at_us("session").value(), expires_us);
  EXPECT_EQ(snapshot->expires_at_us("plain").value(), std::nullopt);
  EXPECT_EQ(snapshot->expires_at_us("gone").value(), std::nullopt);
  EXPECT_EQ(snapshot->expires_at_us("").error().code, ErrorCode::invalid_argument);
  StreamInMemory stream;
  ASSERT_TRUE(ok(export_kv(*snapshot, stream.sink())));
  auto copy = space("copy");
  ASSERT_TRUE(ok(import(copy, stream)));
  EXPECT_EQ(copy.expires_at_us("session").value(), expires_us);
  EXPECT_EQ(copy.expires_at_us("plain").value(), std::nullopt);
  EXPECT_TRUE(holds(copy, "session", "ends"));
}

TEST_P(KvStreamExpiry, WhatHasExpiredBeforeItsImportIsNotThere) {
  StreamInMemory stream = exported(*space_);
  pass_ms(10'000);
  auto copy = space("copy");
  ASSERT_TRUE(ok(import(copy, stream)));
  EXPECT_TRUE(holds(copy, "plain", "stays"));
  EXPECT_TRUE(is_absent(copy, "session"));
  EXPECT_TRUE(has_size(copy, 1));
}

}  // namespace
}  // namespace holdfast::kv_suites
