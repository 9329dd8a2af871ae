// OnDamage::truncate: a stream ends before its first damage, for good, and says how many records that took.

#include "log_suites.hpp"

#include <holdfast/testing/crash_storage.hpp>

#include "log/log_stream.hpp"

namespace holdfast::log_suites {
namespace {

using testing::CrashMedium;
using testing::MediumModel;

class DamageCut : public ::testing::TestWithParam<MediumModel> {
 protected:
  static constexpr LogId kCount = 20;

  DamageCut()
      : medium_(CrashMedium::create(
            {.model = GetParam(), .size_bytes = 4 * kMiB, .max_size_bytes = 16 * kMiB, .keeps_log = false})) {
    open_store();
    auto stream = open_stream(OnDamage::fail);
    for (LogId id = 1; id <= kCount; ++id) EXPECT_TRUE(is_id(id, stream->append(text_of(id))));
    for (LogId id = 1; id <= kCount; ++id) places_.push_back(log::stream_of(*stream).placements(id).front());
  }

  void open_store(OpenMode mode = OpenMode::open_or_create) {
    auto storage = medium_->open();
    ASSERT_TRUE(ok(storage));
    storage_ = storage->get();
    auto opened = Store::open(std::move(*storage), {.mode = mode, .segment_size_bytes = 64 << 10});
    ASSERT_TRUE(ok(opened));
    store_.emplace(std::move(*opened));
  }

  void reopen_store(OpenMode mode = OpenMode::open_or_create) {
    store_.reset();
    open_store(mode);
  }

  [[nodiscard]] Result<holdfast::Log> open_stream(OnDamage policy) {
    return store_->log("stream", {.on_damage = policy, .settings = {.segment_records_max = 8}});
  }

  [[nodiscard]] static std::string text_of(LogId id) { return "the payload of " + std::to_string(id); }

  /// Content alone, so that it is found by reading.
  void flip_content(LogId id) {
    const auto bytes = storage_->writable({places_[id - 1].offset + 60, 1});
    ASSERT_TRUE(ok(bytes));
    (*bytes)[0] ^= std::byte{0x20};
  }

  /// Ids 1 to `last` are there, nothing else is, and that is no damage any more.
  static void expect_ends_with(const holdfast::Log& stream, LogId last, LogId next = kCount + 1) {
    EXPECT_TRUE(is_id(next, stream.next_id()));
    EXPECT_TRUE(is_id(last == 0 ? next : 1, stream.first_id()));
    LogId expected = 1;
    EXPECT_TRUE(is_id(next, stream.scan(1, [&](const LogEntryView& entry) {
      EXPECT_EQ(entry.id, expected);
      EXPECT_EQ(entry.payload, text_of(expected++));
      return true;
    })));
    EXPECT_EQ(expected, last + 1);
    EXPECT_TRUE(fails_with(ErrorCode::not_found, stream.read(last + 1)));
  }

  std::shared_ptr<CrashMedium> medium_;
  Storage* storage_ = nullptr;
  std::optional<Store> store_;
  std::vector<ByteRange> places_;
};
INSTANTIATE_TEST_SUITE_P(, DamageCut, ::testing::Values(MediumModel::pages, MediumModel::cache_lines),
                         [](const auto& row) { return std::string(testing::name(row.param)); });

TEST_P(DamageCut, TakesNothingWhereNothingIsDamaged) {
  auto stream = open_stream(OnDamage::truncate);
  ASSERT_TRUE(ok(stream));
  EXPECT_EQ(stream->statistics()->cut_records, 0u);
  EXPECT_TRUE(holds(*stream, kCount, text_of(kCount)));
}

// From the last one down to the head: each time the stream ends before another record.
TEST_P(DamageCut, EndsTheStreamBeforeDamageWhereverItIs) {
  LogId present = kCount;
  for (const LogId damaged : {kCount, LogId{13}, LogId{9}, LogId{8}, LogId{1}}) {
    flip_content(damaged);
    auto untouched = open_stream(OnDamage::skip);
    ASSERT_TRUE(ok(untouched));
    EXPECT_TRUE(fails_with(ErrorCode::corruption, untouched->read(damaged))) << "another policy takes nothing away";
    EXPECT_EQ(untouched->statistics()->cut_records, 0u);
    auto stream = open_stream(OnDamage::truncate);
    ASSERT_TRUE(ok(stream));
    expect_ends_with(*stream, damaged - 1);
    EXPECT_EQ(stream->statistics()->cut_records, present - damaged + 1) << "good ones behind it among them";
    present = damaged - 1;
    reopen_store();
    auto again = open_stream(OnDamage::fail);
    ASSERT_TRUE(ok(again));
    expect_ends_with(*again, present);
  }
}

TEST_P(DamageCut, InTwoPlacesEndsBeforeTheFirst) {
  flip_content(15);
  flip_content(6);
  auto stream = open_stream(OnDamage::truncate);
  ASSERT_TRUE(ok(stream));
  expect_ends_with(*stream, 5);
  EXPECT_EQ(stream->statistics()->cut_records, 15u);
  EXPECT_TRUE(is_id(kCount + 1, stream->append("behind")));
  EXPECT_TRUE(holds(*stream, kCount + 1, "behind"));
  for (int round = 0; round < 2; ++round) {
    reopen_store();
    auto again = open_stream(OnDamage::truncate);
    ASSERT_TRUE(ok(again));
    EXPECT_EQ(again->statistics()->cut_records, 0u) << "what has gone is no damage any more";
    EXPECT_TRUE(holds(*again, 5, text_of(5)));
    EXPECT_TRUE(fails_with(ErrorCode::not_found, again->read(6)));
    EXPECT_TRUE(fails_with(ErrorCode::not_found, again->read(15)));
    EXPECT_TRUE(holds(*again, kCount + 1, "behind"));
  }
}

// Found by recovery, not by reading: the record is not in the index.
TEST_P(DamageCut, OfWhatRecoveryHasLostAsWell) {
  ASSERT_TRUE(ok(store_->close()));
  store_.reset();
  {
    const auto storage = medium_->open();
    ASSERT_TRUE(ok(storage));
    const auto bytes = (*storage)->writable({places_[10].offset + 10, 1});  // of a header
    ASSERT_TRUE(ok(bytes));
    (*bytes)[0] ^= std::byte{0x20};
    ASSERT_TRUE(ok((*storage)->close()));
  }
  open_store(OpenMode::read_only);
  EXPECT_TRUE(fails_with(ErrorCode::read_only, open_stream(OnDamage::truncate)));
  reopen_store();
  ASSERT_FALSE(store_->recovery().damage.empty());
  auto stream = open_stream(OnDamage::truncate);
  ASSERT_TRUE(ok(stream));
  expect_ends_with(*stream, 10);
  EXPECT_EQ(stream->statistics()->cut_records, kCount - 11) << "the lost one was gone already";
}

TEST_P(DamageCut, OfALargePayloadAndWhereTheHandleDoesNotVerify) {
  auto stream = open_stream(OnDamage::fail);
  ASSERT_TRUE(ok(stream));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(ok(stream->append(some_value(100'000))));
  const ByteRange part = log::stream_of(*stream).placements(kCount + 2).back();
  const auto bytes = storage_->writable({part.offset + 50'000, 1});
  ASSERT_TRUE(ok(bytes));
  (*bytes)[0] ^= std::byte{0x20};
  auto lax = store_->log("stream", {.verify_on_read = false, .on_damage = OnDamage::truncate});
  ASSERT_TRUE(ok(lax));
  EXPECT_TRUE(is_id(kCount + 4, lax->next_id()));
  EXPECT_EQ(lax->statistics()->cut_records, 2u);
  EXPECT_TRUE(lax->read(kCount + 1)->payload == some_value(100'000));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, lax->read(kCount + 2)));
  EXPECT_TRUE(store_->verify()->damage.empty()) << "the damaged extent is nobody's";
}

// Damage at the end of a slice whose followers a cut has freed is still damage, and no torn tail.
TEST_P(DamageCut, BehindACutLostRecordsAreStillKnownToBeLost) {
  auto stream = open_stream(OnDamage::fail);
  ASSERT_TRUE(ok(stream));
  for (LogId id = kCount + 1; id <= 40; ++id) ASSERT_TRUE(ok(stream->append(text_of(id))));
  ASSERT_TRUE(ok(stream->truncate_from(9)));
  ASSERT_EQ(stream->statistics()->segments, 2u);
  const ByteRange last = places_[7];  // of the first segment's slice, before its end record
  store_.reset();
  {
    const auto storage = medium_->open();
    ASSERT_TRUE(ok(storage));
    for (const std::uint64_t offset : {last.offset + 10, last.offset + last.size_bytes + 10}) {
      const auto bytes = (*storage)->writable({offset, 1});
      ASSERT_TRUE(ok(bytes));
      (*bytes)[0] ^= std::byte{0x20};
    }
    ASSERT_TRUE(ok((*storage)->close()));
  }
  open_store();
  EXPECT_FALSE(store_->recovery().damage.empty());
  auto again = open_stream(OnDamage::fail);
  ASSERT_TRUE(ok(again));
  EXPECT_TRUE(holds(*again, 7, text_of(7)));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, again->read(8)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, again->read(9)));
  EXPECT_TRUE(is_id(41, again->append("behind")));
}

}  // namespace
}  // namespace holdfast::log_suites
