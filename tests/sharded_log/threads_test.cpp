// Many threads use one log, also while it is resharded.

#include <atomic>
#include <chrono>
#include <thread>

#include "sharded_log_fixture.hpp"

namespace holdfast::sharded_log_tests {
namespace {

/// Each thread has its own keys, so it knows what their latest records are.
class Appender {
 public:
  Appender(ShardedLog log, unsigned number) : log_(std::move(log)) {
    for (int i = 0; i < 7; ++i) keys_.push_back("thread " + std::to_string(number) + " key " + std::to_string(i));
  }

  void run(const std::atomic<bool>& is_over) {
    for (std::uint64_t i = 0; i < 50 || (!is_over.load() && i < kRoundsMax); ++i) {
      if (i % 3 == 0)
        append_atomic(i);
      else
        append(key(i % 7), i);
      const std::string& asked = key(i % 7);
      EXPECT_TRUE(latest_is(log_, asked, expected_.at(asked).back().payload));
    }
  }

  [[nodiscard]] const ByKey& expected() const noexcept { return expected_; }

 private:
  static constexpr std::uint64_t kRoundsMax = 3'000;  // so that what is appended fits into the store

  [[nodiscard]] const std::string& key(std::uint64_t index) const { return keys_[index]; }

  void append(const std::string& key, std::uint64_t i) {
    const std::string payload = std::to_string(i);
    ASSERT_TRUE(ok(log_.append(key, payload, {.timestamp_us = i})));
    expected_[key].push_back({payload, i});
  }

  void append_atomic(std::uint64_t i) {
    const std::string payload = std::to_string(i);
    std::vector<ShardedLogDraft> drafts;
    for (std::uint64_t index = 0; index < 7; ++index)
      drafts.push_back({.key = key(index), .payload = payload, .timestamp_us = i});
    ASSERT_TRUE(ok(log_.append_atomic(drafts)));
    for (std::uint64_t index = 0; index < 7; ++index) expected_[key(index)].push_back({payload, i});
  }

  ShardedLog log_;
  std::vector<std::string> keys_;
  ByKey expected_;
};

template <class Act>
ByKey beside_appenders(const ShardedLog& log, const Act& act) {
  std::atomic<bool> is_over{false};
  std::vector<Appender> appenders;
  for (unsigned number = 0; number < 4; ++number) appenders.emplace_back(log, number);
  std::vector<std::thread> threads;
  for (Appender& appender : appenders) threads.emplace_back([&] { appender.run(is_over); });
  act();
  is_over = true;
  for (std::thread& thread : threads) thread.join();
  ByKey expected;
  for (const Appender& appender : appenders) expected.insert(appender.expected().begin(), appender.expected().end());
  return expected;
}

TEST_P(ShardedLogs, AppendsGoOnBesideReshards) {
  fill(500);
  const ByKey appended = beside_appenders(*log_, [&] {
    for (const std::uint32_t count : {6u, 3u, 9u}) ASSERT_TRUE(ok(log_->reshard(count)));
  });
  expected_.insert(appended.begin(), appended.end());
  EXPECT_EQ(log_->shard_count(), 9u);
  expect_all();
}

TEST_P(ShardedLogs, CheckpointsBesideReshardsHoldAtomicAppendsAsAWhole) {
  std::uint64_t made = 0;
  const ByKey appended = beside_appenders(*log_, [&] {
    std::atomic<bool> is_over{false};
    std::thread maker([&] {
      for (std::uint64_t i = 0; i < 10 || !is_over; ++i, ++made) {
        EXPECT_TRUE(ok(log_->create_checkpoint("checkpoint " + std::to_string(i % 5))));
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    });
    for (const std::uint32_t count : {5u, 2u}) EXPECT_TRUE(ok(log_->reshard(count)));
    is_over = true;
    maker.join();
  });
  EXPECT_GE(made, 10u);
  expected_ = appended;
  expect_all();
  const auto checkpoints = log_->checkpoints();
  ASSERT_TRUE(ok(checkpoints));
  for (const Checkpoint& checkpoint : *checkpoints) {
    ASSERT_EQ(checkpoint.next.size(), 2u);
    std::map<std::string, std::uint64_t> atomic_parts;  // by thread and number
    for (std::uint32_t index = 0; index < 2; ++index) {
      const auto shard = *log_->shard(index);
      ASSERT_TRUE(ok(shard.scan(1, [&](const LogEntryView& entry) {
        if (entry.id >= checkpoint.next[index]) return false;
        const std::string key(*entry.key);
        if (entry.timestamp_us % 3 == 0) ++atomic_parts[key.substr(0, 8) + " " + std::to_string(entry.timestamp_us)];
        return true;
      })));
    }
    for (const auto& [append, parts] : atomic_parts) EXPECT_EQ(parts, 7u) << checkpoint.id << ": " << append;
  }
}

TEST_P(ShardedLogs, ManyThreadsOpenOneLog) {
  std::vector<std::thread> threads;
  std::atomic<int> opened{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        auto log = ShardedLog::open(*store_, "shared", {.shards = 3});
        if (log && log->append("key " + std::to_string(i), "payload")) ++opened;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(opened, 160);
  std::uint64_t records = 0;
  for (const auto& [key, all] : records_of(log("shared"))) records += all.size();
  EXPECT_EQ(records, 160u);
}

}  // namespace
}  // namespace holdfast::sharded_log_tests
