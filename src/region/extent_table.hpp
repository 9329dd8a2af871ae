#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <holdfast/storage.hpp>

#include "common/engine/raw_bytes.hpp"

namespace holdfast::region {

/// Where the bytes of a region lie: its extents in order, without a gap; some may be holes. Never changes; growth and truncation make
/// another one, and whoever still uses this one keeps its extents.
class ExtentTable {
 public:
  ExtentTable() = default;
  explicit ExtentTable(std::vector<RawExtent> extents) : extents_(std::move(extents)) {
    for (const RawExtent& extent : extents_)
      if (extent.held->is_hole()) hole_bytes_ += extent.size_bytes();
  }

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

  [[nodiscard]] std::uint64_t hole_bytes() const noexcept { return hole_bytes_; }

  /// Whether any of `size_bytes` bytes from `offset` on lies in a hole. Requires: as below.
  [[nodiscard]] bool has_hole_in(std::uint64_t offset, std::uint64_t size_bytes) const {
    if (hole_bytes_ == 0) return false;
    bool found = false;
    for_each_piece(offset, size_bytes, [&](const RawExtent& extent, ByteRange) { found |= extent.held->is_hole(); });
    return found;
  }

  /// Whether all of them do. Requires: as below.
  [[nodiscard]] bool is_hole(std::uint64_t offset, std::uint64_t size_bytes) const {
    bool found = hole_bytes_ != 0;
    if (found)
      for_each_piece(offset, size_bytes, [&](const RawExtent& extent, ByteRange) { found &= extent.held->is_hole(); });
    return found;
  }

  /// Calls `visit(extent, range in the store)` for each piece of `size_bytes` bytes from `offset` on; that of a hole
  /// has its size alone. Requires: offset + size_bytes <= capacity().
  template <class Visit>
  void for_each_piece(std::uint64_t offset, std::uint64_t size_bytes, Visit&& visit) const {
    auto extent = std::upper_bound(extents_.begin(), extents_.end(), offset,
                                   [](std::uint64_t at, const RawExtent& other) { return at < other.end(); });
    for (; size_bytes > 0; ++extent) {
      const std::uint64_t inside = offset - extent->start;
      const std::uint64_t piece = std::min(size_bytes, extent->size_bytes() - inside);
      visit(*extent, ByteRange{extent->held->is_hole() ? 0 : extent->held->range().offset + inside, piece});
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
  std::uint64_t hole_bytes_ = 0;
};

}  // namespace holdfast::region
