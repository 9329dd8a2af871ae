#include "kv/kv_settings.hpp"

#include "common/base/success.hpp"
#include "common/format/settings.hpp"

namespace holdfast::kv {
Result<void> check_settings(const KvSettings& settings) {
  if (settings.default_ttl_ms <= kTtlMsMax) return success();
  return settings_refused(ErrorCode::invalid_argument, "the default time to live is too long",
                          "at most " + std::to_string(kTtlMsMax) + " ms", std::to_string(settings.default_ttl_ms));
}

std::string encode_settings(const KvSettings& settings) {
  if (settings == KvSettings{}) return {};
  KvSettingsDisk disk{};
  disk.version = kKvSettingsVersion;
  disk.flags = settings.ordered ? kKvOrdered : 0;
  disk.compress_above_bytes = settings.compress_above_bytes;
  disk.default_ttl_ms = settings.default_ttl_ms;
  disk.keys_max = settings.keys_max;
  disk.bytes_max = settings.bytes_max;
  return encode_settings_disk(disk);
}

Result<KvSettings> decode_settings(std::string_view metadata) {
  if (metadata.empty()) return KvSettings{};
  const auto read = decode_settings_disk<KvSettingsDisk>(metadata, kKvSettingsVersion, kKvSettingsFlagsKnown, "space");
  if (!read) return Unexpected(read.error());
  const KvSettingsDisk& disk = *read;
  const KvSettings settings{.ordered = (disk.flags & kKvOrdered) != 0,
                            .compress_above_bytes = disk.compress_above_bytes,
                            .default_ttl_ms = disk.default_ttl_ms,
                            .keys_max = disk.keys_max,
                            .bytes_max = disk.bytes_max};
  if (auto checked = check_settings(settings); !checked)
    return settings_refused(ErrorCode::corruption, "the settings of the space are not possible",
                            checked.error().expected, checked.error().found);
  return settings;
}

}  // namespace holdfast::kv
