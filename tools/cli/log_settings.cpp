#include "cli/log_settings.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <string>

#include "cli/arguments.hpp"

namespace holdfast::cli {

using std::chrono::milliseconds;

void LogSettingsArguments::apply_to(LogSettings& settings) const {
  const auto take = [](auto& setting, const auto& given) {
    if (given) setting = *given;
  };
  const auto take_time = [](std::uint64_t& setting, const std::optional<milliseconds>& given) {
    if (given) setting = static_cast<std::uint64_t>(given->count());
  };
  take(settings.segment_bytes, segment_bytes);
  take(settings.segment_records_max, segment_records);
  take(settings.retain_bytes, retain_bytes);
  take(settings.retain_records, retain_records);
  take(settings.keep_records_min, keep_records);
  take(settings.compress_above_bytes, compress_above);
  take(settings.compact_by_key, compact_by_key);
  take(settings.compact_garbage_percent_min, garbage_percent);
  take_time(settings.segment_age_ms_max, segment_age);
  take_time(settings.retain_ms, retain);
  take_time(settings.compact_age_ms_min, compact_age);
  take_time(settings.tombstone_ms, tombstone);
}

void add_log_settings_options(CLI::App& command, LogSettingsArguments& arguments) {
  const auto add_count = [&command](const std::string& name, auto& count, const std::string& text) {
    command.add_option(name, count, text)->option_text("N");
  };
  add_size_option(command, "--segment-bytes", arguments.segment_bytes, "size of its segments, 64KiB to 64MiB");
  add_count("--segment-records", arguments.segment_records, "records of a segment at most");
  add_duration_option(command, "--segment-age", arguments.segment_age, "age of a segment's first record at most");
  add_duration_option(command, "--retain", arguments.retain, "segments go when all their records are older");
  add_size_option(command, "--retain-bytes", arguments.retain_bytes, "segments go while all take more room together");
  add_count("--retain-records", arguments.retain_records, "segments go while the others hold so many records");
  add_count("--keep-records", arguments.keep_records, "so many of the last stay all the same");
  add_size_option(command, "--compress-above", arguments.compress_above, "compress larger payloads (LZ4)");
  command.add_flag("--compact-by-key,!--no-compact-by-key", arguments.compact_by_key,
                   "keep of each key the latest record alone");
  add_count("--garbage-percent", arguments.garbage_percent,
            "rewrite a segment when so many percent of its bytes can go (50)");
  add_duration_option(command, "--compact-age", arguments.compact_age, "leave segments with younger records as they are");
  add_duration_option(command, "--tombstone", arguments.tombstone, "records that erase a key stay so long");
}

Json log_settings_json(const LogSettings& settings) {
  return Json{{"segment_bytes", settings.segment_bytes},
              {"segment_records_max", settings.segment_records_max},
              {"segment_age_ms_max", settings.segment_age_ms_max},
              {"retain_ms", settings.retain_ms},
              {"retain_bytes", settings.retain_bytes},
              {"retain_records", settings.retain_records},
              {"keep_records_min", settings.keep_records_min},
              {"compress_above_bytes", settings.compress_above_bytes},
              {"compact_by_key", settings.compact_by_key},
              {"compact_garbage_percent_min", settings.compact_garbage_percent_min},
              {"compact_age_ms_min", settings.compact_age_ms_min},
              {"tombstone_ms", settings.tombstone_ms}};
}

}  // namespace holdfast::cli
