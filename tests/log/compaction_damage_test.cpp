// Damage in a compacted stream: never silent, and never taken for what compaction has left out.

#include <algorithm>
#include <set>

#include <holdfast/testing/crash_storage.hpp>

#include "log/log_stream.hpp"
#include "log_suites.hpp"

namespace holdfast::log_suites {
namespace {

using testing::CrashMedium;
using testing::MediumModel;

class CompactionDamage : public ::testing::TestWithParam<MediumModel> {
 protected:
  static constexpr LogId kRecords = 41;

  CompactionDamage()
      : medium_(CrashMedium::create(
            {.model = GetParam(), .size_bytes = 4 * kMiB, .max_size_bytes = 16 * kMiB, .keeps_log = false})) {
    open();
  }

  void open() {
    auto storage = medium_->open();
    ASSERT_TRUE(ok(storage));
    storage_ = storage->get();
    auto opened = Store::open(std::move(*storage), {.segment_size_bytes = 64 << 10, .sweep_interval_ms = 0});
    ASSERT_TRUE(ok(opened));
    store_.emplace(std::move(*opened));
    auto stream = store_->log("stream", {.settings = {.segment_records_max = 10,
                                                      .compact_by_key = true,
                                                      .compact_garbage_percent_min = 30}});
    ASSERT_TRUE(ok(stream));
    stream_.emplace(std::move(*stream));
  }

  void close() {
    ASSERT_TRUE(ok(store_->close()));
    store_.reset();
  }

  /// In the first and the third segment every second record is one of a key that comes again; in the second one is, which is
  /// too little.
  void append_all() {
    for (LogId id = 1; id <= kRecords; ++id) {
      const bool is_replaced = id <= 30 && (id == 15 || (id % 2 == 0 && (id <= 10 || id > 20)));
      const std::string key = is_replaced || id == kRecords ? "again" : "key " + std::to_string(id);
      ASSERT_TRUE(is_id(id, stream_->append("record " + std::to_string(id), {.key = key})));
    }
  }
  [[nodiscard]] static bool is_gone(LogId id) { return id % 2 == 0 && (id <= 10 || (id > 20 && id <= 30)); }

  void flip(std::uint64_t offset) {
    const auto bytes = storage_->writable({offset, 1});
    ASSERT_TRUE(ok(bytes));
    (*bytes)[0] ^= std::byte{0x20};
  }
  void flip_while_closed(std::uint64_t offset) {
    const auto storage = medium_->open();
    ASSERT_TRUE(ok(storage));
    storage_ = storage->get();
    flip(offset);
    ASSERT_TRUE(ok(storage_->close()));
  }
  [[nodiscard]] ByteRange place_of(LogId id) const { return log::stream_of(*stream_).placements(id).front(); }

  void expect_damaged(const std::set<LogId>& damaged) {
    for (LogId id = 1; id <= kRecords; ++id) {
      const auto read = stream_->read(id);
      if (damaged.contains(id))
        EXPECT_TRUE(fails_with(ErrorCode::corruption, read)) << id;
      else if (is_gone(id))
        EXPECT_TRUE(fails_with(ErrorCode::not_found, read)) << id;
      else
        EXPECT_TRUE(holds(*stream_, id, "record " + std::to_string(id)));
    }
    const auto scanned = stream_->scan(1, [](const LogEntryView&) { return true; });
    if (damaged.empty()) {
      EXPECT_TRUE(ok(scanned));
    } else {
      ASSERT_TRUE(fails_with(ErrorCode::corruption, scanned));
      EXPECT_EQ(scanned.error().found, "damage in record " + std::to_string(*damaged.begin()));
    }
    auto skipping = store_->log("stream", {.on_damage = OnDamage::skip});
    auto reader = skipping->reader(1);
    std::uint64_t visited = 0;
    for (auto moved = reader->next(); moved && *moved; moved = reader->next()) ++visited;
    EXPECT_EQ(reader->skipped(), damaged.size());
    EXPECT_EQ(visited, kRecords - 10 - damaged.size() + static_cast<std::uint64_t>(std::count_if(
                                                            damaged.begin(), damaged.end(), is_gone)));
  }

  std::shared_ptr<CrashMedium> medium_;
  Storage* storage_ = nullptr;
  std::optional<Store> store_;
  std::optional<holdfast::Log> stream_;
};
INSTANTIATE_TEST_SUITE_P(, CompactionDamage, ::testing::Values(MediumModel::pages, MediumModel::cache_lines),
                         [](const auto& row) { return std::string(testing::name(row.param)); });

TEST_P(CompactionDamage, OfACopyIsToldWithTheIdsThatMayHaveBeenThere) {
  append_all();
  ASSERT_EQ(stream_->compact()->records_removed, 10u);
  expect_damaged({});
  const std::uint64_t place = place_of(5).offset + 10;
  close();
  open();
  EXPECT_TRUE(store_->recovery().damage.empty());
  expect_damaged({});
  close();
  flip_while_closed(place);
  for (int round = 0; round < 2; ++round) {
    open();
    EXPECT_EQ(store_->recovery().damage.size(), 1u);
    expect_damaged({4, 5, 6});  // nobody knows whether 4 and 6 were there
    EXPECT_EQ(stream_->compact()->records_removed, 0u);
    close();
  }
}

// The copies were durable, whoever was killed behind them: so the last one of them is known, too.
TEST_P(CompactionDamage, OfTheLastCopyIsNoTornTail) {
  append_all();
  ASSERT_TRUE(ok(stream_->compact()));
  const std::uint64_t place = place_of(9).offset + 10;
  store_.reset();
  flip_while_closed(place);
  open();
  EXPECT_EQ(store_->recovery().damage.size(), 1u);
  expect_damaged({8, 9, 10});
}

// What followed it is gone, and with it what was known of its end.
TEST_P(CompactionDamage, OfTheLastRecordBeforeASegmentThatIsGoneIsNoTornTail) {
  append_all();
  ASSERT_TRUE(ok(stream_->compact()));
  ByteRange last = place_of(20);
  store_.reset();
  flip_while_closed(last.offset + 10);
  flip_while_closed(last.offset + last.size_bytes + 10);  // the end record
  open();
  EXPECT_FALSE(store_->recovery().damage.empty());
  EXPECT_TRUE(fails_with(ErrorCode::corruption, stream_->read(20)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, stream_->read(22)));
  EXPECT_TRUE(holds(*stream_, 19, "record 19"));
  EXPECT_TRUE(holds(*stream_, 21, "record 21"));
}

TEST_P(CompactionDamage, InASegmentKeepsItAsItIsAndWhatHidesItStays) {
  append_all();
  flip(place_of(5).offset + 60);
  EXPECT_EQ(stream_->compact()->records_removed, 5u) << "of the third segment";
  EXPECT_TRUE(holds(*stream_, 4, "record 4"));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, stream_->read(5)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, stream_->read(22)));
  EXPECT_EQ(stream_->compact()->records_removed, 0u);
  store_.reset();
  open();
  EXPECT_TRUE(fails_with(ErrorCode::corruption, stream_->read(5)));
  EXPECT_TRUE(holds(*stream_, 4, "record 4"));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, stream_->read(22)));
}

TEST_P(CompactionDamage, KeepsRecordsThatEraseKeysWhereOlderOnesMayBeLost) {
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(ok(stream_->append("old", {.key = "k " + std::to_string(i)})));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(ok(stream_->erase_key("gone " + std::to_string(i))));
  ASSERT_TRUE(ok(stream_->append("goes on")));
  flip(place_of(3).offset + 60);
  EXPECT_EQ(stream_->compact()->records_removed, 0u);
  flip(place_of(3).offset + 60);
  store_.reset();
  open();
  EXPECT_EQ(stream_->compact()->records_removed, 10u) << "nothing is damaged";
}

TEST_P(CompactionDamage, OfAWholeSegmentOfCopiesMakesEveryMissingIdALostOne) {
  append_all();
  ASSERT_TRUE(ok(stream_->compact()));
  const std::uint64_t slice = place_of(1).offset - 64;
  close();
  flip_while_closed(slice);
  open();
  EXPECT_FALSE(store_->recovery().damage.empty());
  for (const LogId id : {1u, 2u, 9u, 10u}) EXPECT_TRUE(fails_with(ErrorCode::corruption, stream_->read(id))) << id;
  EXPECT_TRUE(holds(*stream_, 11, "record 11"));
  EXPECT_TRUE(is_id(kRecords + 1, stream_->append("goes on")));
}

// Copies are found without their slice's header, and are not what the stream goes on behind.
TEST_P(CompactionDamage, OfTheHeaderOfCopiesLosesNothing) {
  append_all();
  ASSERT_TRUE(ok(stream_->compact()));
  const std::uint64_t slice = place_of(21).offset - 64;
  store_.reset();
  flip_while_closed(slice);
  open();
  EXPECT_FALSE(store_->recovery().damage.empty());
  expect_damaged({});
  const std::uint64_t segments = stream_->statistics()->segments;
  ASSERT_TRUE(is_id(kRecords + 1, stream_->append("goes on")));
  EXPECT_EQ(stream_->statistics()->segments, segments);
  EXPECT_GT(place_of(kRecords + 1).offset, place_of(kRecords).offset);
  EXPECT_LT(place_of(kRecords + 1).offset, place_of(kRecords).offset + 4'096) << "in the segment that holds the last ids";
}

}  // namespace
}  // namespace holdfast::log_suites
