#pragma once

#include <cstddef>

namespace holdfast {

inline constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

/// Zeroed memory of the process that begins and ends where huge pages do; `size_bytes` is rounded up to them. Null: there is
/// none. Whether it lies on such pages is the system's choice, which is asked to where `wants_huge` (madvise(2), MADV_HUGEPAGE).
[[nodiscard]] void* map_huge_pages(std::size_t& size_bytes, bool wants_huge) noexcept;

/// Gives back what map_huge_pages() has given, with the size it has said. False: the system refused, and it stays.
bool unmap_huge_pages(void* memory, std::size_t size_bytes) noexcept;

}  // namespace holdfast
