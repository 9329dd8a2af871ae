#include "common/engine/value_parts.hpp"

#include <cstring>

#include "common/base/checksum.hpp"
#include "common/format/segment.hpp"

namespace holdfast {

ValuePartDisk make_value_part(std::uint64_t secret, SegmentId segment, std::span<const std::byte> bytes) noexcept {
  return {.segment_id = segment, .size_bytes = bytes.size(), .check = checksum(bytes, slice_seed(secret, segment, 0))};
}

bool value_part_matches(const ValuePartDisk& part, std::uint64_t secret, std::span<const std::byte> bytes) noexcept {
  return part.check == checksum(bytes, slice_seed(secret, part.segment_id, 0));
}

std::string encode_value_parts(const std::vector<ValuePartDisk>& parts) {
  return {reinterpret_cast<const char*>(parts.data()), parts.size() * sizeof(ValuePartDisk)};  // bytes as text
}

std::optional<std::vector<ValuePartDisk>> decode_value_parts(std::string_view payload) {
  if (payload.empty() || payload.size() % sizeof(ValuePartDisk) != 0) return std::nullopt;
  std::vector<ValuePartDisk> parts(payload.size() / sizeof(ValuePartDisk));
  std::memcpy(parts.data(), payload.data(), payload.size());
  return parts;
}

}  // namespace holdfast
