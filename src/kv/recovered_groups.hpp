#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "common/engine/recovery.hpp"
#include "common/index/hash_index.hpp"

namespace holdfast::kv {

/// A recovered record on its way into the index. Without initial values: millions of them are made in one go.
struct RecoveredEntry {
  std::uint64_t hash;
  std::uint32_t slice;
  std::uint32_t offset_8;
  std::uint64_t version : 61;
  std::uint64_t erased : 1;
  std::uint64_t has_parts : 1;
  std::uint64_t expires : 1;

  [[nodiscard]] Location location() const noexcept { return {slice, offset_8}; }
  [[nodiscard]] IndexSlot slot() const noexcept {
    return {.location = location(),
            .version = version,
            .erased = erased != 0,
            .has_parts = has_parts != 0,
            .expires = expires != 0};
  }
};
static_assert(sizeof(RecoveredEntry) == 24 && std::is_trivially_default_constructible_v<RecoveredEntry>);

/// The puts and erases of a space by what their hashes have in common, so that whoever inserts a group has its part of the
/// index for himself, and in the caches. All records of a hash are in one group, in the order of their slices.
class RecoveredGroups {
 public:
  /// Splits `index`, which must be empty, and gives it room for the entries. Takes the records out of `slices` on the way.
  RecoveredGroups(HashIndex& index, std::vector<RecoveredSlice>& slices, unsigned threads);

  [[nodiscard]] std::size_t count() const noexcept { return ends_.size(); }
  [[nodiscard]] std::span<const RecoveredEntry> operator[](std::size_t group) const noexcept {
    const std::size_t begin = group == 0 ? 0 : ends_[group - 1];
    return {entries_.get() + begin, ends_[group] - begin};
  }

 private:
  /// Slices next to each other, and where their records of each group go.
  struct Block {
    std::span<RecoveredSlice> slices;
    std::vector<std::size_t> places;  // at first: how many there are
  };

  [[nodiscard]] std::size_t group_of(const HashIndex& index, std::uint64_t hash) const noexcept {
    return index.part_of(hash) * groups_per_part_ + ((hash >> run_shift_) & (groups_per_part_ - 1));
  }
  void count_records(const HashIndex& index, Block& block) const;
  void place_blocks(std::vector<Block>& blocks);
  void take_records(const HashIndex& index, Block& block);
  [[nodiscard]] double distinct_ratio() const;

  std::size_t groups_per_part_ = 1;
  unsigned run_shift_ = 0;
  std::unique_ptr<RecoveredEntry[]> entries_;
  std::vector<std::size_t> ends_;
};

}  // namespace holdfast::kv
