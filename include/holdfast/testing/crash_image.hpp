#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace holdfast::testing {

/// Bytes that a crash could have left on the medium: those that were durable, with the pending units that
/// happened to get there laid over them. Lifetime: the spans are the maker's.
struct CrashImage {
  struct Patch {
    std::uint64_t offset = 0;
    std::span<const std::byte> bytes;
  };

  std::span<const std::byte> base;
  std::vector<Patch> patches;
  std::uint64_t size_bytes = 0;  ///< At least base's; what lies behind base holds `fill`.
  std::byte fill{};
  std::uint64_t hash = 0;  ///< Equal for images of one log that hold the same bytes.

  /// Writes size_bytes to `target`.
  void copy_to(std::byte* target) const noexcept;

  [[nodiscard]] std::vector<std::byte> bytes() const;
};

/// An image that is just `bytes`.
[[nodiscard]] CrashImage image_of(std::span<const std::byte> bytes);

}  // namespace holdfast::testing
