#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "region/extent_table.hpp"

namespace holdfast::region {

/// A sync of a region's bytes under way: which extents were dirty when it began. Those are dirty again unless it is
/// said to have succeeded. Threads: one.
class RegionFlush {
 public:
  RegionFlush() = default;
  /// `size_bytes`, looked at before.
  RegionFlush(std::uint64_t size_bytes, std::shared_ptr<const ExtentTable> table, bool looks_at_all) noexcept;

  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_bytes_; }
  [[nodiscard]] bool has_bytes() const noexcept { return has_bytes_; }

  /// Hands on what processors have stored, and adds what must be synced. Errors: io, locked.
  [[nodiscard]] Result<void> add_ranges(RawBytes& raw, std::vector<ByteRange>& ranges) const;

  void end(bool succeeded) noexcept;

 private:
  std::uint64_t size_bytes_ = 0;
  std::shared_ptr<const ExtentTable> table_;
  bool has_bytes_ = false;
};

}  // namespace holdfast::region
