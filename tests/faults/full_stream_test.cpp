// Streams on a file system that is really full: what was acknowledged is there, and each way of letting records go makes
// room for those that come.

#include <optional>
#include <set>
#include <string>

#include "contract/small_file_system.hpp"
#include "faults/facades.hpp"

namespace holdfast {
namespace {

class FullStream : public ::testing::TestWithParam<BackendRow> {
 protected:
  void SetUp() override {
    options_.backend = backend_of(GetParam());
    options_.emulate_pmem = true;
    options_.size_bytes = 8 * kMiB;
    options_.max_size_bytes = 256 * kMiB;
    options_.segment_size_bytes = 64 << 10;
    medium_.emplace(48 * kMiB);
    open();
    ASSERT_TRUE(medium_->fill());
  }

  void open() {
    auto store = Store::open(medium_->path() / "store", options_);
    ASSERT_TRUE(ok(store));
    store_.emplace(std::move(*store));
    stream_ = store_->log("stream").value();
  }

  void reopen(bool is_closed) {
    if (is_closed) {
      ASSERT_TRUE(ok(store_->close()));
    }
    store_.reset();
    open();
  }

  /// Small, of some blocks, and some in extents of their own.
  [[nodiscard]] static std::string payload_of(LogId id) {
    const std::size_t size = id % 16 == 0 ? 40'000 : 500 + 37 * (id % 100);
    return text_of(size, static_cast<unsigned>(id));
  }

  /// Until nothing fits any more, not even the least; the id behind the last one.
  LogId fill_up() {
    LogId next = *stream_->next_id();
    for (int refused = 0; refused < 40;) {
      const auto id = stream_->append(payload_of(next), kBuffered);
      if (id) {
        EXPECT_EQ(*id, next++);
        continue;
      }
      EXPECT_TRUE(fails_with(ErrorCode::no_space, id));
      // One that is smaller may still fit, and takes that id.
      const auto small = stream_->append("", kBuffered);
      if (!small) break;
      empty_.insert(*small);
      EXPECT_EQ(*small, next++);
      ++refused;
    }
    return next;
  }

  void expect_from(LogId first, LogId next, LogId gap_from = 0, LogId gap_to = 0) {
    EXPECT_EQ(stream_->first_id(), first);
    EXPECT_EQ(stream_->next_id(), next);
    LogId expected = first;
    const auto end = stream_->scan(first, [&](const LogEntryView& entry) {
      if (expected == gap_from) expected = gap_to;
      EXPECT_EQ(entry.id, expected);
      EXPECT_TRUE(entry.payload == (empty_.contains(entry.id) ? std::string() : payload_of(entry.id))) << entry.id;
      expected = entry.id + 1;
      return true;
    });
    ASSERT_TRUE(ok(end));
    EXPECT_EQ(expected == gap_from ? gap_to : expected, next);
  }

  void append_some(LogId count) {
    for (LogId i = 0; i < count; ++i) {
      const LogId next = *stream_->next_id();
      const auto id = stream_->append(payload_of(next));
      ASSERT_TRUE(ok(id));
      EXPECT_EQ(*id, next);
    }
  }

  Options options_;
  std::optional<SmallFileSystem> medium_;
  std::optional<Store> store_;
  std::optional<Log> stream_;
  std::set<LogId> empty_;  // ids of records without payload
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FullStream);  // where this process may not mount a file system

std::vector<BackendRow> backends_of_full_streams() {
  if (!SmallFileSystem::permitted()) return {};
  return backends_where(&StorageCapabilities::has_path);
}

INSTANTIATE_TEST_SUITE_P(, FullStream, ::testing::ValuesIn(backends_of_full_streams()), row_name);

TEST_P(FullStream, HoldsWhatWasAcknowledgedAndGoesOnWhenItsBeginGoes) {
  LogId next = fill_up();
  ASSERT_GT(next, 500u);
  for (int round = 0; round < 3; ++round) {
    expect_from(1, next);
    EXPECT_TRUE(fails_with(ErrorCode::no_space, stream_->append(std::string(200'000, 'p'))));
    reopen(round % 2 == 0);
  }
  const LogId first = next / 2;
  const auto truncation = stream_->truncate_before(first);
  ASSERT_TRUE(ok(truncation));
  EXPECT_GT(truncation->segments, 5u);
  append_some(100);
  expect_from(first, next + 100);
  reopen(false);
  expect_from(first, next + 100);
  next = fill_up();
  expect_from(first, next);
  medium_->make_room();
  append_some(500);
  reopen(false);
  expect_from(first, next + 500);
}

TEST_P(FullStream, GoesOnWhenItsEndGoes) {
  const LogId next = fill_up();
  const LogId from = next / 2;
  const auto cut = stream_->truncate_from(from);
  ASSERT_TRUE(ok(cut));
  EXPECT_EQ(cut->records, next - from);
  EXPECT_GT(cut->segments, 5u);
  append_some(100);
  for (int round = 0; round < 2; ++round) {
    expect_from(1, next + 100, from, next);
    reopen(round == 0);
  }
}

TEST_P(FullStream, RetentionBySettingsMakesRoomForEveryAppend) {
  const LogId next = fill_up();
  ASSERT_TRUE(ok(stream_->set_settings({.retain_records = 200})));
  append_some(2 * next);  // more than the medium holds
  EXPECT_GT(*stream_->first_id(), next);
  for (int round = 0; round < 2; ++round) {
    expect_from(*stream_->first_id(), 3 * next);
    reopen(round == 0);
  }
}

}  // namespace
}  // namespace holdfast
