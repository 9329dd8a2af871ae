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

std::optional<ExpiringPayload> take_expiry(std::uint8_t flags, std::string_view payload) noexcept {
  if ((flags & kRecordFlagExpires) == 0) return ExpiringPayload{.rest = payload};
  ExpiryDisk expiry;
  if (payload.size() < sizeof expiry) return std::nullopt;
  std::memcpy(&expiry, payload.data(), sizeof expiry);
  if (expiry.time_us > kTimeUsMax) return std::nullopt;
  return ExpiringPayload{.expires_us = expiry.time_us, .rest = payload.substr(sizeof expiry)};
}

std::optional<std::vector<ValuePartDisk>> value_parts_of(std::uint8_t flags, std::string_view payload) {
  if ((flags & kRecordFlagValueParts) == 0) return std::nullopt;
  const auto taken = take_expiry(flags, payload);
  return taken ? decode_value_parts(taken->rest) : std::nullopt;
}

}  // namespace holdfast
