// What a reader or a scan meets when writes end while it is under way.

#include <atomic>
#include <map>
#include <thread>

#include "gated_kv_fixture.hpp"

namespace holdfast {
namespace {

class ReadInterleavings : public GatedKvTest {};
INSTANTIATE_TEST_SUITE_P(, ReadInterleavings, ::testing::Values(MediumModel::pages, MediumModel::cache_lines),
                         model_name);

// A scan takes its version while a write of a lower one is in flight: shown at its old place and then at its
// new one, the key would come twice.
TEST_P(ReadInterleavings, ScanWaitsForWritesThatBeganBeforeIt) {
  put("key", "old");
  StoppedThread slow(GatedCall::at, kHasWrittenAndCompares, [&] { put("key", "new"); });
  ASSERT_TRUE(slow.is_stopped());
  std::map<std::string, int> visits;
  std::thread scanner([&] {
    EXPECT_TRUE(ok(space_->scan("", [&](std::string_view key, std::string_view value) {
      EXPECT_EQ(value, "new");
      return ++visits[std::string(key)] > 0;
    })));
  });
  for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
  slow.finish();
  scanner.join();
  EXPECT_EQ(visits, (std::map<std::string, int>{{"key", 1}}));
}

// It has found the record, and not yet looked for the extents that it names.
TEST_P(ReadInterleavings, GetOfALargeValueThatIsReplacedMeanwhileGivesTheNewOne) {
  put("key", some_value(kLarge, 1));
  Result<std::optional<std::string>> found;
  StoppedThread reader(GatedCall::at, 2, [&] { found = space_->get("key"); });
  ASSERT_TRUE(reader.is_stopped());
  put("key", some_value(kLarge, 2));
  use_all_room();
  reader.finish();
  ASSERT_TRUE(ok(found));
  EXPECT_EQ(**found, some_value(kLarge, 2));
}

// It is about to copy the bytes.
TEST_P(ReadInterleavings, WhatAReaderCopiesIsNotUsedAgainBeforeItIsDone) {
  put("key", some_value(kLarge, 1));
  Result<std::optional<std::string>> found;
  StoppedThread reader(GatedCall::at, 3, [&] { found = space_->get("key"); });
  ASSERT_TRUE(reader.is_stopped());
  put("key", some_value(kLarge, 2));
  use_all_room();
  reader.finish();
  ASSERT_TRUE(ok(found));
  EXPECT_EQ(**found, some_value(kLarge, 1));
  EXPECT_TRUE(ok(space_->put("one more", some_value(kLarge, 3))));  // into the room that it held
}

TEST_P(ReadInterleavings, AGetThatFindsNothingMayBeOvertakenByAPut) {
  put("another", "value");
  Result<std::optional<std::string>> found;
  StoppedThread reader(GatedCall::at, 1, [&] { found = space_->get("key"); });
  EXPECT_FALSE(reader.is_stopped());  // an absent key costs no look at the medium
  put("key", "value");
  ASSERT_TRUE(ok(found));
  EXPECT_FALSE(found->has_value());
}

/// Where each writer has slices of its own.
class VerifyInterleavings : public GatedKvTest {
 protected:
  void make_store() {
    store_.reset();
    medium_ = CrashMedium::create(
        {.model = GetParam(), .size_bytes = kMiB, .max_size_bytes = 16 * kMiB, .keeps_log = false});
    open();
  }
};
INSTANTIATE_TEST_SUITE_P(, VerifyInterleavings, ::testing::Values(MediumModel::cache_lines), model_name);

// A writer stands where its slice is not on the medium yet, in a segment that is looked at; and comes to fill it, and to name
// it in one that is not looked at before the next.
TEST_P(VerifyInterleavings, ASliceThatComesBehindTheLookAtItsSegmentIsNotLost) {
  constexpr int kPuts = 100;  // some slices
  for (int nth = 1; nth < kPuts; ++nth) {
    ASSERT_NO_FATAL_FAILURE(make_store());
    put("first", "takes a segment");
    StoppedThread writer(GatedCall::write, nth, [&] {
      for (int i = 0; i < kPuts; ++i) put("key " + std::to_string(i), std::string(400, 'v'));
    });
    ASSERT_TRUE(writer.is_stopped());
    for (int i = 0; store_->spaces()->front().segment_count < 2; ++i) put("filler " + std::to_string(i), std::string(400, 'f'));
    const auto report = store_->verify([&](std::uint64_t, std::uint64_t) { writer.finish(); });
    ASSERT_TRUE(ok(report));
    ASSERT_TRUE(report->damage.empty()) << "behind write " << nth << ": " << report->damage.front().message;
  }
}

}  // namespace
}  // namespace holdfast
