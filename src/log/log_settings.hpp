#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <holdfast/error.hpp>
#include <holdfast/options.hpp>

#include "common/format/layout.hpp"

namespace holdfast::log {

inline constexpr std::uint32_t kLogSettingsVersion = 1;

/// Records that later ones of their keys have replaced go.
inline constexpr std::uint32_t kLogCompactsByKey = 0x01;
inline constexpr std::uint32_t kLogSettingsFlagsKnown = kLogCompactsByKey;

/// docs/format.md "Settings of a log stream": its metadata in the catalog, whose records prove themselves. A stream whose
/// settings are all zeros has none.
struct LogSettingsDisk {
  std::uint32_t version;  ///< kLogSettingsVersion
  std::uint32_t flags;    ///< Of kLogCompactsByKey.
  std::uint64_t segment_bytes;
  std::uint64_t segment_records_max;
  std::uint64_t segment_age_ms_max;
  std::uint64_t retain_ms;
  std::uint64_t retain_bytes;
  std::uint64_t retain_records;
  std::uint64_t keep_records_min;
  std::uint64_t compress_above_bytes;
  std::uint64_t compact_garbage_percent_min;
  std::uint64_t compact_age_ms_min;
  std::uint64_t tombstone_ms;
  std::uint64_t reserved[4];  ///< Zero.
};
static_assert(sizeof(LogSettingsDisk) == 128 && kIsDiskType<LogSettingsDisk>);
static_assert(offsetof(LogSettingsDisk, segment_bytes) == 8 && offsetof(LogSettingsDisk, reserved) == 96);

/// Errors: invalid_argument (a bound is passed).
[[nodiscard]] Result<void> check_settings(const LogSettings& settings);

/// What the catalog is to keep.
[[nodiscard]] std::string encode_settings(const LogSettings& settings);

/// What it has kept. Errors: version_mismatch (made by a newer version), corruption.
[[nodiscard]] Result<LogSettings> decode_settings(std::string_view metadata);

}  // namespace holdfast::log
