#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/holdfast.hpp>

#include "kv/kv_fixture.hpp"
#include "sharded_log/fixed_shards.hpp"

namespace holdfast::sharded_log_tests {

/// "key 3": keys that fall into several shards.
[[nodiscard]] inline std::string key_of(std::uint64_t number) { return "key " + std::to_string(number); }

/// What a sharded log shall hold: the records of each key, in their order.
struct Appended {
  std::string payload;
  std::uint64_t timestamp_us = 0;
  bool erases_key = false;

  friend bool operator==(const Appended&, const Appended&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Appended& one) {
    return out << shown(one.payload) << " at " << one.timestamp_us << (one.erases_key ? ", erased" : "");
  }
};
using ByKey = std::map<std::string, std::vector<Appended>>;

/// All that the shards hold; a complaint about a record in a shard that is not its key's.
[[nodiscard]] inline ByKey records_of(const ShardedLog& log) {
  ByKey records;
  for (std::uint32_t index = 0; index < log.shard_count(); ++index) {
    const auto shard = log.shard(index);
    EXPECT_TRUE(ok(shard));
    const auto scanned = shard->scan(*shard->first_id(), [&](const LogEntryView& entry) {
      EXPECT_TRUE(entry.key.has_value());
      const std::string key(entry.key.value_or(""));
      EXPECT_EQ(log.shard_of(key), index) << key;
      records[key].push_back({std::string(entry.payload), entry.timestamp_us, entry.erases_key});
      return true;
    });
    EXPECT_TRUE(ok(scanned));
  }
  return records;
}

/// Whether the latest record of `key` is exactly that.
[[nodiscard]] inline ::testing::AssertionResult latest_is(const ShardedLog& log, std::string_view key,
                                                          std::optional<std::string_view> payload) {
  const auto found = log.latest(key);
  if (!found) return ok(found);
  if (!*found) {
    if (!payload) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << key << " has no record instead of " << shown(*payload);
  }
  if (payload && (*found)->payload == *payload && (*found)->key == key) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << key << " has " << shown((*found)->payload) << " instead of "
                                       << (payload ? shown(*payload) : "nothing");
}

/// A small store on the row's medium with one sharded log, and what it shall hold. Each shard has some of the keys that
/// fill() and others count through, in every run.
class ShardedLogTest : public ::testing::TestWithParam<BackendRow> {
 protected:
  ShardedLogTest() : directory_(GetParam()->root) {
    options_.backend = backend_of(GetParam());
    options_.emulate_pmem = true;
    options_.size_bytes = kTestSizeBytes;
    options_.max_size_bytes = kTestMaxSizeBytes;
    options_.segment_size_bytes = 64 << 10;
    options_.recovery_threads = 2;
    log_options_.log.durability = Durability::buffered;
  }

  void SetUp() override { open(); }

  void open_store() {
    auto opened = Store::open(directory_.store(), options_);
    ASSERT_TRUE(ok(opened));
    store_.emplace(std::move(*opened));
  }

  void open() {
    open_store();
    log_options_.shards = log_options_.shards == 0 ? 4 : log_options_.shards;
    log_.emplace(log("events", log_options_));
  }

  [[nodiscard]] ShardedLog log(std::string_view name, const ShardedLogOptions& options = {}) {
    auto opened = ShardedLog::open(*store_, name, options);
    if (!opened) throw std::runtime_error(opened.error().to_string());  // ends the test
    return std::move(*opened);
  }

  void close() {
    log_.reset();
    ASSERT_TRUE(ok(store_->close()));
    store_.reset();
  }

  /// As if the process had ended here.
  void kill() {
    log_.reset();
    store_.reset();
  }

  void reopen_after_close() {
    close();
    open();
  }
  void reopen_after_kill() {
    kill();
    open();
  }

  ShardedLogId append(const std::string& key, const std::string& payload) {
    const auto place = log_->append(key, payload, {.timestamp_us = ++time_us_});
    EXPECT_TRUE(ok(place));
    expected_[key].push_back({payload, time_us_});
    return place.value_or(ShardedLogId{});
  }

  void erase(const std::string& key) {
    EXPECT_TRUE(ok(log_->erase_key(key, {.timestamp_us = ++time_us_})));
    expected_[key].push_back({"", time_us_, true});
  }

  /// `count` records more, of 40 keys; each tenth one erases its key.
  void fill(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i, ++filled_)
      if (filled_ % 10 == 9)
        erase(key_of(filled_ % 40));
      else
        append(key_of(filled_ % 40), "payload " + std::to_string(filled_));
  }

  /// The log holds what was appended, and answers for every key.
  void expect_all() const {
    EXPECT_EQ(records_of(*log_), expected_);
    for (const auto& [key, records] : expected_)
      EXPECT_TRUE(latest_is(*log_, key,
                            records.back().erases_key ? std::nullopt
                                                      : std::optional<std::string_view>(records.back().payload)));
    EXPECT_TRUE(latest_is(*log_, "nobody's", std::nullopt));
  }

  /// The streams and other spaces of the store, by name.
  [[nodiscard]] std::vector<std::string> space_names() const {
    std::vector<std::string> names;
    const auto spaces = store_->spaces();
    for (const SpaceInfo& info : *spaces) names.push_back(info.name);
    return names;
  }

  std::optional<FixedShards> fixed_shards_{std::in_place};
  TestDirectory directory_;
  Options options_;
  ShardedLogOptions log_options_;
  std::optional<Store> store_;
  std::optional<ShardedLog> log_;
  ByKey expected_;
  std::uint64_t time_us_ = 0;
  std::uint64_t filled_ = 0;
};

/// What a sharded log does on every medium.
class ShardedLogs : public ShardedLogTest {};

/// What it does when the store is opened again; for media that are still there.
class ShardedLogsReopened : public ShardedLogTest {};

}  // namespace holdfast::sharded_log_tests
