#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <holdfast/holdfast.hpp>
#include <holdfast/testing/crash_storage.hpp>

namespace holdfast::damage {

/// All that a medium holds.
using Image = std::vector<std::byte>;

/// From `begin` up to `end`, in bytes of an image.
struct Span {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return end - begin; }
};

inline constexpr std::uint64_t kPageBytes = 4096;
inline constexpr std::uint64_t kSectorBytes = 512;
inline constexpr std::uint64_t kSegmentBytes = std::uint64_t{64} << 10;

/// Where a store lies whose bytes can be exchanged while it is not open. Not for two threads.
class Medium {
 public:
  virtual ~Medium() = default;

  /// Holds `image` from now on, whatever was there before; a shorter one cuts the medium.
  virtual void hold(const Image& image) = 0;

  /// What it holds now, an open store's bytes included.
  [[nodiscard]] virtual Image bytes() const = 0;

  [[nodiscard]] virtual Result<Store> open(OpenMode mode) = 0;

  /// Where in an undamaged image the store's own bytes lie.
  [[nodiscard]] virtual Span store() const = 0;
};

/// The crash lab's medium, in memory.
[[nodiscard]] std::unique_ptr<Medium> lab_medium(testing::MediumModel model);

/// Options of a small store without threads, since trials run in forked children.
[[nodiscard]] Options store_options(OpenMode mode);

}  // namespace holdfast::damage
