#include <cstring>

#include <xxhash.h>

#include <holdfast/testing/crash_image.hpp>

namespace holdfast::testing {

void CrashImage::copy_to(std::byte* target) const noexcept {
  if (!base.empty()) std::memcpy(target, base.data(), base.size());
  std::memset(target + base.size(), static_cast<int>(fill), size_bytes - base.size());
  for (const Patch& patch : patches)
    std::memcpy(target + patch.offset, patch.bytes.data(), patch.bytes.size());
}

std::vector<std::byte> CrashImage::bytes() const {
  std::vector<std::byte> result(size_bytes);
  copy_to(result.data());
  return result;
}

CrashImage image_of(std::span<const std::byte> bytes) {
  return {.base = bytes,
          .patches = {},
          .size_bytes = bytes.size(),
          .fill = {},
          .hash = XXH3_64bits(bytes.data(), bytes.size())};
}

}  // namespace holdfast::testing
