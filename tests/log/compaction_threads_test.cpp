// Compaction beside writers, readers and truncation; and in a store that is full.

#include <atomic>
#include <thread>

#include "compaction_fixture.hpp"

namespace holdfast::log_suites {
namespace {

class BesideCompaction : public CompactionTest {};
INSTANTIATE_TEST_SUITE_P(, BesideCompaction, ::testing::ValuesIn(all_backends()), row_name);

std::string key_number(int number) { return "key " + std::to_string(number); }

TEST_P(BesideCompaction, AppendsReadsAndScansGoOn) {
  constexpr int kWriters = 2;
  constexpr int kKeys = 20;
  constexpr int kRounds = 60;
  std::atomic<int> writing{kWriters};
  std::vector<std::thread> threads;
  std::vector<std::vector<LogId>> latest(kWriters, std::vector<LogId>(kKeys));
  for (int writer = 0; writer < kWriters; ++writer)
    threads.emplace_back([&, writer] {
      for (int round = 0; round < kRounds; ++round)
        for (int i = 0; i < kKeys; ++i) {
          const std::string key = key_number(writer * kKeys + i);
          const std::string payload = key + " in round " + std::to_string(round) + std::string(i == 7 ? 20'000 : 0, 'L');
          const auto id = keyed_->append(payload, {.key = key});
          ASSERT_TRUE(ok(id));
          latest[static_cast<std::size_t>(writer)][static_cast<std::size_t>(i)] = *id;
        }
      --writing;
    });
  threads.emplace_back([&] {  // forward, each key's records in their order
    while (writing.load() > 0) {
      std::map<std::string, std::string> seen;
      LogId last = 0;
      const auto scanned = keyed_->scan(1, [&](const LogEntryView& entry) {
        EXPECT_GT(entry.id, std::exchange(last, entry.id));
        EXPECT_TRUE(entry.payload.starts_with(*entry.key));
        return true;
      });
      EXPECT_TRUE(ok(scanned));
      EXPECT_TRUE(ok(keyed_->scan_back(last, [&](const LogEntryView& entry) { return entry.id > last / 2; })));
    }
  });
  threads.emplace_back([&] {  // a reader, and single records
    while (writing.load() > 0) {
      auto reader = keyed_->reader(1);
      ASSERT_TRUE(ok(reader));
      for (auto moved = reader->next(); moved && *moved; moved = reader->next()) {
        const auto read = keyed_->read(reader->entry().id);
        EXPECT_TRUE(read ? read->payload == reader->entry().payload : read.error().code == ErrorCode::not_found)
            << reader->entry().id;
      }
      EXPECT_EQ(reader->skipped(), 0u);
    }
  });
  std::uint64_t removed = 0;
  while (writing.load() > 0) removed += compact().records_removed;
  for (std::thread& thread : threads) thread.join();
  removed += compact().records_removed;
  EXPECT_GT(removed, std::uint64_t{kWriters * kKeys * kRounds / 2});
  for (int again = 0; again < 2; ++again) {
    for (int writer = 0; writer < kWriters; ++writer)
      for (int i = 0; i < kKeys; ++i) {
        const auto read = keyed_->read(latest[static_cast<std::size_t>(writer)][static_cast<std::size_t>(i)]);
        ASSERT_TRUE(ok(read));
        EXPECT_TRUE(read->payload.starts_with(key_number(writer * kKeys + i) + " in round " + std::to_string(kRounds - 1)));
      }
    EXPECT_TRUE(store_->verify()->damage.empty());
    reopen(true);
  }
}

TEST_P(BesideCompaction, TruncationAndDroppingGoOn) {
  std::atomic<bool> ends{false};
  std::thread compacter([&] {
    while (!ends.load()) {
      const auto compaction = keyed_->compact();
      if (!compaction) {
        EXPECT_EQ(compaction.error().code, ErrorCode::not_found) << compaction.error().to_string();
        return;
      }
    }
  });
  for (int i = 0; i < 1'500; ++i) {
    ASSERT_TRUE(ok(keyed_->append("payload " + std::to_string(i), {.key = key_number(i % 30)})));
    if (i % 100 != 99) continue;
    ASSERT_TRUE(ok(keyed_->truncate_before(static_cast<LogId>(i) - 50)));
  }
  for (int i = 1'470; i < 1'500; ++i) EXPECT_TRUE(holds(*keyed_, static_cast<LogId>(i) + 1, "payload " + std::to_string(i)));
  ASSERT_TRUE(ok(store_->drop_log("keyed")));
  ends = true;
  compacter.join();
  EXPECT_TRUE(store_->verify()->damage.empty());
}

class FullCompactedStore : public CompactionTest {
 protected:
  void SetUp() override {
    options_.size_bytes = options_.max_size_bytes = 4 * kMiB;
    CompactionTest::SetUp();
  }
};
INSTANTIATE_TEST_SUITE_P(, FullCompactedStore, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(FullCompactedStore, CompactsBeforeItRefusesAnAppend) {
  const std::string payload(10'000, 'p');
  for (int i = 0; i < 2'000; ++i) append(key_number(i % 4), payload);
  EXPECT_GT(keyed_->statistics()->compacted_records, 1'000u);
  for (LogId id = 1'997; id <= 2'000; ++id) EXPECT_TRUE(holds(*keyed_, id, payload));
}

TEST_P(FullCompactedStore, RefusesAnAppendWhereNothingCanGoAndChangesNothing) {
  const std::string payload(10'000, 'p');
  for (int i = 0;; ++i) {
    const std::string key = key_number(i);
    const auto id = keyed_->append(payload, {.key = key, .timestamp_us = clock_us_->load()});
    if (!id) {
      EXPECT_TRUE(fails_with(ErrorCode::no_space, id));
      break;
    }
    records_[next_++] = {key, payload, clock_us_->load(), false};
  }
  EXPECT_EQ(compact().records_removed, 0u);
  expect_records();
}

// Copies that need more than the runs that are kept aside.
TEST_P(FullCompactedStore, WithoutRoomForCopiesNothingChanges) {
  auto wide = settings();
  wide.segment_bytes = 512 << 10;
  wide.segment_records_max = 60;
  ASSERT_TRUE(ok(keyed_->set_settings(wide)));
  const std::string payload(5'000, 'p');
  for (int i = 0; i < 60; ++i) append(key_number(i < 12 ? 0 : i), payload);
  append_unkeyed(1);
  auto filler = stream("filler", {.durability = Durability::buffered});
  while (filler.append(std::string(1'000, 'f'))) {
  }
  ASSERT_TRUE(ok(store_->sync()));
  for (int tries = 0; tries < 2; ++tries) {
    EXPECT_TRUE(fails_with(ErrorCode::no_space, keyed_->compact()));
    expect_records();
    reopen(true);
  }
  ASSERT_TRUE(ok(store_->drop_log("filler")));
  EXPECT_EQ(compact().records_removed, 11u);
  forget_replaced(61);
  expect_records();
}

}  // namespace
}  // namespace holdfast::log_suites
