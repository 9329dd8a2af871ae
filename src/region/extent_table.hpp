#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <holdfast/storage.hpp>

#include "common/engine/raw_bytes.hpp"

namespace holdfast::region {

/// Where the bytes of a region lie: its extents in order, without a gap. Never changes; growth and truncation make
/// another one, and whoever still uses this one keeps its extents.
class ExtentTable {
 public:
  ExtentTable() = default;
  explicit ExtentTable(std::vector<RawExtent> extents) : extents_(std::move(extents)) {}

  [[nodiscard]] const std::vector<RawExtent>& extents() const noexcept { return extents_; }
  [[nodiscard]] std::uint64_t capacity() const noexcept { return extents_.empty() ? 0 : extents_.back().end(); }

  /// Whether each extent begins where the one before ends.
  [[nodiscard]] bool is_whole() const noexcept {
    std::uint64_t end = 0;
    for (const RawExtent& extent : extents_) {
      if (extent.start != end) return false;
      end = extent.end();
    }
    return true;
  }

  /// Calls `visit(extent, range in the store)` for each piece of `size_bytes` bytes from `offset` on.
  /// Requires: offset + size_bytes <= capacity().
  template <class Visit>
  void for_each_piece(std::uint64_t offset, std::uint64_t size_bytes, Visit&& visit) const {
    auto extent = std::upper_bound(extents_.begin(), extents_.end(), offset,
                                   [](std::uint64_t at, const RawExtent& other) { return at < other.end(); });
    for (; size_bytes > 0; ++extent) {
      const std::uint64_t inside = offset - extent->start;
      const std::uint64_t piece = std::min(size_bytes, extent->size_bytes() - inside);
      visit(*extent, ByteRange{extent->held->range().offset + inside, piece});
      offset += piece;
      size_bytes -= piece;
    }
  }

  [[nodiscard]] ExtentTable with(const std::vector<RawExtent>& added) const {
    std::vector<RawExtent> all = extents_;
    all.insert(all.end(), added.begin(), added.end());
    return ExtentTable(std::move(all));
  }

 private:
  std::vector<RawExtent> extents_;
};

}  // namespace holdfast::region
