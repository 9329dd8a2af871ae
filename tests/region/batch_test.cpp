// Regions in Store::commit: with each other, and with keys and streams.

#include "kv/kv_assertions.hpp"
#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

std::uint64_t barriers_of(const StorageCounters& counters) { return counters.syncs + counters.fences; }

/// A region beside the suite's, a key-value space and a stream.
struct Others {
  explicit Others(Store& store)
      : region(*store.region("other")), keys(*store.kv("keys")), stream(*store.log("stream")) {}
  Region region;
  Kv keys;
  Log stream;
};

TEST_P(RegionOn, ABatchChangesSeveralRegions) {
  Others others(*store_);
  write(0, some_bytes(20'000));
  ASSERT_TRUE(ok(others.region.append(bytes_of_text("other"))));
  Batch batch;
  batch.write_at(*region_, 5'000, bytes_of_text("first"));
  batch.write_at(others.region, 1, bytes_of_text("THE"));
  batch.write_at(*region_, 19'998, bytes_of_text("behind the end"));
  EXPECT_EQ(batch.count(), 3u);
  ASSERT_TRUE(ok(store_->commit(batch)));
  std::string expected = some_bytes(20'000);
  expected.replace(5'000, 5, "first");
  EXPECT_TRUE(holds(*region_, expected.substr(0, 19'998) + "behind the end"));
  EXPECT_TRUE(holds(others.region, "oTHEr"));
  EXPECT_EQ(region_->flush(), false);
}

TEST_P(RegionOn, OperationsOfABatchOnARegionApplyInTheirOrder) {
  write(0, "0123456789");
  Region again = region("region");  // another handle of the same region
  Batch batch;
  batch.write_at(*region_, 2, bytes_of_text("aaaa"));
  batch.write_at(again, 4, bytes_of_text("bbbb"));
  batch.truncate_write(*region_, 6, bytes_of_text("cc"));
  batch.write_at(again, 10, bytes_of_text("d"));  // behind a gap where there were bytes
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(holds(*region_, std::string("01aabbcc\0\0d", 11)));
  batch.clear();
  batch.write_at(*region_, 100'000, bytes_of_text("far"));
  batch.truncate_write(*region_, 3, {});
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(holds(*region_, "01a"));
  batch.clear();
  batch.truncate_write(*region_, 2, {});
  batch.truncate_write(*region_, 70'000, {});
  batch.write_at(*region_, 5, {});
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(holds(*region_, "01" + std::string(69'998, '\0')));
}

TEST_P(RegionOn, ABatchKeepsItsBytesAndMayBeCommittedAgain) {
  Batch batch;
  {
    std::string bytes = "bytes";
    batch.truncate_write(*region_, 2, bytes_of_text(bytes));
    bytes = "xxxxx";
  }
  ASSERT_TRUE(ok(store_->commit(batch)));
  ASSERT_TRUE(ok(region_->append(bytes_of_text("more"))));
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(holds(*region_, std::string("\0\0bytes", 7)));
  batch.clear();
  EXPECT_EQ(batch.count(), 0u);
  ASSERT_TRUE(ok(store_->commit(batch)));
}

TEST_P(RegionOn, ABatchTakesRegionsKeysAndStreamsTogether) {
  Others others(*store_);
  ASSERT_TRUE(ok(others.keys.put("gone", "value")));
  for (int round = 0; round < 3; ++round) {
    const std::string text = std::to_string(round);
    Batch batch;
    batch.put(others.keys, "key", text);
    batch.write_at(*region_, 4'096, bytes_of_text(text));
    batch.append(others.stream, text);
    batch.erase(others.keys, "gone");
    batch.write_at(others.region, 0, bytes_of_text(text));
    batch.append(others.stream, text + "!");
    ASSERT_TRUE(ok(store_->commit(batch, {.durability = Durability::buffered})));
    EXPECT_TRUE(holds(*region_, std::string(4'096, '\0') + text));
    EXPECT_TRUE(holds(others.region, text));
    EXPECT_TRUE(holds(others.keys, "key", text));
    EXPECT_TRUE(holdfast::is_absent(others.keys, "gone"));
    EXPECT_EQ(others.stream.next_id(), 3u + 2u * static_cast<unsigned>(round));
  }
}

TEST_P(RegionOn, ABatchOfRegionsCostsTwoBarriersHoweverMany) {
  std::vector<Region> regions;
  for (int i = 0; i < 8; ++i) regions.push_back(created("region " + std::to_string(i), some_bytes(10'000)));
  Batch batch;
  for (const Region& one : regions) batch.write_at(one, 5'000, bytes_of_text("bytes"));
  const StorageCounters before = counters();
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_EQ(barriers_of(counters()) - barriers_of(before), 2u);
}

TEST_P(RegionOn, ABatchOfEverythingCostsThreeBarriers) {
  Others others(*store_);
  ASSERT_TRUE(ok(others.keys.put("key", "value")));  // its segment is there
  ASSERT_TRUE(ok(others.stream.append("record")));
  Region another = created("another", some_bytes(10'000));
  Batch batch;
  batch.write_at(another, 5'000, bytes_of_text("bytes"));
  batch.write_at(*region_, 0, bytes_of_text("bytes"));
  batch.put(others.keys, "key", "another");
  batch.append(others.stream, "another");
  const StorageCounters before = counters();
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_EQ(barriers_of(counters()) - barriers_of(before), 3u);
}

TEST_P(RegionOn, ABatchThatFailsItsChecksChangesNothing) {
  Others others(*store_);
  write(0, "bytes");
  const auto refused = [&](ErrorCode code, const auto& add) {
    Batch batch;
    batch.put(others.keys, "key", "value");
    batch.append(others.stream, "record");
    batch.write_at(*region_, 0, bytes_of_text("other"));
    add(batch);
    const StorageCounters before = counters();
    const auto result = fails_with(code, store_->commit(batch));
    EXPECT_EQ(counters().writes, before.writes);
    EXPECT_TRUE(holds(*region_, "bytes"));
    EXPECT_TRUE(has_size(others.keys, 0));
    EXPECT_EQ(others.stream.next_id(), 1u);
    return result;
  };
  EXPECT_TRUE(refused(ErrorCode::invalid_argument, [&](Batch& batch) { batch.put(others.keys, "", "value"); }));
  Region limited = region("limited", {.size_bytes_max = 10});
  EXPECT_TRUE(refused(ErrorCode::too_large, [&](Batch& batch) { batch.write_at(limited, 8, bytes_of_text("far")); }));
  EXPECT_TRUE(refused(ErrorCode::too_large, [&](Batch& batch) { batch.truncate_write(limited, 11, {}); }));
  Region sealed = region("sealed");
  ASSERT_TRUE(ok(sealed.seal()));
  EXPECT_TRUE(refused(ErrorCode::read_only, [&](Batch& batch) { batch.write_at(sealed, 0, bytes_of_text("x")); }));
  Region removed = region("removed");
  ASSERT_TRUE(ok(removed.remove()));
  EXPECT_TRUE(refused(ErrorCode::not_found, [&](Batch& batch) { batch.write_at(removed, 0, bytes_of_text("x")); }));
  Region viewed = created("viewed", "some bytes");
  auto view = viewed.mutable_view(0, 4);
  ASSERT_TRUE(ok(view));
  EXPECT_TRUE(refused(ErrorCode::busy, [&](Batch& batch) { batch.write_at(viewed, 0, bytes_of_text("x")); }));
  auto another = Store::open("", {.backend = Backend::memory, .size_bytes = kMiB});
  ASSERT_TRUE(ok(another));
  Region foreign = *another->region("region");
  EXPECT_TRUE(refused(ErrorCode::invalid_argument, [&](Batch& batch) { batch.write_at(foreign, 0, bytes_of_text("x")); }));
}

TEST_P(RegionOn, ABatchThatDoesNotFitChangesNothing) {
  Others others(*store_);
  const std::string half = some_bytes(kRoomBytes * 6 / 10);
  write(0, half);
  const std::uint64_t free = free_bytes();
  Batch batch;
  batch.put(others.keys, "key", "value");
  batch.write_at(*region_, 0, bytes_of_text(half));
  EXPECT_TRUE(fails_with(ErrorCode::no_space, store_->commit(batch)));
  batch.clear();
  batch.write_at(*region_, 0, bytes_of_text("small"));
  batch.put(others.keys, "key", half);
  EXPECT_TRUE(fails_with(ErrorCode::no_space, store_->commit(batch)));
  EXPECT_TRUE(holds(*region_, half));
  EXPECT_TRUE(has_size(others.keys, 0));
  batch.clear();
  batch.write_at(*region_, 0, bytes_of_text("small"));
  batch.put(others.keys, "key", "value");
  EXPECT_TRUE(ok(store_->commit(batch)));
  EXPECT_GE(free_bytes() + kMiB, free);
}

TEST_P(RegionOn, CommitsBesideEverythingElseLoseNothing) {
  constexpr unsigned kThreads = 4, kRounds = 60;
  Others others(*store_);
  write(0, std::string(kThreads * 8, '-'));
  ASSERT_TRUE(ok(others.region.append(bytes_of_text(std::string(kThreads * 8, '-')))));
  in_threads(kThreads, [&](unsigned thread) {
    for (unsigned i = 0; i < kRounds; ++i) {
      const std::string text = std::to_string(10'000'000 + i);
      Batch batch;
      // Named in another order by each.
      batch.write_at(thread % 2 == 0 ? *region_ : others.region, thread * 8, bytes_of_text(text));
      batch.put(others.keys, std::to_string(thread), text);
      batch.write_at(thread % 2 == 0 ? others.region : *region_, thread * 8, bytes_of_text(text));
      batch.append(others.stream, text);
      ASSERT_TRUE(ok(store_->commit(batch)));
      ASSERT_TRUE(ok(others.keys.put("own " + std::to_string(thread), text, {.durability = Durability::buffered})));
      ASSERT_TRUE(ok(others.stream.append(text, {.durability = Durability::buffered})));
      if (i % 8 == 0) {
        ASSERT_TRUE(ok(store_->sync()));
      }
    }
  });
  std::string expected;
  for (unsigned thread = 0; thread < kThreads; ++thread) expected += std::to_string(10'000'000 + kRounds - 1);
  EXPECT_TRUE(holds(*region_, expected));
  EXPECT_TRUE(holds(others.region, expected));
  EXPECT_EQ(others.stream.next_id(), 2 * kThreads * kRounds + 1);
  EXPECT_TRUE(store_->verify().value().damage.empty());
}

TEST_P(RegionReopen, BatchesAreThereAsAWhole) {
  const auto commit = [&](unsigned round) {
    Others others(*store_);
    const std::string bytes = some_bytes(3'000, round);
    Batch batch;
    batch.write_at(*region_, round * 2'000, bytes_of_text(bytes));
    batch.truncate_write(others.region, round, bytes_of_text(bytes));
    batch.put(others.keys, std::to_string(round), some_bytes(round % 2 == 0 ? 100 : 50'000, round));
    batch.append(others.stream, bytes);
    ASSERT_TRUE(ok(store_->commit(batch)));
  };
  const auto check = [&](unsigned rounds) {
    Others others(*store_);
    EXPECT_EQ(region_->size(), (rounds - 1) * 2'000 + 3'000u);
    EXPECT_EQ(others.region.size(), rounds - 1 + 3'000u);
    EXPECT_TRUE(has_size(others.keys, rounds));
    EXPECT_EQ(others.stream.next_id(), rounds + 1u);
    EXPECT_EQ(store_->recovery().dropped_records, 0u);
    EXPECT_TRUE(store_->verify().value().damage.empty());
  };
  unsigned rounds = 0;
  for (int session = 0; session < 6; ++session) {
    for (int i = 0; i < 3; ++i) ASSERT_NO_FATAL_FAILURE(commit(rounds++));
    session % 2 == 0 ? reopen_after_kill() : reopen_after_close();
    check(rounds);
  }
}

}  // namespace
}  // namespace holdfast::region_suites
