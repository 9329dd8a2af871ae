#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/engine/raw_bytes.hpp"
#include "region/extent_table.hpp"
#include "region/patch.hpp"

namespace holdfast::region {

/// What new extents shall hold: a patch, and beside it what the region holds now.
/// Lifetime: its ranges refer to the patch's bytes, and to the medium's.
class Filling {
 public:
  /// `size_bytes`: of the region, behind the patch. No byte of it lies behind both the present size and the patch.
  Filling(RawBytes& raw, const ExtentTable& before, const Patch& patch, std::uint64_t size_bytes)
      : raw_(raw), before_(before), patch_(patch), size_bytes_(size_bytes) {}

  /// Lists the bytes of `extent`, and its mirror's. `is_checked`: up to its end, and it gets its check.
  /// Errors: corruption (bytes that go on fail their checksum).
  [[nodiscard]] Result<void> fill(const RawExtent& extent, bool is_checked);

  [[nodiscard]] std::vector<WriteRange> take_ranges() noexcept { return std::move(ranges_); }

 private:
  void add_bytes(std::span<const std::byte> bytes) { pieces_.push_back(bytes); }
  void add_zeros(std::uint64_t size_bytes);
  void add_patched(std::uint64_t at, std::uint64_t until, std::uint64_t piece_begin, const Patch::Piece& piece);
  [[nodiscard]] Result<void> add_present(std::uint64_t at, std::uint64_t until);
  void list(const HeldExtent& held);

  RawBytes& raw_;
  const ExtentTable& before_;
  const Patch& patch_;
  std::uint64_t size_bytes_;
  std::vector<std::span<const std::byte>> pieces_;  // of the extent being filled, one behind the other
  std::vector<WriteRange> ranges_;
};

}  // namespace holdfast::region
