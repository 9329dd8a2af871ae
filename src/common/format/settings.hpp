#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>

#include <holdfast/error.hpp>

#include "common/format/layout.hpp"

namespace holdfast {

/// Settings of a space as they lie in its metadata: a version, flags, fields, and fields that are reserved. `Disk` has
/// `version`, `flags` and an array `reserved`.
template <class Disk>
[[nodiscard]] std::string encode_settings_disk(const Disk& disk) {
  static_assert(kIsDiskType<Disk>);
  return {reinterpret_cast<const char*>(&disk), sizeof disk};  // bytes as text
}

[[nodiscard]] inline Unexpected settings_refused(ErrorCode code, std::string message, std::string expected,
                                                 std::string found) {
  Error error{.code = code, .message = std::move(message)};
  error.expected = std::move(expected);
  error.found = std::move(found);
  return Unexpected(error);
}

/// The way back, of a `what` ("space", "stream"), if this version knows all that is set.
/// Errors: version_mismatch (made by a newer version), corruption.
template <class Disk>
[[nodiscard]] Result<Disk> decode_settings_disk(std::string_view metadata, std::uint32_t known_version,
                                                std::uint32_t known_flags, const std::string& what) {
  static_assert(kIsDiskType<Disk>);
  std::uint32_t version = 0;
  if (metadata.size() >= sizeof version) std::memcpy(&version, metadata.data(), sizeof version);
  if (version > known_version)
    return settings_refused(ErrorCode::version_mismatch, "the settings of the " + what + " are of a newer version",
                            std::to_string(known_version), std::to_string(version));
  Disk disk;
  if (version == 0 || metadata.size() != sizeof disk)
    return settings_refused(ErrorCode::corruption, "the settings of the " + what + " are malformed",
                            std::to_string(sizeof disk) + " bytes of version " + std::to_string(known_version),
                            std::to_string(metadata.size()) + " of version " + std::to_string(version));
  std::memcpy(&disk, metadata.data(), sizeof disk);
  const bool has_more =
      std::any_of(std::begin(disk.reserved), std::end(disk.reserved), [](std::uint64_t field) { return field != 0; });
  if ((disk.flags & ~known_flags) != 0 || has_more)
    return settings_refused(ErrorCode::version_mismatch, "the " + what + " has settings that this version does not know",
                            "flags " + std::to_string(known_flags), std::to_string(disk.flags));
  return disk;
}

}  // namespace holdfast
