// Bytes of a stream that change behind the store's back: never returned, never silent, and the ids stay.

#include "log_suites.hpp"

#include <holdfast/testing/crash_storage.hpp>

#include "log/log_stream.hpp"

namespace holdfast::log_suites {
namespace {

using testing::CrashMedium;
using testing::MediumModel;

class LogDamage : public ::testing::TestWithParam<MediumModel> {
 protected:
  static constexpr LogId kRecords = 20;

  LogDamage()
      : medium_(CrashMedium::create(
            {.model = GetParam(), .size_bytes = 4 * kMiB, .max_size_bytes = 16 * kMiB, .keeps_log = false})) {
    open();
    for (LogId id = 1; id <= kRecords; ++id) EXPECT_TRUE(is_id(id, stream_->append(payload_of(id))));
    for (LogId id = 1; id <= kRecords; ++id)
      records_.push_back(log::stream_of(*stream_).placements(id).front());
  }

  void open(OpenMode mode = OpenMode::open_or_create) {
    auto storage = medium_->open();
    ASSERT_TRUE(ok(storage));
    storage_ = storage->get();
    auto opened = Store::open(std::move(*storage), {.mode = mode, .segment_size_bytes = 64 << 10});
    ASSERT_TRUE(ok(opened));
    store_.emplace(std::move(*opened));
    auto stream = store_->log("stream");
    ASSERT_TRUE(ok(stream));
    stream_.emplace(std::move(*stream));
  }

  [[nodiscard]] static std::string payload_of(LogId id) { return "the payload of " + std::to_string(id); }
  [[nodiscard]] const ByteRange& record(LogId id) const { return records_[id - 1]; }

  void flip(std::uint64_t offset, std::uint64_t size_bytes = 1) {
    const auto bytes = storage_->writable({offset, size_bytes});
    ASSERT_TRUE(ok(bytes));
    for (std::uint64_t i = 0; i < size_bytes; ++i) (*bytes)[i] ^= std::byte{0x20};
  }

  /// Damages what lies in a closed or killed store.
  void flip_while_closed(ByteRange range) {
    const auto storage = medium_->open();
    ASSERT_TRUE(ok(storage));
    storage_ = storage->get();
    flip(range.offset, range.size_bytes);
    ASSERT_TRUE(ok(storage_->close()));
  }

  void close() {
    ASSERT_TRUE(ok(store_->close()));
    store_.reset();
  }

  /// All but records `first` to `last` are there, and those are known to be lost.
  void expect_lost(LogId first, LogId last) {
    EXPECT_TRUE(is_id(kRecords + 1, stream_->next_id()));
    for (LogId id = 1; id <= kRecords; ++id) {
      if (id >= first && id <= last) {
        const auto answer = stream_->read(id);
        ASSERT_TRUE(fails_with(ErrorCode::corruption, answer)) << id;
        EXPECT_FALSE(answer.error().expected.empty());
        EXPECT_FALSE(answer.error().found.empty());
      } else {
        EXPECT_TRUE(holds(*stream_, id, payload_of(id)));
      }
    }
    LogId visited = 0;
    const auto stopped = stream_->scan(1, [&](const LogEntryView& entry) {
      visited = entry.id;
      return true;
    });
    EXPECT_TRUE(fails_with(ErrorCode::corruption, stopped));
    EXPECT_EQ(stopped.error().found, "damage in record " + std::to_string(first));
    EXPECT_EQ(visited, first - 1);
    if (last == kRecords) return;
    const auto rest = scanned(*stream_, last + 1);
    ASSERT_TRUE(ok(rest));
    EXPECT_EQ(rest->size(), kRecords - last);
  }

  std::shared_ptr<CrashMedium> medium_;
  Storage* storage_ = nullptr;
  std::optional<Store> store_;
  std::optional<holdfast::Log> stream_;
  std::vector<ByteRange> records_;
};
INSTANTIATE_TEST_SUITE_P(, LogDamage, ::testing::Values(MediumModel::pages, MediumModel::cache_lines),
                         [](const auto& row) { return std::string(testing::name(row.param)); });

TEST_P(LogDamage, InAnyProvedByteOfARecordIsCorruptionWithItsPlace) {
  const std::uint64_t proved = 48 + 8 + payload_of(7).size();
  for (std::uint64_t byte = 0; byte < proved; ++byte) {
    flip(record(7).offset + byte);
    const auto found = stream_->read(7);
    ASSERT_TRUE(fails_with(ErrorCode::corruption, found)) << byte;
    EXPECT_EQ(found.error().offset, record(7).offset);
    expect_lost(7, 7);
    flip(record(7).offset + byte);
  }
  EXPECT_TRUE(holds(*stream_, 7, payload_of(7)));
}

TEST_P(LogDamage, OfALargePayloadIsCorruption) {
  ASSERT_TRUE(ok(stream_->append(some_value(100'000))));
  const ByteRange part = log::stream_of(*stream_).placements(kRecords + 1).back();
  flip(part.offset + 50'000);
  const auto found = stream_->read(kRecords + 1);
  ASSERT_TRUE(fails_with(ErrorCode::corruption, found));
  EXPECT_EQ(found.error().offset, part.offset);
  EXPECT_TRUE(fails_with(ErrorCode::corruption, stream_->scan(1, [](const LogEntryView&) { return true; })));
  EXPECT_EQ(store_->verify()->damage.size(), 1u);
}

TEST_P(LogDamage, WithoutVerificationIsReturnedAndLeftToVerify) {
  auto lax = store_->log("stream", {.verify_on_read = false});
  ASSERT_TRUE(ok(lax));
  flip(record(7).offset + 60);
  EXPECT_TRUE(ok(lax->read(7)));
  EXPECT_EQ(store_->verify()->damage.size(), 1u);
}

// Whichever record it is, the last ones included: it is reported, and its id is not given out again.
TEST_P(LogDamage, OfAnyRecordIsKnownAfterACleanClose) {
  close();
  for (LogId id = 1; id <= kRecords; ++id) {
    flip_while_closed({record(id).offset + 10, 1});
    open(OpenMode::read_only);
    EXPECT_EQ(store_->recovery().damage.size(), 1u) << id;
    expect_lost(id, id);
    store_.reset();
    flip_while_closed({record(id).offset + 10, 1});
  }
}

TEST_P(LogDamage, OfTheLastRecordAndTheEndRecordGivesNoIdOutAgain) {
  close();
  const ByteRange last = record(kRecords);
  flip_while_closed({last.offset + 10, 1});
  flip_while_closed({last.offset + last.size_bytes + 10, 1});  // the end record
  for (int round = 0; round < 3; ++round) {
    open();
    EXPECT_FALSE(store_->recovery().damage.empty());
    EXPECT_TRUE(fails_with(ErrorCode::corruption, stream_->read(kRecords)));
    EXPECT_TRUE(is_id(kRecords + 1 + static_cast<LogId>(round), stream_->append("behind")));
    round % 2 == 0 ? close() : store_.reset();
  }
}

// A killed process has left it, and the next one has closed the store without appending: from then on it is
// known.
TEST_P(LogDamage, OfTheLastRecordBehindAKillAndACleanCloseGivesNoIdOutAgain) {
  store_.reset();
  open();
  close();
  flip_while_closed({record(kRecords).offset + 10, 1});
  open();
  EXPECT_EQ(store_->recovery().damage.size(), 1u);
  EXPECT_TRUE(fails_with(ErrorCode::corruption, stream_->read(kRecords)));
  EXPECT_TRUE(is_id(kRecords + 1, stream_->append("behind")));
}

// The slice's header is gone, and with it all its records: their ids stay taken.
TEST_P(LogDamage, OfAWholeSliceGivesNoIdOutAgain) {
  close();
  flip_while_closed({record(1).offset - 64, 8});
  open();
  EXPECT_FALSE(store_->recovery().damage.empty());
  for (LogId id = 1; id <= kRecords; ++id) EXPECT_TRUE(fails_with(ErrorCode::corruption, stream_->read(id)));
  EXPECT_TRUE(is_id(kRecords + 1, stream_->append("behind")));
  EXPECT_TRUE(holds(*stream_, kRecords + 1, "behind"));
  close();
  open();
  EXPECT_TRUE(holds(*stream_, kRecords + 1, "behind"));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, stream_->read(kRecords)));
}

TEST_P(LogDamage, InTheMiddleOfAStoreThatWasNotClosedIsNoTornTail) {
  store_.reset();
  flip_while_closed({record(7).offset + 60, 1});
  flip_while_closed({record(8).offset + 60, 1});
  open();
  ASSERT_EQ(store_->recovery().damage.size(), 1u);
  EXPECT_EQ(store_->recovery().damage[0].range.offset, record(7).offset);
  EXPECT_EQ(store_->recovery().damage[0].space, "stream");
  expect_lost(7, 8);
  EXPECT_EQ(stream_->read(7).error().offset, record(7).offset);
  close();
  open();
  expect_lost(7, 8);
}

}  // namespace
}  // namespace holdfast::log_suites
