#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <holdfast/error.hpp>
#include <holdfast/options.hpp>

#include "common/format/layout.hpp"

namespace holdfast::kv {

inline constexpr std::uint32_t kKvSettingsVersion = 1;

/// Flags of KvSettingsDisk.
inline constexpr std::uint32_t kKvOrdered = 0x01;
inline constexpr std::uint32_t kKvSettingsFlagsKnown = kKvOrdered;

/// docs/format.md "Settings of a key-value space": its metadata in the catalog, whose records prove themselves. A space
/// whose settings are all zeros has none.
struct KvSettingsDisk {
  std::uint32_t version;  ///< kKvSettingsVersion
  std::uint32_t flags;
  std::uint64_t compress_above_bytes;
  std::uint64_t default_ttl_ms;
  std::uint64_t keys_max;
  std::uint64_t bytes_max;
  std::uint64_t reserved[3];  ///< Zero.
};
static_assert(sizeof(KvSettingsDisk) == 64 && kIsDiskType<KvSettingsDisk>);
static_assert(offsetof(KvSettingsDisk, compress_above_bytes) == 8 && offsetof(KvSettingsDisk, reserved) == 40);

/// Errors: invalid_argument (a bound is passed).
[[nodiscard]] Result<void> check_settings(const KvSettings& settings);

/// What the catalog is to keep.
[[nodiscard]] std::string encode_settings(const KvSettings& settings);

/// What it has kept. Errors: version_mismatch (made by a newer version), corruption.
[[nodiscard]] Result<KvSettings> decode_settings(std::string_view metadata);

}  // namespace holdfast::kv
