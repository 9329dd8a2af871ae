// What is in a cut, beside threads that append.

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "checkpoint_fixture.hpp"

namespace holdfast::checkpoint_tests {
namespace {

/// Keys of as many different shards, one of each.
std::vector<std::string> keys_of_all_shards(const ShardedLog& log) {
  std::vector<std::string> keys(log.shard_count());
  std::size_t found = 0;
  for (std::uint64_t number = 0; found < keys.size(); ++number) {
    std::string& key = keys[log.shard_of(key_of(number))];
    if (!key.empty()) continue;
    key = key_of(number);
    ++found;
  }
  return keys;
}

/// How often each payload is below the cut.
std::map<std::string, int> payloads_below(const ShardedLog& log, const Checkpoint& checkpoint) {
  std::map<std::string, int> count;
  for (std::uint32_t i = 0; i < log.shard_count(); ++i)
    for (const LogEntry& entry : records_below(log, i, checkpoint.next[i])) ++count[entry.payload];
  return count;
}

TEST_P(Checkpoints, HaveWholeAtomicBatchesOrNothingOfThem) {
  open_with_many_shards();
  const auto keys = keys_of_all_shards(*log_);
  constexpr int kBatches = 60;
  std::atomic<int> running{4};
  std::atomic<int> made{0};
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer)
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kBatches; ++i) {
        while (i == kBatches / 2 && made.load() == 0) std::this_thread::yield();  // no writer is done before the first cut
        const std::string payload = std::to_string(writer) + ":" + std::to_string(i);
        std::vector<ShardedLogDraft> drafts;
        for (const std::string& key : keys) drafts.push_back({.key = key, .payload = payload});
        ASSERT_TRUE(
            ok(log_->append_atomic(drafts, {.durability = i % 7 == 0 ? Durability::immediate : Durability::buffered})));
      }
      --running;
    });
  for (; running.load() > 0; ++made) create("c" + std::to_string(made % 50));
  for (std::thread& writer : writers) writer.join();
  EXPECT_GT(made, 0);
  create("last");
  const auto checkpoints = log_->checkpoints();
  for (const Checkpoint& checkpoint : *checkpoints)
    for (const auto& [payload, count] : payloads_below(*log_, checkpoint))
      ASSERT_EQ(count, static_cast<int>(keys.size())) << "batch " << payload << " in " << checkpoint.id;
  EXPECT_EQ(payloads_below(*log_, *log_->latest_checkpoint()).size(), 4u * kBatches);
}

// What a thread appended before it began the next append is below every cut that has the next one, whatever shards they
// are in.
TEST_P(Checkpoints, HaveAPrefixOfWhatEachThreadAppended) {
  open_with_many_shards();
  const auto keys = keys_of_all_shards(*log_);  // the first and the last one are looked at as far apart as can be
  constexpr int kRecords = 3'000;
  std::atomic<int> running{3};
  std::atomic<int> made{0};
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 3; ++writer)
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kRecords; ++i) {
        while (i == kRecords / 2 && made.load() == 0) std::this_thread::yield();  // no writer is done before the first cut
        ASSERT_TRUE(ok(log_->append(i % 2 == 0 ? keys.front() : keys.back(),
                                    std::to_string(writer) + ":" + std::to_string(i))));
      }
      --running;
    });
  for (; running.load() > 0; ++made) create("c" + std::to_string(made % 40));
  for (std::thread& writer : writers) writer.join();
  EXPECT_GT(made, 0);
  const auto checkpoints = log_->checkpoints();
  for (const Checkpoint& checkpoint : *checkpoints) {
    const auto payloads = payloads_below(*log_, checkpoint);
    for (int writer = 0; writer < 3; ++writer) {
      const std::string prefix = std::to_string(writer) + ":";
      int count = 0;
      int highest = -1;
      for (auto at = payloads.lower_bound(prefix); at != payloads.end() && at->first.starts_with(prefix); ++at, ++count)
        highest = std::max(highest, std::stoi(at->first.substr(prefix.size())));
      ASSERT_EQ(highest + 1, count) << "of thread " << writer << " in " << checkpoint.id;
    }
  }
}

TEST_P(Checkpoints, MadeAtTheSameTimeAreInOneOrderAndNoneIsLost) {
  constexpr std::uint64_t kRecordsEach = 50;  // a checkpoint: its sync may be slow, and the store has its bound
  std::atomic<int> running{3};
  std::atomic<std::uint64_t> made{0};
  std::vector<std::thread> makers;
  for (int maker = 0; maker < 3; ++maker)
    makers.emplace_back([&, maker] {
      for (int i = 0; i < 40; ++i, ++made)
        ASSERT_TRUE(ok(log_->create_checkpoint(std::to_string(maker) + ":" + std::to_string(i))));
      --running;
    });
  while (running.load() > 0) {
    if (appended_ < kRecordsEach * (made.load() + 1)) append(5);
    ASSERT_TRUE(ok(log_->keep_checkpoints(1'000)));
  }
  for (std::thread& maker : makers) maker.join();
  const auto checkpoints = log_->checkpoints();
  ASSERT_EQ(checkpoints->size(), 120u);
  for (std::size_t i = 1; i < checkpoints->size(); ++i)
    for (std::size_t shard = 0; shard < 4; ++shard)
      ASSERT_LE((*checkpoints)[i - 1].next[shard], (*checkpoints)[i].next[shard]);
}

TEST_P(Checkpoints, ThatAreMadeWhileOthersAreForgottenStay) {
  constexpr int kKept = 12;
  constexpr int kMakers = 3;
  std::atomic<int> running{kMakers};
  std::atomic<int> begun{0};
  std::atomic<int> youngest_lost{0};
  std::vector<std::thread> makers;
  for (int maker = 0; maker < kMakers; ++maker)
    makers.emplace_back([&, maker] {
      for (int i = 0; i < 40; ++i) {
        const std::string id = std::to_string(maker) + ":" + std::to_string(i % 9);
        const int before = begun.fetch_add(1) + 1;
        ASSERT_TRUE(ok(log_->create_checkpoint(id)));
        if (log_->checkpoint(id)) continue;
        // Younger are those that were begun since, and at most one of each other maker that was under way. A maker that sleeps
        // may have more of them behind it than are kept.
        const int younger_max = begun.load() - before + kMakers - 1;
        if (younger_max < kKept) ++youngest_lost;
      }
      --running;
    });
  while (running.load() > 0) ASSERT_TRUE(ok(log_->keep_checkpoints(kKept)));
  for (std::thread& maker : makers) maker.join();
  EXPECT_EQ(youngest_lost.load(), 0);
  ASSERT_TRUE(ok(log_->keep_checkpoints(12)));
  const Ids all = ids_of(log_->checkpoints());
  EXPECT_EQ(all.size(), 12u);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 12u);
}

}  // namespace
}  // namespace holdfast::checkpoint_tests
