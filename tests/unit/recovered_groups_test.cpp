#include "kv/recovered_groups.hpp"

#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

#include "common/base/checksum.hpp"

namespace holdfast::kv {
namespace {

std::uint64_t hash_of(std::uint64_t number) { return checksum(bytes_of(number), 0); }

/// `count` records, put into slices of ten, hashes of `keys` different keys; every seventh is an erase.
std::vector<RecoveredSlice> some_slices(std::uint64_t count, std::uint64_t keys) {
  std::vector<RecoveredSlice> slices;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i % 10 == 0) slices.push_back({.index = static_cast<std::uint32_t>(100 + slices.size())});
    RecoveredRecord record{.key_hash = hash_of(i % keys),
                           .version = i + 1,
                           .offset_8 = static_cast<std::uint32_t>(i % 10 * 8),
                           .padded_size_bytes = 64,
                           .type = i % 7 == 6 ? RecordType::erase : RecordType::put};
    if (i % 5 == 0) record.flags |= kRecordFlagValueParts;
    if (i % 11 == 0) record.flags |= kRecordFlagExpires;
    slices.back().records.push_back(record);
  }
  return slices;
}

using Entries = std::map<std::uint64_t, IndexSlot>;  // by version

Entries expected(const std::vector<RecoveredSlice>& slices) {
  Entries entries;
  for (const RecoveredSlice& slice : slices)
    for (const RecoveredRecord& record : slice.records)
      entries.emplace(record.version, IndexSlot{.location = slice.location_of(record),
                                                .version = record.version,
                                                .erased = record.type == RecordType::erase,
                                                .has_parts = (record.flags & kRecordFlagValueParts) != 0,
                                                .expires = (record.flags & kRecordFlagExpires) != 0});
  return entries;
}

void expect_grouped(std::uint64_t count, std::uint64_t keys, unsigned threads, std::size_t groups_min) {
  std::vector<RecoveredSlice> slices = some_slices(count, keys);
  const Entries all = expected(slices);
  HashIndex index;
  const RecoveredGroups groups(index, slices, threads);
  EXPECT_GE(groups.count(), groups_min);
  Entries found;
  std::map<std::uint64_t, std::pair<std::size_t, std::uint64_t>> last;  // group and version, by hash
  for (std::size_t group = 0; group < groups.count(); ++group)
    for (const RecoveredEntry& entry : groups[group]) {
      EXPECT_TRUE(found.emplace(entry.version, entry.slot()).second);
      const auto [before, is_first] = last.emplace(entry.hash, std::pair(group, entry.version));
      if (!is_first) {
        EXPECT_EQ(before->second.first, group) << "records of one hash in two groups";
        EXPECT_LT(before->second.second, entry.version) << "not in their order";
        before->second.second = entry.version;
      }
    }
  EXPECT_EQ(found, all);
  for (const RecoveredSlice& slice : slices) EXPECT_TRUE(slice.records.empty());
}

TEST(RecoveredGroups, OfNothingIsEmpty) { expect_grouped(0, 1, 2, 1); }
TEST(RecoveredGroups, OfFewRecordsIsOne) { expect_grouped(1'000, 300, 2, 1); }
TEST(RecoveredGroups, HaveEveryRecordOnceWithOthersOfItsHash) {
  for (const unsigned threads : {1u, 3u}) expect_grouped(200'000, 90'000, threads, 256);
}
TEST(RecoveredGroups, MayBeEmptyButForOne) { expect_grouped(100'000, 1, 3, 256); }

TEST(RecoveredGroups, LeaveRecordsOfOthersOut) {
  std::vector<RecoveredSlice> slices = some_slices(20, 20);
  slices[0].records[3].type = RecordType::log_entry;
  HashIndex index;
  const RecoveredGroups groups(index, slices, 1);
  ASSERT_EQ(groups.count(), 1u);
  EXPECT_EQ(groups[0].size(), 19u);
}

}  // namespace
}  // namespace holdfast::kv
