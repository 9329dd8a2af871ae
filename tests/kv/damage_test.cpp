// Bytes that change behind the store's back are never returned, and everything else stays readable.

#include "kv_suites.hpp"

#include <cstring>
#include <fstream>
#include <map>

#include <holdfast/testing/crash_storage.hpp>

#include "common/format/layout.hpp"
#include "common/format/segment.hpp"
#include "kv/kv_space.hpp"

namespace holdfast::kv_suites {
namespace {

using testing::CrashMedium;
using testing::MediumModel;

class KvDamage : public ::testing::TestWithParam<MediumModel> {
 protected:
  KvDamage()
      : medium_(CrashMedium::create(
            {.model = GetParam(), .size_bytes = 4 * kMiB, .max_size_bytes = 16 * kMiB, .keeps_log = false})) {
    open();
  }

  void open(OpenMode mode = OpenMode::open_or_create) {
    auto storage = medium_->open();
    ASSERT_TRUE(ok(storage));
    storage_ = storage->get();
    auto opened = Store::open(std::move(*storage), {.mode = mode, .segment_size_bytes = 64 << 10});
    ASSERT_TRUE(ok(opened));
    store_.emplace(std::move(*opened));
    auto space = store_->kv("space");
    ASSERT_TRUE(ok(space));
    space_.emplace(std::move(*space));
  }

  void reopen_after_close() {
    ASSERT_TRUE(ok(store_->close()));
    store_.reset();
    open();
  }

  /// Keys "0" to "19", each written by itself, so that later ones know of earlier ones.
  void put_keys() {
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(ok(space_->put(std::to_string(i), value_of(i))));
  }
  [[nodiscard]] static std::string value_of(int i) { return "the value of " + std::to_string(i); }

  [[nodiscard]] ByteRange record_of(std::string_view key) const {
    return kv::space_of(*space_).placements(key).front();
  }
  [[nodiscard]] ByteRange part_of(std::string_view key) const {
    return kv::space_of(*space_).placements(key).back();
  }

  void flip(std::uint64_t offset) {
    const auto byte = storage_->writable({offset, 1});
    ASSERT_TRUE(ok(byte));
    **byte ^= std::byte{0x20};
  }

  void expect_others(std::string_view damaged) {
    for (int i = 0; i < 20; ++i) {
      if (std::to_string(i) == damaged) continue;
      EXPECT_TRUE(holds(*space_, std::to_string(i), value_of(i)));
    }
  }

  std::shared_ptr<CrashMedium> medium_;
  Storage* storage_ = nullptr;
  std::optional<Store> store_;
  std::optional<holdfast::Kv> space_;
};
INSTANTIATE_TEST_SUITE_P(, KvDamage, ::testing::Values(MediumModel::pages, MediumModel::cache_lines),
                         [](const auto& row) { return std::string(testing::name(row.param)); });

TEST_P(KvDamage, InAnyProvedByteOfARecordIsCorruptionWithItsPlace) {
  put_keys();
  const ByteRange record = record_of("7");
  const std::uint64_t proved = 48 + 1 + value_of(7).size();
  for (std::uint64_t byte = 0; byte < proved; ++byte) {
    flip(record.offset + byte);
    const auto found = space_->get("7");
    ASSERT_TRUE(fails_with(ErrorCode::corruption, found)) << byte;
    EXPECT_EQ(found.error().offset, record.offset);
    EXPECT_FALSE(found.error().expected.empty());
    EXPECT_FALSE(found.error().found.empty());
    flip(record.offset + byte);
  }
  EXPECT_TRUE(holds(*space_, "7", value_of(7)));
}

TEST_P(KvDamage, OfOneKeyLeavesTheOthersReadable) {
  put_keys();
  flip(record_of("7").offset + 50);
  EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->get("7")));
  expect_others("7");
}

TEST_P(KvDamage, IsSeenByContainsEraseAndCompareAndSetWhereTheKeyCannotBeTold) {
  put_keys();
  flip(record_of("7").offset + 48);  // the key itself
  EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->contains("7")));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->erase("7")));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->compare_and_set("7", std::nullopt, "new")));
}

TEST_P(KvDamage, OfAValueDoesNotPassACompareAndSet) {
  put_keys();
  flip(record_of("7").offset + 52);
  EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->compare_and_set("7", value_of(7), "new")));
}

TEST_P(KvDamage, OfAValuePassesNoReadAndNoWriteThatLooksAtIt) {
  put_keys();
  const ByteRange record = record_of("7");
  flip(record.offset + 52);
  EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->view("7")));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->get_into("7", {})));
  const auto several = space_->multi_get(std::vector<std::string_view>{"1", "7", "absent", "2"});
  ASSERT_TRUE(fails_with(ErrorCode::corruption, several));
  EXPECT_EQ(several.error().offset, record.offset);
  EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->exchange("7", "new")));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->add("7", 1)));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->update("7", [](auto) { return "new"; })));
  EXPECT_TRUE(says(false, space_->put_if_absent("7", "new")));  // its key is whole
  const auto healed = space_->put_async("7", "new");
  ASSERT_TRUE(ok(healed));
  EXPECT_TRUE(ok(healed->wait()));
  EXPECT_TRUE(holds(*space_, "7", "new"));
}

TEST_P(KvDamage, OfAKeyPassesNoPutIfAbsent) {
  put_keys();
  flip(record_of("7").offset + 48);
  EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->put_if_absent("7", "new")));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->multi_get(std::vector<std::string_view>{"7"})));
}

TEST_P(KvDamage, OfAValueIsHealedByWritingTheKeyAgain) {
  put_keys();
  flip(record_of("7").offset + 52);
  ASSERT_TRUE(ok(space_->put("7", "new")));
  EXPECT_TRUE(holds(*space_, "7", "new"));
  EXPECT_TRUE(has_size(*space_, 20));
}

TEST_P(KvDamage, OfAKeyIsHealedByWritingTheKeyAgain) {
  put_keys();
  flip(record_of("7").offset + 48);
  ASSERT_TRUE(ok(space_->put("7", "new")));
  EXPECT_TRUE(holds(*space_, "7", "new"));
  expect_others("7");
}

TEST_P(KvDamage, OfAPresentRecordStopsAScan) {
  put_keys();
  const ByteRange record = record_of("7");
  for (const std::uint64_t byte : {0, 5, 20, 40, 48, 55}) {
    flip(record.offset + byte);
    std::map<std::string, std::string> seen;
    const auto scanned = space_->scan(
        "", [&](std::string_view key, std::string_view value) { return seen.emplace(key, value).second; });
    ASSERT_TRUE(fails_with(ErrorCode::corruption, scanned)) << byte;
    EXPECT_EQ(scanned.error().offset, record.offset);
    for (const auto& [key, value] : seen) EXPECT_EQ(value, value_of(std::stoi(key)));
    flip(record.offset + byte);
  }
}

TEST_P(KvDamage, OfALargeValueIsCorruptionWithItsPlace) {
  ASSERT_TRUE(ok(space_->put("large", some_value(100'000))));
  ASSERT_TRUE(ok(space_->put("small", "value")));
  const ByteRange part = part_of("large");
  for (const std::uint64_t byte : {std::uint64_t{0}, std::uint64_t{50'000}, part.size_bytes - 1}) {
    flip(part.offset + byte);
    const auto found = space_->get("large");
    ASSERT_TRUE(fails_with(ErrorCode::corruption, found));
    EXPECT_EQ(found.error().offset, part.offset);
    EXPECT_TRUE(fails_with(ErrorCode::corruption,
                           space_->scan("", [](std::string_view, std::string_view) { return true; })));
    flip(part.offset + byte);
  }
  EXPECT_TRUE(holds(*space_, "large", some_value(100'000)));
  EXPECT_TRUE(holds(*space_, "small", "value"));
}

TEST_P(KvDamage, WithoutVerificationIsReturnedAndLeftToVerify) {
  put_keys();
  auto lax = store_->kv("space", {.verify_on_read = false});
  ASSERT_TRUE(ok(lax));
  flip(record_of("7").offset + 52);
  EXPECT_TRUE(ok(lax->get("7")));
  const auto report = store_->verify();
  ASSERT_TRUE(ok(report));
  EXPECT_EQ(report->damage.size(), 1u);
}

TEST_P(KvDamage, IsReportedByVerifyWithSpaceSegmentAndPlace) {
  put_keys();
  ASSERT_TRUE(ok(space_->put("large", some_value(100'000))));
  ASSERT_TRUE(ok(space_->put("last", "value")));
  const ByteRange record = record_of("7");
  const ByteRange part = part_of("large");
  flip(record.offset + 30);
  flip(part.offset + 99'999);
  const auto report = store_->verify();
  ASSERT_TRUE(ok(report));
  ASSERT_EQ(report->damage.size(), 2u);
  EXPECT_EQ(report->damage[0].range.offset, record.offset);
  EXPECT_EQ(report->damage[0].range.size_bytes, record.size_bytes);
  EXPECT_EQ(report->damage[1].range.offset, part.offset);
  for (const Damage& damage : report->damage) {
    EXPECT_EQ(damage.space, "space");
    EXPECT_NE(damage.segment_id, 0u);
    EXPECT_FALSE(damage.message.empty());
  }
}

TEST_P(KvDamage, FoundAtOpenIsReportedAndTheRestIsThere) {
  put_keys();
  const ByteRange record = record_of("7");
  ASSERT_TRUE(ok(store_->close()));
  store_.reset();
  {
    const auto storage = medium_->open();
    ASSERT_TRUE(ok(storage));
    storage_ = storage->get();
    flip(record.offset + 52);
    ASSERT_TRUE(ok(storage_->close()));
  }
  open();
  ASSERT_EQ(store_->recovery().damage.size(), 1u);
  EXPECT_EQ(store_->recovery().damage[0].range.offset, record.offset);
  EXPECT_EQ(store_->recovery().damage[0].space, "space");
  expect_others("7");
  EXPECT_TRUE(is_absent(*space_, "7"));
  EXPECT_TRUE(has_size(*space_, 19));
  int visits = 0;
  EXPECT_TRUE(ok(space_->scan("", [&](std::string_view, std::string_view) { return ++visits > 0; })));
  EXPECT_EQ(visits, 19);  // what was reported as lost is no error any more
}

// After a clean close nothing that is missing passes for a torn tail.
TEST_P(KvDamage, OfAnyRecordIsReportedAfterACleanClose) {
  put_keys();
  std::vector<ByteRange> records;
  for (int i = 0; i < 20; ++i) records.push_back(record_of(std::to_string(i)));
  ASSERT_TRUE(ok(store_->close()));
  store_.reset();
  for (int i = 0; i < 20; ++i) {
    const auto flip_in_closed = [&] {
      const auto storage = medium_->open();
      ASSERT_TRUE(ok(storage));
      storage_ = storage->get();
      flip(records[static_cast<std::size_t>(i)].offset + 4 + static_cast<std::uint64_t>(i) * 2);
      ASSERT_TRUE(ok(storage_->close()));
    };
    flip_in_closed();
    open(OpenMode::read_only);
    EXPECT_EQ(store_->recovery().damage.size(), 1u) << i;
    EXPECT_TRUE(has_size(*space_, 19)) << i;
    expect_others(std::to_string(i));
    int visits = 0;
    EXPECT_TRUE(ok(space_->scan("", [&](std::string_view, std::string_view) { return ++visits > 0; })));
    EXPECT_EQ(visits, 19) << i;
    store_.reset();
    flip_in_closed();
  }
}

// Somebody writes into the file of an open store.
// Nobody but the header knows of a crashed store's last slice, and yet its records prove themselves.
TEST_P(KvDamage, OfTheLastSlicesHeaderIsRepairedFromItsRecords) {
  put_keys();
  flip(record_of("0").offset - 10);  // in the header in front of the first record
  store_.reset();
  open(OpenMode::read_only);
  expect_others("");
  store_.reset();
  open();
  expect_others("");
  ASSERT_EQ(store_->recovery().damage.size(), 1u);
  EXPECT_EQ(store_->recovery().damage.front().range.size_bytes, sizeof(SliceHeaderDisk));
  ASSERT_TRUE(ok(space_->put("another", "value")));
  store_.reset();
  open();
  EXPECT_TRUE(store_->recovery().damage.empty()) << "it has been made anew";
  expect_others("");
  EXPECT_TRUE(holds(*space_, "another", "value"));
}

// A header that a crash has torn, nothing durable behind it, is no damage.
TEST_P(KvDamage, OfAHeaderBeforeASingleRecordIsATornTail) {
  ASSERT_TRUE(ok(space_->put("0", "value")));
  flip(record_of("0").offset - 10);
  store_.reset();
  open();
  EXPECT_TRUE(store_->recovery().damage.empty());
  EXPECT_TRUE(has_size(*space_, 0));
}

TEST_P(KvDamage, OfTheHeaderOfTheCatalogsLastSliceIsCorruption) {
  put_keys();
  const auto live = medium_->live().first(kSuperblockAreaSizeBytes + (16 << 10));
  std::uint64_t last = 0;
  for (std::uint64_t offset = kSuperblockAreaSizeBytes; offset + sizeof(SliceHeaderDisk) < live.size(); offset += 64) {
    SliceHeaderDisk header;
    std::memcpy(&header, live.data() + offset, sizeof header);
    if (header.magic == kSliceMagic) last = offset;
  }
  ASSERT_GT(last, kSuperblockAreaSizeBytes + kFirstSliceStart) << "the first one was there before the space";
  flip(last + 10);
  store_.reset();
  for (const OpenMode mode : {OpenMode::read_only, OpenMode::existing})
    EXPECT_TRUE(fails_with(ErrorCode::corruption,
                           Store::open(*medium_->open(), {.mode = mode, .segment_size_bytes = 64 << 10})));
}

TEST(KvDamageInAFile, IsCorruptionThatNamesTheFile) {
  const TestDirectory directory("/var/tmp");
  auto store = Store::open(directory.store(), {.backend = Backend::file, .size_bytes = kTestSizeBytes});
  ASSERT_TRUE(ok(store));
  auto space = store->kv("space");
  ASSERT_TRUE(ok(space));
  ASSERT_TRUE(ok(space->put("damaged", "value")));
  ASSERT_TRUE(ok(space->put("whole", "value")));
  const ByteRange record = kv::space_of(*space).placements("damaged").front();
  {
    std::fstream file(directory.store(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(record.offset + 56));
    file.put('X');
    ASSERT_TRUE(file.flush().good());
  }
  const auto found = space->get("damaged");
  ASSERT_TRUE(fails_with(ErrorCode::corruption, found));
  EXPECT_EQ(found.error().path, directory.store());
  EXPECT_EQ(found.error().offset, record.offset);
  EXPECT_FALSE(found.error().expected.empty());
  EXPECT_FALSE(found.error().found.empty());
  EXPECT_TRUE(holds(*space, "whole", "value"));
}

}  // namespace
}  // namespace holdfast::kv_suites
