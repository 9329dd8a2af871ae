#pragma once

#include <chrono>
#include <cstdint>
#include <holdfast/options.hpp>
#include <optional>

#include "cli/json.hpp"

namespace CLI {
class App;
}

namespace holdfast::cli {

/// What of a log's settings was given on the command line; the rest stays as it is.
struct LogSettingsArguments {
  std::optional<std::uint64_t> segment_bytes, segment_records, retain_bytes, retain_records, keep_records, compress_above;
  std::optional<std::uint32_t> garbage_percent;
  std::optional<std::chrono::milliseconds> segment_age, retain, compact_age, tombstone;
  std::optional<bool> compact_by_key;

  void apply_to(LogSettings& settings) const;
};

/// Lifetime of the arguments: until the command line is parsed.
void add_log_settings_options(CLI::App& command, LogSettingsArguments& arguments);

[[nodiscard]] Json log_settings_json(const LogSettings& settings);

}  // namespace holdfast::cli
