#include "common/base/compression.hpp"

#include <lz4.h>

namespace holdfast {

bool compress(std::span<const std::byte> bytes, std::vector<std::byte>& packed) {
  return compress_behind(bytes, 0, bytes.size(), packed);
}

bool compress_behind(std::span<const std::byte> bytes, std::size_t front_bytes, std::size_t size_bytes_end,
                     std::vector<std::byte>& packed) {
  if (size_bytes_end < front_bytes + 2) return false;
  packed.resize(size_bytes_end - 1);
  const int size = LZ4_compress_default(reinterpret_cast<const char*>(bytes.data()),
                                        reinterpret_cast<char*>(packed.data() + front_bytes),
                                        static_cast<int>(bytes.size()), static_cast<int>(packed.size() - front_bytes));
  packed.resize(size > 0 ? front_bytes + static_cast<std::size_t>(size) : 0);
  return size > 0;
}

bool decompress(std::span<const std::byte> packed, std::span<std::byte> bytes) noexcept {
  const int size = LZ4_decompress_safe(reinterpret_cast<const char*>(packed.data()),
                                       reinterpret_cast<char*>(bytes.data()), static_cast<int>(packed.size()),
                                       static_cast<int>(bytes.size()));
  return size == static_cast<int>(bytes.size());
}

}  // namespace holdfast
