// Lies behind right checks that once did harm, each made anew by one operation.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "exercise.hpp"
#include "test_inputs.hpp"

namespace holdfast::fuzz {
namespace {

// Half of kVersionEnd: what is given out behind it has room as well.
constexpr std::uint64_t kFoundEnd = std::uint64_t{1} << 60;
constexpr std::uint64_t kHighest = std::numeric_limits<std::uint64_t>::max();

class ForgeryDefects : public ::testing::TestWithParam<std::size_t> {
 protected:
  [[nodiscard]] static std::size_t base() { return GetParam(); }

  static void expect_corruption(const Input& input) {
    const Verdict verdict = run_input(input);
    EXPECT_EQ(verdict.wrong, "");
    ASSERT_TRUE(verdict.refused.has_value());
    EXPECT_EQ(verdict.refused->code, ErrorCode::corruption) << verdict.refused->to_string();
  }

  static void expect_errors_only(const Input& input) {
    const Verdict verdict = run_input(input);
    EXPECT_EQ(verdict.wrong, "");
    EXPECT_FALSE(verdict.refused.has_value()) << verdict.refused->to_string();
    EXPECT_GT(verdict.errors, 0u);
  }

  static std::size_t any_part() {
    return find(base(), StructureKind::value_part, [](const Structure&) { return true; });
  }
};

INSTANTIATE_TEST_SUITE_P(, ForgeryDefects, ::testing::Range<std::size_t>(0, kFacadeStoreCount));

TEST_P(ForgeryDefects, APartOfAValueNamesASegmentThatIsNotThere) {
  expect_errors_only(set_number(base(), any_part(), offsetof(ValuePartDisk, segment_id), 1'000, 8));
}

TEST_P(ForgeryDefects, APartOfAValueNamesASegmentOfRecords) {
  const std::size_t slice = find(base(), StructureKind::record, [](const Structure& record) {
    return read<RecordHeaderDisk>(base_store(base()).image(), record).type == static_cast<std::uint8_t>(RecordType::put);
  });
  expect_errors_only(set_number(base(), any_part(), offsetof(ValuePartDisk, segment_id),
                                structures(base()).at(slice).segment_id, 8));
}

TEST_P(ForgeryDefects, APartOfAValueIsLargerThanMemory) {
  expect_errors_only(set_number(base(), any_part(), offsetof(ValuePartDisk, size_bytes), 0xFFFF'0000, 8));
}

TEST_P(ForgeryDefects, TheIdOfAnEntryIsFarBehindTheOthers) {
  const std::size_t entry = find_record(base(), RecordType::log_entry);
  for (const std::uint64_t id : {std::uint64_t{1} << 40, kHighest})
    expect_corruption(set_number(base(), entry, offsetof(RecordHeaderDisk, version), id, 8));
}

TEST_P(ForgeryDefects, TheNextIdThatTheCatalogKnowsIsFarBehindTheOthers) {
  const std::size_t count = find_entry(base(), CatalogEntryType::slice_count);
  for (const std::uint64_t id : {std::uint64_t{1} << 40, kHighest})
    expect_corruption(set_number(base(), count, offsetof(CatalogEntryDisk, offset), id, 8));
}

TEST_P(ForgeryDefects, TheVersionOfARecordHasNoRoomInTheIndex) {
  const std::size_t record = find_record(base(), RecordType::put);
  for (const std::uint64_t version : {kFoundEnd, (std::uint64_t{1} << 61) - 1, std::uint64_t{1} << 61, kHighest})
    expect_corruption(set_number(base(), record, offsetof(RecordHeaderDisk, version), version, 8));
}

TEST_P(ForgeryDefects, TheHighestIdsLeaveNoNextOne) {
  const std::size_t ids = find_entry(base(), CatalogEntryType::next_ids);
  expect_corruption(set_number(base(), ids, offsetof(CatalogEntryDisk, space_id), kHighest, 8));
  expect_corruption(set_number(base(), ids, offsetof(CatalogEntryDisk, segment_id), kHighest, 8));
}

TEST_P(ForgeryDefects, TheNumberOfABatchLeavesNoNextOne) {
  const std::size_t trailer = find_record(base(), RecordType::batch_trailer);
  for (const std::uint64_t batch : {std::uint64_t{1} << 63, kHighest - 1, kHighest})
    expect_corruption(set_number(base(), trailer, offsetof(RecordHeaderDisk, batch), batch, 8));
}

/// The same of the stores of logs.
class LogForgeryDefects : public ForgeryDefects {
 protected:
  static void expect_harmless(const Input& input) { EXPECT_EQ(run_input(input).wrong, ""); }
};

INSTANTIATE_TEST_SUITE_P(, LogForgeryDefects, ::testing::Range(kLogStoresFirst, kBaseStoreCount));

TEST_P(LogForgeryDefects, TheEndOfWhatWasCompactedLeavesNoIds) {
  const std::size_t entry = find_entry(base(), CatalogEntryType::log_thinned);
  for (const std::uint64_t id : {kFoundEnd, 2 * kFoundEnd - 1, 2 * kFoundEnd, kHighest})
    expect_corruption(set_number(base(), entry, offsetof(CatalogEntryDisk, size_bytes), id, 8));
}

TEST_P(LogForgeryDefects, TheEndOfAGapLeavesNoIds) {
  const std::size_t entry = find_entry(base(), CatalogEntryType::log_gap);
  for (const std::uint64_t id : {kFoundEnd, 2 * kFoundEnd - 1, 2 * kFoundEnd, kHighest})
    expect_corruption(set_number(base(), entry, offsetof(CatalogEntryDisk, offset), id, 8));
}

// Each id between was looked at on the way back.
TEST_P(LogForgeryDefects, WhatWasCompactedEndsFarBehindTheRecords) {
  const std::size_t entry = find_entry(base(), CatalogEntryType::log_thinned);
  for (const std::uint64_t id : {std::uint64_t{1} << 32, kFoundEnd - 1'000'000})
    expect_harmless(set_number(base(), entry, offsetof(CatalogEntryDisk, size_bytes), id, 8));
}

}  // namespace
}  // namespace holdfast::fuzz
