// What was replaced or erased is given back: by asking, by a writer without room, and by itself.

#include <chrono>
#include <map>
#include <thread>

#include "kv_suites.hpp"

namespace holdfast::kv_suites {
namespace {

using Content = std::map<std::string, std::string>;

class CleaningTest : public KvTest {
 protected:
  CleaningTest() {
    options_.clean_automatically = false;
    options_.size_bytes = kMiB;
    options_.max_size_bytes = 4 * kMiB;
  }

  void write(unsigned key, unsigned seed, std::size_t size = 400) {
    const std::string name = "key " + std::to_string(key);
    ASSERT_TRUE(ok(space_->put(name, some_value(size, seed), kBuffered))) << key << " of " << seed;
    content_[name] = some_value(size, seed);
  }
  void erase(unsigned key) {
    const std::string name = "key " + std::to_string(key);
    ASSERT_TRUE(says(content_.erase(name) == 1, space_->erase(name, kBuffered)));
  }
  void write_rounds(unsigned keys, unsigned rounds) {
    for (unsigned round = 0; round < rounds; ++round)
      for (unsigned key = 0; key < keys; ++key) ASSERT_NO_FATAL_FAILURE(write(key, round * 7 + key));
  }

  void expect_content() {
    ASSERT_TRUE(has_size(*space_, content_.size()));
    for (const auto& [key, value] : content_) ASSERT_TRUE(holds(*space_, key, value));
    Content scanned;
    ASSERT_TRUE(ok(space_->scan("", [&](std::string_view key, std::string_view value) {
      EXPECT_TRUE(scanned.emplace(key, value).second) << key << " twice";
      return true;
    })));
    EXPECT_EQ(scanned, content_);
    const auto report = store_->verify();
    ASSERT_TRUE(ok(report));
    EXPECT_TRUE(report->damage.empty()) << report->damage.front().message;
  }
  void reopen(bool cleanly) {
    cleanly ? close() : kill();
    ASSERT_NO_FATAL_FAILURE(open());
    EXPECT_TRUE(store_->recovery().damage.empty());
  }
  [[nodiscard]] KvStatistics statistics() {
    auto statistics = space_->statistics();
    EXPECT_TRUE(ok(statistics));
    return statistics ? *statistics : KvStatistics{};
  }
  void compact() { ASSERT_TRUE(ok(space_->compact())); }

  Content content_;
};
class Cleaning : public CleaningTest {};
INSTANTIATE_TEST_SUITE_P(, Cleaning, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(Cleaning, CompactGivesBackWhatWasReplaced) {
  write_rounds(500, 6);
  ASSERT_TRUE(ok(store_->sync()));
  const KvStatistics before = statistics();
  EXPECT_GT(before.garbage_bytes, 500'000u);
  compact();
  const KvStatistics after = statistics();
  EXPECT_LT(after.garbage_bytes, 100'000u);
  EXPECT_LT(after.segments, before.segments / 2);
  EXPECT_GT(after.cleaned_segments, 0u);
  EXPECT_GE(after.moved_bytes, 0u);
  EXPECT_NEAR(static_cast<double>(after.live_bytes), 500 * 460.0, 40'000);
  expect_content();
}

TEST_P(Cleaning, StatisticsCountWhatIsThere) {
  EXPECT_EQ(statistics().keys, 0u);
  EXPECT_EQ(statistics().write_amplification(), 1);
  write_rounds(10, 3);
  ASSERT_NO_FATAL_FAILURE(erase(0));
  const KvStatistics found = statistics();
  EXPECT_EQ(found.keys, 9u);
  EXPECT_GT(found.tombstone_bytes, 40u);
  EXPECT_GT(found.live_bytes, 9u * 400);
  EXPECT_LT(found.live_bytes, 9u * 600);
  EXPECT_GT(found.written_bytes, 30u * 400);
  EXPECT_EQ(found.moved_bytes, 0u);
}

TEST_P(Cleaning, AWriterWithoutRoomMakesIt) {
  ASSERT_NO_FATAL_FAILURE(write_rounds(2'000, 1));
  for (unsigned i = 0; i < 30'000; ++i) ASSERT_NO_FATAL_FAILURE(write(i * 7'919 % 2'000, i));
  EXPECT_GT(statistics().cleaned_segments, 100u);
  expect_content();
}

TEST_P(Cleaning, CreatedAndErasedForEverTakesNoMoreRoom) {
  std::uint64_t size_before = 0;
  for (unsigned i = 0; i < 40'000; ++i) {
    ASSERT_NO_FATAL_FAILURE(write(i, i, 100));
    ASSERT_NO_FATAL_FAILURE(erase(i));
    if (i == 20'000) {
      compact();
      size_before = statistics().size_bytes;
    }
  }
  compact();
  EXPECT_LE(statistics().size_bytes, size_before + 2 * (64 << 10));
  EXPECT_LT(statistics().tombstone_bytes, 200'000u);
  expect_content();
}

TEST_P(Cleaning, OneKeyThatIsNeverTouchedKeepsNoTombstones) {
  ASSERT_NO_FATAL_FAILURE(write(1'000'000, 1));
  for (unsigned i = 0; i < 40'000; ++i) {
    ASSERT_NO_FATAL_FAILURE(write(i, i, 100));
    ASSERT_NO_FATAL_FAILURE(erase(i));
  }
  for (int round = 0; round < 4; ++round) compact();
  EXPECT_LT(statistics().tombstone_bytes, 300'000u);
  expect_content();
}

TEST_P(Cleaning, AFullStoreCanBeErasedFromAndGoesOn) {
  unsigned keys = 0;
  for (;; ++keys) {
    const auto stored = space_->put("key " + std::to_string(keys), some_value(400, keys), kBuffered);
    if (!stored) {
      ASSERT_TRUE(fails_with(ErrorCode::no_space, stored));
      break;
    }
    content_["key " + std::to_string(keys)] = some_value(400, keys);
  }
  ASSERT_GT(keys, 5'000u);
  for (unsigned key = 0; key < keys; key += 2) ASSERT_NO_FATAL_FAILURE(erase(key));
  for (unsigned key = 0; key < keys / 3; ++key) ASSERT_NO_FATAL_FAILURE(write(key, key + 1));
  expect_content();
}

TEST_P(Cleaning, SnapshotsAndViewsSeeWhatTheySaw) {
  ASSERT_NO_FATAL_FAILURE(write_rounds(300, 3));
  auto snapshot = space_->snapshot();
  ASSERT_TRUE(ok(snapshot));
  const auto view = space_->view("key 5");
  ASSERT_TRUE(ok(view));
  const Content then = content_;
  ASSERT_NO_FATAL_FAILURE(write_rounds(300, 5));
  for (unsigned key = 0; key < 100; ++key) ASSERT_NO_FATAL_FAILURE(erase(key));
  for (int round = 0; round < 3; ++round) compact();
  Content scanned;
  ASSERT_TRUE(ok(snapshot->scan("", [&](std::string_view key, std::string_view value) {
    return scanned.emplace(key, value).second;
  })));
  EXPECT_EQ(scanned, then);
  for (const auto& [key, value] : then) {
    const auto found = snapshot->get(key);
    ASSERT_TRUE(ok(found));
    EXPECT_EQ(*found, value);
  }
  EXPECT_EQ((*view)->value(), then.at("key 5"));
  expect_content();
}

TEST_P(Cleaning, TellsHowFarItIsAndStopsWhenToldTo) {
  ASSERT_NO_FATAL_FAILURE(write_rounds(500, 8));
  std::uint64_t last = 0;
  std::uint64_t calls = 0;
  ASSERT_TRUE(ok(space_->compact([&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GT(done, last);
    EXPECT_LE(done, total);
    last = done;
    return ++calls < 1;
  })));
  EXPECT_EQ(calls, 1u);
  EXPECT_GT(statistics().garbage_bytes, 100'000u);
  expect_content();
}

TEST_P(Cleaning, LargeValuesStayWhereTheyAre) {
  const std::string large = some_value(100'000, 3);
  ASSERT_TRUE(ok(space_->put("large", large)));
  content_["large"] = large;
  ASSERT_NO_FATAL_FAILURE(write_rounds(300, 4));
  compact();
  expect_content();
}

TEST_P(Cleaning, ADroppedSpaceGivesItsRoomBack) {
  holdfast::Kv other = space("other");
  for (unsigned i = 0; i < 1'000; ++i) ASSERT_TRUE(ok(other.put("key " + std::to_string(i), some_value(400, i), kBuffered)));
  ASSERT_TRUE(ok(other.put("large", some_value(100'000))));
  const auto snapshot = other.snapshot();
  const auto view = other.view("key 7");
  const std::uint64_t free_before = store_->info()->free_bytes;
  ASSERT_TRUE(ok(store_->drop_kv("other")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, other.get("key 1")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, other.put("key 1", "value")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, other.erase("key 1")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, other.put_async("key 1", "value")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, other.size()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, other.snapshot()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, other.compact()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, snapshot->get("key 1")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, other.scan("", [](auto, auto) { return true; })));
  Batch batch;
  batch.put(*space_, "key 1", "of the batch");
  batch.put(other, "key 1", "value");
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->commit(batch)));
  EXPECT_TRUE(is_absent(*space_, "key 1"));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->drop_kv("other")));
  EXPECT_EQ((*view)->value(), some_value(400, 7));
  ASSERT_NO_FATAL_FAILURE(write_rounds(300, 20));
  EXPECT_EQ((*view)->value(), some_value(400, 7));
  compact();
  EXPECT_GT(store_->info()->free_bytes, free_before);
  holdfast::Kv again = space("other");
  EXPECT_TRUE(has_size(again, 0));
  ASSERT_TRUE(ok(again.put("key 1", "new")));
  expect_content();
}

class CleaningReopened : public CleaningTest {};
INSTANTIATE_TEST_SUITE_P(, CleaningReopened, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

TEST_P(CleaningReopened, FindsTheSame) {
  for (const bool cleanly : {true, false, true, false}) {
    ASSERT_NO_FATAL_FAILURE(write_rounds(400, 3));
    for (unsigned key = 0; key < 400; key += 3) ASSERT_NO_FATAL_FAILURE(erase(key));
    compact();
    ASSERT_NO_FATAL_FAILURE(write_rounds(100, 1));
    compact();
    ASSERT_NO_FATAL_FAILURE(reopen(cleanly));
    expect_content();
    compact();
    expect_content();
  }
}

TEST_P(CleaningReopened, NoErasedKeyComesBack) {
  for (unsigned round = 0; round < 12; ++round) {
    for (unsigned key = 0; key < 300; ++key) ASSERT_NO_FATAL_FAILURE(write(key, round + key));
    for (unsigned key = round; key < 300; key += 2) ASSERT_NO_FATAL_FAILURE(erase(key));
    compact();
    ASSERT_NO_FATAL_FAILURE(reopen(round % 2 == 0));
    ASSERT_NO_FATAL_FAILURE(expect_content());
  }
}

// Members of batches lie beside those of other spaces, whose trailers cleaning takes away.
TEST_P(CleaningReopened, BatchesStayWhole) {
  holdfast::Kv other = space("other");
  Content others;
  for (unsigned round = 0; round < 300; ++round) {
    Batch batch;
    const std::string value = some_value(700, round);
    for (unsigned i = 0; i < 5; ++i) batch.put(*space_, "batch " + std::to_string((round * 5 + i) % 40), value);
    batch.put(other, "other " + std::to_string(round), value);
    if (round % 2 == 0) batch.put(*space_, "last", value);
    ASSERT_TRUE(ok(store_->commit(batch, kBuffered)));
    for (unsigned i = 0; i < 5; ++i) content_["batch " + std::to_string((round * 5 + i) % 40)] = value;
    others["other " + std::to_string(round)] = value;
    if (round % 2 == 0) content_["last"] = value;
    if (round % 20 == 0) compact();
    if (round % 70 == 69) {
      ASSERT_NO_FATAL_FAILURE(reopen(round % 140 == 69));
      other = space("other");
    }
  }
  ASSERT_NO_FATAL_FAILURE(reopen(false));
  other = space("other");
  for (const auto& [key, value] : others) ASSERT_TRUE(holds(other, key, value));
  expect_content();
}

TEST_P(CleaningReopened, ADroppedSpaceStaysDropped) {
  holdfast::Kv other = space("other");
  for (unsigned i = 0; i < 500; ++i) {
    Batch batch;
    batch.put(*space_, "key " + std::to_string(i % 50), some_value(300, i));
    batch.put(other, "key", some_value(300, i));  // holds the trailer
    ASSERT_TRUE(ok(store_->commit(batch, kBuffered)));
    content_["key " + std::to_string(i % 50)] = some_value(300, i);
  }
  ASSERT_TRUE(ok(store_->drop_kv("other")));
  ASSERT_NO_FATAL_FAILURE(reopen(false));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->kv("other", {.mode = OpenMode::existing})));
  expect_content();
}

// By itself: nobody asks, no writer is without room, and the space is cleaned. The thread may come late: it has what was
// written to clean all the same.
TEST_P(CleaningReopened, HappensByItself) {
  close();
  options_.clean_automatically = true;
  options_.garbage_ratio_max = 0.3;
  options_.max_size_bytes = 64 * kMiB;
  open();
  ASSERT_NO_FATAL_FAILURE(write_rounds(200, 40));
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);  // for machines that have stopped
  while (statistics().cleaned_segments == 0 && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_GT(statistics().cleaned_segments, 0u);
  ASSERT_NO_FATAL_FAILURE(reopen(false));
  expect_content();
}

}  // namespace
}  // namespace holdfast::kv_suites
