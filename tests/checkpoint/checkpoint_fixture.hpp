#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/holdfast.hpp>
#include <holdfast/log_reader.hpp>
#include <holdfast/sharded_log.hpp>

#include "sharded_log/sharded_log_fixture.hpp"

namespace holdfast::checkpoint_tests {

/// The ids, in their order.
[[nodiscard]] inline std::vector<std::string> ids_of(const Result<std::vector<Checkpoint>>& checkpoints) {
  EXPECT_TRUE(ok(checkpoints));
  std::vector<std::string> ids;
  if (checkpoints)
    for (const Checkpoint& checkpoint : *checkpoints) ids.push_back(checkpoint.id);
  return ids;
}

using Ids = std::vector<std::string>;

/// The ids that the shards would give next.
[[nodiscard]] inline std::vector<LogId> ends_of(const ShardedLog& log) {
  std::vector<LogId> ends;
  for (std::uint32_t i = 0; i < log.shard_count(); ++i) {
    const auto shard = log.shard(i);
    EXPECT_TRUE(ok(shard));
    ends.push_back(*shard->next_id());
  }
  return ends;
}

/// All records of a shard below `end` that are left.
[[nodiscard]] inline std::vector<LogEntry> records_below(const ShardedLog& log, std::uint32_t index, LogId end) {
  std::vector<LogEntry> records;
  const auto shard = log.shard(index);
  EXPECT_TRUE(ok(shard));
  const auto scanned = shard->scan(*shard->first_id(), [&](const LogEntryView& entry) {
    if (entry.id >= end) return false;
    records.push_back({.id = entry.id,
                       .timestamp_us = entry.timestamp_us,
                       .payload = std::string(entry.payload),
                       .key = entry.key ? std::optional<std::string>(*entry.key) : std::nullopt,
                       .erases_key = entry.erases_key});
    return true;
  });
  EXPECT_TRUE(ok(scanned));
  return records;
}

/// "k3": keys that fall into several shards.
[[nodiscard]] inline std::string key_of(std::uint64_t number) { return "k" + std::to_string(number); }

/// A small store on the row's medium with one sharded log of four shards.
class CheckpointTest : public sharded_log_tests::ShardedLogTest {
 protected:
  /// Another log in the place of the first: the more shards are looked at, the longer it takes.
  void open_with_many_shards() {
    log_options_.shards = 64;
    log_.emplace(log("of many shards", log_options_));
  }

  /// `count` records more, over all shards.
  void append(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i, ++appended_) {
      const auto place = log_->append(key_of(appended_ % 37), "payload " + std::to_string(appended_));
      ASSERT_TRUE(ok(place));
    }
  }

  Checkpoint create(std::string_view id) {
    auto made = log_->create_checkpoint(id);
    if (!made) throw std::runtime_error(made.error().to_string());
    EXPECT_EQ(made->id, id);
    return std::move(*made);
  }

  std::uint64_t appended_ = 0;
};

/// What checkpoints do on every medium.
class Checkpoints : public CheckpointTest {};

/// What they do when the store is opened again; for media that are still there.
class CheckpointsReopened : public CheckpointTest {};

}  // namespace holdfast::checkpoint_tests
