// What one expects of a key-value store, whatever the medium: what was put is got, and nothing about sizes, names
// or neighbours is special.

#include <thread>

#include "kv_suites.hpp"
#include "target_keys.hpp"

namespace holdfast::kv_suites {
namespace {

class KvTarget : public KvTest {};
class KvTargetReopened : public KvReopen {};
INSTANTIATE_TEST_SUITE_P(, KvTarget, ::testing::ValuesIn(all_backends()), row_name);
INSTANTIATE_TEST_SUITE_P(, KvTargetReopened,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

// --- one key at a time ---

TEST_P(KvTarget, WhatWasPutIsGotAndWhatWasNotIsMissing) {
  ASSERT_TRUE(ok(space_->put("key", "value")));
  EXPECT_TRUE(holds(*space_, "key", "value"));
  EXPECT_TRUE(is_absent(*space_, "nothing"));
  EXPECT_TRUE(is_absent(*space_, "ke"));
  EXPECT_TRUE(is_absent(*space_, "key "));
}

TEST_P(KvTarget, TheLatestValueCounts) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(ok(space_->put("key", std::to_string(i))));
  EXPECT_TRUE(holds(*space_, "key", "99"));
  EXPECT_TRUE(has_size(*space_, 1));
}

TEST_P(KvTargetReopened, WhatWasPutIsThereAgainAndAgain) {
  for (unsigned i = 0; i < 300; ++i) put(key_of(i), some_value(i, i));
  for (unsigned i = 0; i < 300; i += 3) put(key_of(i), "newer");
  for (unsigned i = 1; i < 300; i += 3) ASSERT_TRUE(says(true, space_->erase(key_of(i), kBuffered)));
  ASSERT_TRUE(ok(store_->sync()));
  const auto all_there = [&] {
    for (unsigned i = 0; i < 300; ++i) {
      switch (i % 3) {
        case 0:
          EXPECT_TRUE(holds(*space_, key_of(i), "newer"));
          break;
        case 1:
          EXPECT_TRUE(is_absent(*space_, key_of(i)));
          break;
        default:
          EXPECT_TRUE(holds(*space_, key_of(i), some_value(i, i)));
      }
    }
    EXPECT_TRUE(has_size(*space_, 200));
  };
  all_there();
  reopen_after_kill();  // by the records
  all_there();
  reopen_after_close();  // by whatever a clean close leaves
  all_there();
  reopen_after_close();
  all_there();
}

TEST_P(KvTargetReopened, ValuesOfNoLengthAreValues) {
  ASSERT_TRUE(ok(space_->put("empty", "")));
  Batch batch;
  batch.put(*space_, "empty in a batch", "");
  ASSERT_TRUE(ok(store_->commit(batch)));
  for (int opened = 0; opened < 2; ++opened) {
    EXPECT_TRUE(holds(*space_, "empty", ""));
    EXPECT_TRUE(holds(*space_, "empty in a batch", ""));
    EXPECT_TRUE(says(true, space_->contains("empty")));
    reopen_after_kill();
  }
}

TEST_P(KvTargetReopened, AValueThatFillsASegmentsRoomToTheByteIsAValue) {
  // One of these is the largest that fits a segment, and the next one is too large for it.
  constexpr std::size_t kSegment = 64 << 10;
  std::vector<std::size_t> sizes;
  for (std::size_t less = 0; less <= 320; less += 8) sizes.push_back(kSegment - less);
  for (const std::size_t size : sizes) ASSERT_TRUE(ok(space_->put(key_of(size), some_value(size, 3))));
  for (int opened = 0; opened < 2; ++opened) {
    for (const std::size_t size : sizes) EXPECT_TRUE(holds(*space_, key_of(size), some_value(size, 3)));
    reopen_after_kill();
  }
}

TEST_P(KvTargetReopened, AVeryLargeValueIsAValue) {
  const std::string large = some_value(24 * kMiB + 5, 9);
  ASSERT_TRUE(ok(space_->put("large", large)));
  ASSERT_TRUE(ok(space_->put("small", "value")));
  reopen_after_kill();
  EXPECT_TRUE(holds(*space_, "large", large));
  EXPECT_TRUE(holds(*space_, "small", "value"));
}

// --- names and neighbours ---

TEST_P(KvTargetReopened, NamesOfAnyBytesAreSpacesOfTheirOwn) {
  std::string all_bytes;
  for (int i = 1; i < 256; ++i) all_bytes.push_back(static_cast<char>(i));
  const std::vector<std::string> names{"a/b",
                                       "a_b",
                                       "a b",
                                       "..",
                                       ".",
                                       "/",
                                       "\xFF",
                                       "~",
                                       "A",
                                       "a",
                                       "\n",
                                       std::string(1, '\0'),
                                       all_bytes,
                                       std::string(255, 'n'),
                                       std::string(254, 'n')};
  for (const std::string& name : names) ASSERT_TRUE(ok(space(name).put("key", name)));
  for (int opened = 0; opened < 2; ++opened) {
    for (const std::string& name : names) {
      auto one = space(name, {.mode = OpenMode::existing});
      EXPECT_TRUE(holds(one, "key", name));
      EXPECT_TRUE(has_size(one, 1));
    }
    reopen_after_kill();
  }
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, store_->kv("")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, store_->kv(std::string(256, 'n'))));
}

TEST_P(KvTargetReopened, HundredsOfSpacesAreAllThere) {
  constexpr unsigned kSpaces = 300;
  for (unsigned i = 0; i < kSpaces; ++i)
    ASSERT_TRUE(ok(space("space " + std::to_string(i)).put("key", std::to_string(i), kBuffered)));
  ASSERT_TRUE(ok(store_->sync()));
  reopen_after_kill();
  EXPECT_EQ(store_->spaces()->size(), kSpaces + 1);  // the fixture's own
  for (unsigned i = 0; i < kSpaces; ++i)
    EXPECT_TRUE(
        holds(space("space " + std::to_string(i), {.mode = OpenMode::existing}), "key", std::to_string(i)));
}

TEST_P(KvTargetReopened, TwoStoresInOneProcessDoNotMeet) {
  const std::filesystem::path there = directory_.path() / "there";
  auto other = Store::open(there, options_);
  ASSERT_TRUE(ok(other));
  auto others = other->kv("space");
  ASSERT_TRUE(ok(others));
  in_threads(2, [&](unsigned thread) {
    for (unsigned i = 0; i < 200; ++i)
      ASSERT_TRUE(
          ok((thread == 0 ? *space_ : *others).put(key_of(i), thread == 0 ? "here" : "there", kBuffered)));
  });
  ASSERT_TRUE(says(true, others->erase(key_of(7))));
  ASSERT_TRUE(ok(other->close()));
  reopen_after_close();
  EXPECT_TRUE(has_size(*space_, 200));
  EXPECT_TRUE(holds(*space_, key_of(7), "here"));
  other = Store::open(there, options_);
  ASSERT_TRUE(ok(other));
  others = other->kv("space", {.mode = OpenMode::existing});
  ASSERT_TRUE(ok(others));
  EXPECT_TRUE(has_size(*others, 199));
  EXPECT_TRUE(holds(*others, key_of(8), "there"));
  ASSERT_TRUE(ok(other->close()));
}

}  // namespace
}  // namespace holdfast::kv_suites
