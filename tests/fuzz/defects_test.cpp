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

INSTANTIATE_TEST_SUITE_P(, ForgeryDefects, ::testing::Range<std::size_t>(0, kBaseStoreCount));

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
  for (const std::uint64_t version : {std::uint64_t{1} << 61, kHighest})
    expect_corruption(set_number(base(), record, offsetof(RecordHeaderDisk, version), version, 8));
}

TEST_P(ForgeryDefects, TheHighestIdsLeaveNoNextOne) {
  const std::size_t ids = find_entry(base(), CatalogEntryType::next_ids);
  expect_corruption(set_number(base(), ids, offsetof(CatalogEntryDisk, space_id), kHighest, 8));
  expect_corruption(set_number(base(), ids, offsetof(CatalogEntryDisk, segment_id), kHighest, 8));
}

}  // namespace
}  // namespace holdfast::fuzz
