#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/format/record.hpp"

namespace holdfast {

/// The part of a large value that is `bytes` and lies in `segment`.
[[nodiscard]] ValuePartDisk make_value_part(std::uint64_t secret, SegmentId segment,
                                            std::span<const std::byte> bytes) noexcept;

[[nodiscard]] bool value_part_matches(const ValuePartDisk& part, std::uint64_t secret,
                                      std::span<const std::byte> bytes) noexcept;

/// A record's payload that lists `parts`, and back. Nothing, if `payload` is no such list.
[[nodiscard]] std::string encode_value_parts(const std::vector<ValuePartDisk>& parts);
[[nodiscard]] std::optional<std::vector<ValuePartDisk>> decode_value_parts(std::string_view payload);

/// Of a payload with those flags: when its key expires, if they say that it does; and all behind that. Nothing, if it is
/// too short, or the time is none.
struct ExpiringPayload {
  std::optional<std::uint64_t> expires_us{};
  std::string_view rest{};
};
[[nodiscard]] std::optional<ExpiringPayload> take_expiry(std::uint8_t flags, std::string_view payload) noexcept;

/// The parts that a payload with those flags lists. Nothing, if it does not list any.
[[nodiscard]] std::optional<std::vector<ValuePartDisk>> value_parts_of(std::uint8_t flags, std::string_view payload);

}  // namespace holdfast
