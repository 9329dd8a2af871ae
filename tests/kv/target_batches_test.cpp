// What one expects of the batches of a key-value store: there as a whole, whatever their number, size and
// shape, and whoever commits or reads at the same time.

#include <array>
#include <atomic>
#include <thread>

#include "kv_suites.hpp"
#include "target_keys.hpp"

namespace holdfast::kv_suites {
namespace {

class KvTargetBatches : public KvTest {};
class KvTargetBatchesReopened : public KvReopen {};
INSTANTIATE_TEST_SUITE_P(, KvTargetBatches, ::testing::ValuesIn(all_backends()), row_name);
INSTANTIATE_TEST_SUITE_P(, KvTargetBatchesReopened,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

TEST_P(KvTargetBatches, ABatchShowsNothingBeforeItIsCommitted) {
  ASSERT_TRUE(ok(space_->put("there", "old")));
  Batch batch;
  batch.put(*space_, "there", "new");
  batch.put(*space_, "added", "value");
  EXPECT_TRUE(holds(*space_, "there", "old"));
  EXPECT_TRUE(is_absent(*space_, "added"));
  EXPECT_TRUE(has_size(*space_, 1));
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(holds(*space_, "there", "new"));
  EXPECT_TRUE(holds(*space_, "added", "value"));
}

TEST_P(KvTargetBatchesReopened, ABatchThatWasNotCommittedLeavesNothing) {
  {
    Batch batch;
    for (unsigned i = 0; i < 100; ++i) batch.put(*space_, key_of(i), "value");
  }
  reopen_after_kill();
  EXPECT_TRUE(has_size(*space_, 0));
}

TEST_P(KvTargetBatchesReopened, BatchesThatComeTogetherAllSucceed) {
  constexpr unsigned kThreads = 6;
  constexpr unsigned kBatches = 10;
  constexpr unsigned kEntries = 30;
  in_threads(kThreads, [&](unsigned thread) {
    for (unsigned round = 0; round < kBatches; ++round) {
      Batch batch;
      for (unsigned i = 0; i < kEntries; ++i)
        batch.put(*space_, std::to_string(thread) + "/" + std::to_string(round) + "/" + std::to_string(i),
                  "value");
      for (unsigned i = 0; i < 5; ++i)
        batch.put(*space_, "shared " + std::to_string(i), std::to_string(thread));
      ASSERT_TRUE(ok(store_->commit(batch)));  // nobody is sent away because another one is at it
    }
  });
  std::array<std::string, 5> shared;
  for (unsigned i = 0; i < 5; ++i) {
    shared[i] = space_->get("shared " + std::to_string(i)).value().value();
    EXPECT_LT(std::stoul(shared[i]), kThreads);
  }
  EXPECT_TRUE(has_size(*space_, kThreads * kBatches * kEntries + 5));
  reopen_after_kill();
  EXPECT_TRUE(has_size(*space_, kThreads * kBatches * kEntries + 5));
  for (unsigned i = 0; i < 5; ++i) EXPECT_TRUE(holds(*space_, "shared " + std::to_string(i), shared[i]));
}

TEST_P(KvTargetBatches, OfThoseWhoWantOneKeyExactlyOneWins) {
  for (unsigned round = 0; round < 20; ++round) {
    std::atomic<unsigned> winners{0};
    std::atomic<unsigned> winner{0};
    in_threads(6, [&](unsigned thread) {
      const auto stored = space_->put_if_absent(key_of(round), std::to_string(thread), kBuffered);
      ASSERT_TRUE(ok(stored));
      if (!*stored) return;
      ++winners;
      winner = thread;
    });
    EXPECT_EQ(winners, 1u);
    EXPECT_TRUE(holds(*space_, key_of(round), std::to_string(winner)));
  }
}

TEST_P(KvTargetBatches, ABatchOfNothingDoesNothing) {
  ASSERT_TRUE(ok(store_->commit(Batch())));
  ASSERT_TRUE(ok(space_->multi_put({})));
  EXPECT_TRUE(has_size(*space_, 0));
  ASSERT_TRUE(ok(space_->put("key", "value")));
  EXPECT_TRUE(holds(*space_, "key", "value"));
}

TEST_P(KvTargetBatchesReopened, ABatchOfAThousandIsThere) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (unsigned i = 0; i < 1'000; ++i) entries.emplace_back(key_of(i), some_value(i % 150, i));
  Batch batch;
  for (const auto& [key, value] : entries) batch.put(*space_, key, value);
  ASSERT_TRUE(ok(store_->commit(batch)));
  reopen_after_kill();
  EXPECT_TRUE(has_size(*space_, 1'000));
  for (const auto& [key, value] : entries) EXPECT_TRUE(holds(*space_, key, value));
}

TEST_P(KvTargetBatchesReopened, ABatchAcrossSegmentsIsThere) {
  Batch batch;
  for (unsigned i = 0; i < 200; ++i) batch.put(*space_, key_of(i), some_value(3'000, i));  // ten segments
  ASSERT_TRUE(ok(store_->commit(batch)));
  reopen_after_kill();
  for (unsigned i = 0; i < 200; ++i) EXPECT_TRUE(holds(*space_, key_of(i), some_value(3'000, i)));
}

TEST_P(KvTargetBatchesReopened, TinyAndHugeBatchesMayAlternate) {
  const auto batch_of = [&](unsigned round, unsigned count, std::size_t size) {
    Batch batch;
    for (unsigned i = 0; i < count; ++i)
      batch.put(*space_, std::to_string(round) + "/" + std::to_string(i), some_value(size, round + i));
    return store_->commit(batch);
  };
  const auto shape_of = [](unsigned round) {
    return round % 2 == 0 ? std::pair<unsigned, std::size_t>(1, 10)
                          : std::pair<unsigned, std::size_t>(100, 4'000);
  };
  constexpr unsigned kRounds = 12;
  for (unsigned round = 0; round < kRounds; ++round)
    ASSERT_TRUE(ok(batch_of(round, shape_of(round).first, shape_of(round).second)));
  reopen_after_kill();
  for (unsigned round = 0; round < kRounds; ++round) {
    const auto [count, size] = shape_of(round);
    for (unsigned i = 0; i < count; ++i)
      ASSERT_TRUE(
          holds(*space_, std::to_string(round) + "/" + std::to_string(i), some_value(size, round + i)));
  }
}

TEST_P(KvTargetBatches, ReadersGoOnWhileBatchesAreCommitted) {
  constexpr unsigned kKeys = 40;
  const auto commit = [&](unsigned round) {
    Batch batch;
    for (unsigned i = 0; i < kKeys; ++i) batch.put(*space_, key_of(i), some_value(500, round));
    return store_->commit(batch, kBuffered);
  };
  ASSERT_TRUE(ok(commit(0)));
  std::atomic<unsigned> committed{0};
  std::atomic<unsigned> begun{0};
  std::atomic<bool> is_over{false};
  std::vector<std::jthread> readers;
  for (unsigned reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&, reader] {
      for (unsigned i = reader; !is_over; ++i) {
        const unsigned least = committed;
        const auto value = space_->get(key_of(i % kKeys));
        const unsigned most = begun;
        ASSERT_TRUE(ok(value));
        ASSERT_TRUE(value->has_value());
        const unsigned round = static_cast<unsigned char>(value->value()[0]);
        ASSERT_EQ(value->value(), some_value(500, round)) << "whole, and of one batch";
        ASSERT_GE(round, least);
        ASSERT_LE(round, most);
      }
    });
  }
  for (unsigned round = 1; round <= 100; ++round) {
    begun = round;
    EXPECT_TRUE(ok(commit(round)));
    committed = round;
  }
  is_over = true;
}

}  // namespace
}  // namespace holdfast::kv_suites
