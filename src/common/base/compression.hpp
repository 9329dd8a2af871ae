#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace holdfast {

/// LZ4 block of `bytes` in `packed`; false if it would not be smaller. At most 1 GiB.
[[nodiscard]] bool compress(std::span<const std::byte> bytes, std::vector<std::byte>& packed);

/// The same behind `front_bytes` bytes of `packed`, whose content is left open; false if all together would not be less than
/// `size_bytes_end`. At most 1 GiB.
[[nodiscard]] bool compress_behind(std::span<const std::byte> bytes, std::size_t front_bytes,
                                   std::size_t size_bytes_end, std::vector<std::byte>& packed);

/// Fills `bytes`, exactly, from an LZ4 block; false if the block is not one of so many bytes. At most 1 GiB.
[[nodiscard]] bool decompress(std::span<const std::byte> packed, std::span<std::byte> bytes) noexcept;

}  // namespace holdfast
