#pragma once

#include <cstddef>

namespace holdfast::pmem {

inline constexpr std::size_t kLineBytes = 64;

/// Copies whole cache lines past the caches, without a fence: `destination` is aligned to a line,
/// `size_bytes` a multiple of it.
///
/// Why not libpmem2's copy: for one to eight lines its generic entry costs as much as the copy. Measured
/// with XXH3 of the bytes before and one fence after each (tmpfs, one thread, ns an operation, this copy /
/// libpmem2 non-temporal): 128 B 100 / 126, 192 B 101 / 137, 256 B 107 / 110 to 138, 512 B 117 / 127,
/// 4 KiB 310 / 320. A copy by 16-byte stores was slower than libpmem2's, so there is none.
using LineCopy = void (*)(std::byte* destination, const std::byte* source, std::size_t size_bytes);

/// Sizes above this gain nothing from it.
inline constexpr std::size_t kLineCopyMaxBytes = 1024;

/// The copy for this processor; null where it has none that is worth it.
[[nodiscard]] LineCopy line_copy() noexcept;

}  // namespace holdfast::pmem
