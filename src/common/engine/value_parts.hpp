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

}  // namespace holdfast
