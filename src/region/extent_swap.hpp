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
  /// `added` in order, each block at most once; what `before` has from `capacity` on is given up. All are multiples of
  /// the block. Requires: no gap between what is kept and what is added.
  ExtentSwap(RawBytes& raw, const ExtentTable& before, std::vector<RawExtent> added, std::uint64_t capacity);

  /// What the catalog must be told; a new size is the caller's to add.
  [[nodiscard]] ExtentChange& change() noexcept { return change_; }

  [[nodiscard]] const std::shared_ptr<const ExtentTable>& table() const noexcept { return table_; }

  /// The catalog has been told, and nobody new can find the old table.
  void complete() noexcept;

 private:
  struct Split {
    std::shared_ptr<HeldExtent> whole;
    std::vector<std::shared_ptr<HeldExtent>> parts;
  };

  void keep_of(RawBytes& raw, const RawExtent& extent, const std::vector<RawExtent>& added, std::uint64_t capacity);

  ExtentChange change_;
  std::vector<RawExtent> kept_;
  std::vector<Split> splits_;
  std::vector<std::shared_ptr<HeldExtent>> freed_;
  std::shared_ptr<const ExtentTable> table_;
};

}  // namespace holdfast::region
