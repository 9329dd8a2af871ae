#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/log_reader.hpp>

#include "log_suites.hpp"

namespace holdfast::log_suites {

/// A stream that compacts by key, by call alone, beside a map of what must be there.
class CompactionTest : public LogTest {
 protected:
  struct Record {
    std::optional<std::string> key{};
    std::string payload{};
    std::uint64_t timestamp_us = 0;
    bool erases_key = false;
  };
  static constexpr LogId kSegmentRecords = 10;

  void SetUp() override {
    options_.sweep_interval_ms = 0;
    options_.clock = [clock = clock_us_] { return clock->load(); };
    open();
    open_keyed(settings());
  }

  [[nodiscard]] static LogSettings settings() {
    return {.segment_bytes = kLogSegmentBytesMin,
            .segment_records_max = kSegmentRecords,
            .compact_by_key = true,
            .compact_garbage_percent_min = 1};
  }

  void open_keyed(const LogSettings& kept) {
    keyed_.emplace(stream("keyed", {.durability = Durability::buffered, .settings = kept}));
  }

  /// Opens the store again, where the medium is still there then.
  void reopen(bool is_kill) {
    if (!GetParam()->capabilities.has_path) return;
    if (is_kill) {
      ASSERT_TRUE(ok(store_->sync()));
      kill();
    } else {
      close();
    }
    open();
    EXPECT_TRUE(store_->recovery().damage.empty());
    open_keyed({});
  }

  void append(std::optional<std::string> key, std::string payload, bool erases_key = false) {
    const LogId id = next_++;
    const std::uint64_t timestamp_us = *clock_us_;
    AppendOptions options{.timestamp_us = timestamp_us};
    if (key) options.key = *key;
    ASSERT_TRUE(is_id(id, erases_key ? keyed_->erase_key(*key, options) : keyed_->append(payload, options)));
    records_[id] = {std::move(key), std::move(payload), timestamp_us, erases_key};
  }
  void erase_key(const std::string& key) { append(key, {}, true); }
  void append_unkeyed(int count) {
    for (int i = 0; i < count; ++i) append(std::nullopt, "unkeyed " + std::to_string(next_));
  }
  static std::string key_of(std::uint64_t number) { return "key " + std::to_string(number); }

  /// Five keys in turn, and every seventh record without one.
  void append_mixed(int count) {
    for (int i = 0; i < count; ++i) {
      const LogId id = next_;
      id % 7 == 0 ? append_unkeyed(1) : append(key_of(id % 5), "payload " + std::to_string(id));
    }
  }
  /// So that all that was appended before lies in segments that are left.
  void fill_segment() {
    do append_unkeyed(1);
    while ((next_ - 1) % kSegmentRecords != 1);
  }

  /// What compaction leaves of records below `limit`, if it may rewrite every segment but the last.
  void forget_replaced(LogId limit) {
    std::map<std::string, LogId> latest;
    for (const auto& [id, record] : records_)
      if (record.key) latest[*record.key] = id;
    std::erase_if(records_, [&](const auto& one) {
      return one.first < limit && one.second.key && latest.at(*one.second.key) != one.first;
    });
  }

  [[nodiscard]] LogCompaction compact() {
    const auto compaction = keyed_->compact();
    EXPECT_TRUE(ok(compaction));
    return compaction.value_or(LogCompaction{});
  }

  [[nodiscard]] static bool is_same(const Record& record, const LogEntryView& entry) {
    return record.payload == entry.payload && record.timestamp_us == entry.timestamp_us &&
           record.erases_key == entry.erases_key && record.key.has_value() == entry.key.has_value() &&
           (!record.key || *record.key == *entry.key);
  }

  /// The stream is exactly the map, read in every way.
  void expect_records() {
    EXPECT_TRUE(is_id(next_, keyed_->next_id()));
    const LogId first = *keyed_->first_id();
    auto expected = records_.begin();
    const auto end = keyed_->scan(first, [&](const LogEntryView& entry) {
      EXPECT_TRUE(expected != records_.end() && expected->first == entry.id) << entry.id;
      if (expected == records_.end() || expected->first != entry.id) return false;
      EXPECT_TRUE(is_same(expected->second, entry)) << entry.id;
      ++expected;
      return true;
    });
    EXPECT_TRUE(is_id(next_, end));
    EXPECT_TRUE(expected == records_.end());
    auto back = records_.rbegin();
    EXPECT_TRUE(ok(keyed_->scan_back(next_, [&](const LogEntryView& entry) {
      EXPECT_TRUE(back != records_.rend() && back->first == entry.id) << entry.id;
      if (back != records_.rend()) ++back;
      return true;
    })));
    EXPECT_TRUE(back == records_.rend());
    for (LogId id = first; id < next_; ++id) {
      const auto read = keyed_->read(id);
      if (records_.contains(id)) {
        ASSERT_TRUE(ok(read)) << id;
        EXPECT_EQ(read->payload, records_.at(id).payload);
        EXPECT_EQ(read->key, records_.at(id).key);
      } else {
        EXPECT_TRUE(fails_with(ErrorCode::not_found, read)) << id;
      }
    }
    auto reader = keyed_->reader(first);
    ASSERT_TRUE(ok(reader));
    for (const auto& [id, record] : records_) {
      ASSERT_TRUE(says(true, reader->next()));
      EXPECT_EQ(reader->entry().id, id);
    }
    EXPECT_TRUE(says(false, reader->next()));
    EXPECT_EQ(reader->position(), next_);
    for (auto record = records_.rbegin(); record != records_.rend(); ++record) {
      ASSERT_TRUE(says(true, reader->previous()));
      EXPECT_EQ(reader->entry().id, record->first);
    }
    EXPECT_TRUE(says(false, reader->previous()));
    EXPECT_EQ(reader->skipped(), 0u) << "what was compacted away is no loss";
    const auto verified = store_->verify();
    ASSERT_TRUE(ok(verified));
    EXPECT_TRUE(verified->damage.empty());
  }

  std::shared_ptr<std::atomic<std::uint64_t>> clock_us_ = std::make_shared<std::atomic<std::uint64_t>>(1'000'000);
  std::optional<holdfast::Log> keyed_;
  std::map<LogId, Record> records_;
  LogId next_ = 1;
};

}  // namespace holdfast::log_suites
