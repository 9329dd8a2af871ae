#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/log_reader.hpp>

#include "log_suites.hpp"

namespace holdfast::log_suites {

/// Streams with segments of ten records each; a record says its id.
class End : public LogReopen {
 protected:
  [[nodiscard]] holdfast::Log open_cut(LogSettings settings = {}, std::string_view name = "cut") {
    if (settings.segment_records_max == 0) settings.segment_records_max = 10;
    settings.segment_bytes = kLogSegmentBytesMin;
    return stream(name, {.durability = Durability::immediate, .settings = settings});
  }

  static void fill_to(holdfast::Log& stream, LogId last, Durability durability = Durability::immediate) {
    const auto next = stream.next_id();
    for (LogId id = *next; id <= last; ++id)
      ASSERT_TRUE(is_id(id, stream.append("record " + std::to_string(id),
                                          {.durability = durability, .timestamp_us = id * 1'000})));
  }

  /// The stream holds exactly these runs of ids, in every way of reading, and `next` comes next.
  static void expect_runs(const holdfast::Log& stream, const std::vector<std::pair<LogId, LogId>>& runs, LogId next) {
    std::vector<LogId> ids;
    for (const auto& [first, last] : runs)
      for (LogId id = first; id <= last; ++id) ids.push_back(id);
    EXPECT_TRUE(is_id(next, stream.next_id()));
    EXPECT_TRUE(is_id(ids.empty() ? next : ids.front(), stream.first_id()));
    const LogId begin = *stream.first_id();
    std::vector<LogId> found;
    const auto note = [&](const LogEntryView& entry) {
      found.push_back(entry.id);
      EXPECT_EQ(entry.payload, "record " + std::to_string(entry.id));
      return true;
    };
    EXPECT_TRUE(is_id(next, stream.scan(begin, note)));
    EXPECT_EQ(found, ids);
    found.clear();
    ASSERT_TRUE(ok(stream.scan_back(next, note)));
    EXPECT_EQ(std::vector<LogId>(found.rbegin(), found.rend()), ids);
    auto reader = stream.reader(begin);
    ASSERT_TRUE(ok(reader));
    found.clear();
    for (auto moved = reader->next(); moved && *moved; moved = reader->next()) note(reader->entry());
    EXPECT_EQ(found, ids);
    EXPECT_EQ(reader->position(), next);
    EXPECT_EQ(reader->skipped(), 0u);
    found.clear();
    for (auto moved = reader->previous(); moved && *moved; moved = reader->previous()) note(reader->entry());
    EXPECT_EQ(std::vector<LogId>(found.rbegin(), found.rend()), ids);
    auto there = ids.begin();
    for (LogId id = begin; id < next; ++id) {
      if (there != ids.end() && *there == id) {
        EXPECT_TRUE(holds(stream, id, "record " + std::to_string(id)));
        ++there;
      } else {
        EXPECT_TRUE(fails_with(ErrorCode::not_found, stream.read(id))) << id;
      }
    }
  }

  void expect_no_damage() {
    EXPECT_TRUE(store_->recovery().damage.empty());
    const auto verified = store_->verify();
    ASSERT_TRUE(ok(verified));
    EXPECT_TRUE(verified->damage.empty());
  }
};

}  // namespace holdfast::log_suites
