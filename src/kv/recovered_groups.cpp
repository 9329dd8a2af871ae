#include "kv/recovered_groups.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "common/engine/parallel.hpp"

namespace holdfast::kv {
namespace {

// Of a part: what lies between two of these bits of the hash, the highest that choose a bucket, are neighbours.
constexpr unsigned kGroupBits = 4;
constexpr std::size_t kBlockCountMax = 64;

bool is_of_keys(const RecoveredRecord& record) noexcept {
  return record.type == RecordType::put || record.type == RecordType::erase;
}

RecoveredEntry entry_of(const RecoveredSlice& slice, const RecoveredRecord& record) noexcept {
  return {.hash = record.key_hash,
          .slice = slice.index,
          .offset_8 = record.offset_8,
          .version = record.version & (kVersionEnd - 1),  // recovery has refused others
          .erased = record.type == RecordType::erase,
          .has_parts = (record.flags & kRecordFlagValueParts) != 0,
          .expires = (record.flags & kRecordFlagExpires) != 0};
}

std::vector<std::span<RecoveredSlice>> split(std::vector<RecoveredSlice>& slices) {
  std::vector<std::span<RecoveredSlice>> blocks;
  const std::size_t step = std::max<std::size_t>(1, slices.size() / kBlockCountMax);
  for (std::size_t begin = 0; begin < slices.size(); begin += step)
    blocks.push_back(std::span(slices).subspan(begin, std::min(step, slices.size() - begin)));
  return blocks;
}

}  // namespace

RecoveredGroups::RecoveredGroups(HashIndex& index, std::vector<RecoveredSlice>& slices, unsigned threads) {
  std::size_t count = 0;
  for (const RecoveredSlice& slice : slices) count += slice.records.size();
  index.split(count);
  const std::size_t parts = index.part_count();
  if (parts > 1) {
    groups_per_part_ = std::size_t{1} << kGroupBits;
    run_shift_ = static_cast<unsigned>(std::bit_width(count / parts)) - kGroupBits;
  }
  std::vector<Block> blocks;
  for (const auto& run : split(slices)) blocks.push_back({run, {}});
  for_each_index(threads, blocks.size(), [&](std::size_t i) { count_records(index, blocks[i]); });
  place_blocks(blocks);
  for_each_index(threads, blocks.size(), [&](std::size_t i) { take_records(index, blocks[i]); });
  const double distinct = distinct_ratio();
  for_each_index(threads, parts, [&](std::size_t part) {
    const std::size_t begin = part == 0 ? 0 : ends_[part * groups_per_part_ - 1];
    const std::size_t records = ends_[(part + 1) * groups_per_part_ - 1] - begin;
    index.reserve_part(part, static_cast<std::size_t>(static_cast<double>(records) * distinct));
  });
}

void RecoveredGroups::count_records(const HashIndex& index, Block& block) const {
  block.places.resize(index.part_count() * groups_per_part_);
  for (const RecoveredSlice& slice : block.slices)
    for (const RecoveredRecord& record : slice.records)
      if (is_of_keys(record)) ++block.places[group_of(index, record.key_hash)];
}

// From how many there are to where they go.
void RecoveredGroups::place_blocks(std::vector<Block>& blocks) {
  const std::size_t groups = blocks.empty() ? groups_per_part_ : blocks.front().places.size();
  ends_.resize(groups);
  std::size_t place = 0;
  for (std::size_t group = 0; group < groups; ++group) {
    for (Block& block : blocks) place += std::exchange(block.places[group], place);
    ends_[group] = place;
  }
  entries_ = std::make_unique_for_overwrite<RecoveredEntry[]>(place);
}

void RecoveredGroups::take_records(const HashIndex& index, Block& block) {
  for (RecoveredSlice& slice : block.slices) {
    for (const RecoveredRecord& record : slice.records)
      if (is_of_keys(record)) entries_[block.places[group_of(index, record.key_hash)]++] = entry_of(slice, record);
    slice.records = {};
  }
}

// How many of the records are of keys of their own, by a look at one group: an index with room for all records of a store
// that is mostly garbage would be much too large.
double RecoveredGroups::distinct_ratio() const {
  const auto group = (*this)[0];
  if (group.empty()) return 1;
  std::vector<std::uint64_t> hashes(group.size());
  std::transform(group.begin(), group.end(), hashes.begin(), [](const RecoveredEntry& entry) { return entry.hash; });
  std::sort(hashes.begin(), hashes.end());
  const auto distinct = std::unique(hashes.begin(), hashes.end()) - hashes.begin();
  return static_cast<double>(distinct) / static_cast<double>(hashes.size());
}

}  // namespace holdfast::kv
