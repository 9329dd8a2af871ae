#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "common/engine/raw_bytes.hpp"
#include "region/extent_table.hpp"

namespace holdfast::region {

/// A table of extents in which new extents stand in the place of blocks of another table, ready to be made true by one
/// catalog record. Blocks that are kept of an extent which loses others become extents of their own: the catalog knows
/// whole extents only, and a view may still look at the old one.
class ExtentSwap {
 public:
  /// What becomes of blocks that are kept.
  enum class Kept : std::uint8_t {
    as_they_are,
    sealed,  ///< they get checks of their present bytes, if they have none
    moved,   ///< they get checks, and all get new names: another space shall own them
  };

  /// `added` in order, each block at most once; what `before` has from `capacity` on is given up. All are multiples of
  /// the block. Requires: no gap between what is kept and what is added; what is to be sealed is durable.
  /// Errors: corruption, io (bytes that are to be sealed).
  [[nodiscard]] static Result<ExtentSwap> make(RawBytes& raw, const ExtentTable& before,
                                               std::vector<RawExtent> added, std::uint64_t capacity,
                                               Kept kept = Kept::as_they_are);

  /// What the catalog must be told; a new size is the caller's to add.
  [[nodiscard]] ExtentChange& change() noexcept { return change_; }
  [[nodiscard]] const ExtentChange& change() const noexcept { return change_; }

  [[nodiscard]] const std::shared_ptr<const ExtentTable>& table() const noexcept { return table_; }

  /// The catalog has been told, and nobody new can find the old table.
  void complete() noexcept;

 private:
  struct Split {
    std::shared_ptr<HeldExtent> whole;
    std::vector<std::shared_ptr<HeldExtent>> parts;
  };
  struct Lost {
    std::uint64_t begin = 0;  // of the region
    std::uint64_t end = 0;
  };

  ExtentSwap() = default;

  [[nodiscard]] Result<void> keep_of(RawBytes& raw, const RawExtent& extent, const std::vector<Lost>& lost, Kept kept);
  [[nodiscard]] Result<void> keep_part(RawBytes& raw, const RawExtent& extent, std::uint64_t begin, std::uint64_t end,
                                       Kept kept, Split& split, Split& mirror_split);
  void forget(const HeldExtent& held) { change_.forgotten.push_back(held.segment()); }

  ExtentChange change_;
  std::vector<RawExtent> kept_;
  std::vector<Split> splits_;
  std::vector<std::shared_ptr<HeldExtent>> freed_;
  std::shared_ptr<const ExtentTable> table_;
};

}  // namespace holdfast::region
