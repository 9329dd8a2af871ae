#include "log/log_settings.hpp"

#include <algorithm>

#include "common/base/success.hpp"
#include "common/format/settings.hpp"

namespace holdfast::log {
namespace {

static_assert(kLogSegmentBytesMin == kSegmentSizeBytesMin && kLogSegmentBytesMax == kSegmentSizeBytesMax);

}  // namespace

Result<void> check_settings(const LogSettings& settings) {
  const std::uint64_t size = settings.segment_bytes;
  if (size != 0 && (size < kLogSegmentBytesMin || size > kLogSegmentBytesMax || size % kBlockSizeBytes != 0))
    return settings_refused(ErrorCode::invalid_argument, "the size of a stream's segments is not possible",
                            std::to_string(kLogSegmentBytesMin) + " to " + std::to_string(kLogSegmentBytesMax) +
                                " bytes, in multiples of " + std::to_string(kBlockSizeBytes),
                            std::to_string(size));
  if (settings.compact_garbage_percent_min > 100)
    return settings_refused(ErrorCode::invalid_argument, "more garbage than a segment of a stream can have",
                            "at most 100 percent", std::to_string(settings.compact_garbage_percent_min));
  for (const std::uint64_t time_ms :
       {settings.segment_age_ms_max, settings.retain_ms, settings.compact_age_ms_min, settings.tombstone_ms})
    if (time_ms > kTtlMsMax)
      return settings_refused(ErrorCode::invalid_argument, "an age of a stream's settings is too long",
                              "at most " + std::to_string(kTtlMsMax) + " ms", std::to_string(time_ms));
  return success();
}

std::string encode_settings(const LogSettings& settings) {
  if (settings == LogSettings{}) return {};
  LogSettingsDisk disk{};
  disk.version = kLogSettingsVersion;
  disk.segment_bytes = settings.segment_bytes;
  disk.segment_records_max = settings.segment_records_max;
  disk.segment_age_ms_max = settings.segment_age_ms_max;
  disk.retain_ms = settings.retain_ms;
  disk.retain_bytes = settings.retain_bytes;
  disk.retain_records = settings.retain_records;
  disk.keep_records_min = settings.keep_records_min;
  disk.compress_above_bytes = settings.compress_above_bytes;
  disk.flags = settings.compact_by_key ? kLogCompactsByKey : 0;
  disk.compact_garbage_percent_min = settings.compact_garbage_percent_min;
  disk.compact_age_ms_min = settings.compact_age_ms_min;
  disk.tombstone_ms = settings.tombstone_ms;
  return encode_settings_disk(disk);
}

Result<LogSettings> decode_settings(std::string_view metadata) {
  if (metadata.empty()) return LogSettings{};
  const auto read = decode_settings_disk<LogSettingsDisk>(metadata, kLogSettingsVersion, kLogSettingsFlagsKnown, "stream");
  if (!read) return Unexpected(read.error());
  const LogSettingsDisk& disk = *read;
  // A percentage that does not fit is one that is refused.
  const auto percent = static_cast<std::uint32_t>(std::min<std::uint64_t>(disk.compact_garbage_percent_min, 101));
  const LogSettings settings{.segment_bytes = disk.segment_bytes,
                             .segment_records_max = disk.segment_records_max,
                             .segment_age_ms_max = disk.segment_age_ms_max,
                             .retain_ms = disk.retain_ms,
                             .retain_bytes = disk.retain_bytes,
                             .retain_records = disk.retain_records,
                             .keep_records_min = disk.keep_records_min,
                             .compress_above_bytes = disk.compress_above_bytes,
                             .compact_by_key = (disk.flags & kLogCompactsByKey) != 0,
                             .compact_garbage_percent_min = percent,
                             .compact_age_ms_min = disk.compact_age_ms_min,
                             .tombstone_ms = disk.tombstone_ms};
  if (auto checked = check_settings(settings); !checked)
    return settings_refused(ErrorCode::corruption, "the settings of the stream are not possible",
                            checked.error().expected, checked.error().found);
  return settings;
}

}  // namespace holdfast::log
