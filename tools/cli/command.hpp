#pragma once

#include <functional>
#include <holdfast/error.hpp>

#include "cli/exit_code.hpp"

namespace CLI {
class App;
}

namespace holdfast::cli {

/// The end of a command that went well.
[[nodiscard]] inline Result<ExitCode> done() { return ExitCode::ok; }

/// What the command line asked for: the one command to run, and how to print.
struct Invocation {
  bool json = false;
  std::function<Result<ExitCode>()> run;
};

/// Each adds its commands to `app`; the command that is given sets `invocation.run`.
/// Lifetime: both outlive parsing and running.
void add_store_commands(CLI::App& app, Invocation& invocation);
void add_key_commands(CLI::App& kv, Invocation& invocation);
void add_scan_commands(CLI::App& kv, Invocation& invocation);
void add_get_command(CLI::App& kv, Invocation& invocation);
void add_range_command(CLI::App& kv, Invocation& invocation);
void add_load_command(CLI::App& kv, Invocation& invocation);
void add_dump_command(CLI::App& kv, Invocation& invocation);
void add_stats_commands(CLI::App& kv, Invocation& invocation);
void add_ttl_command(CLI::App& kv, Invocation& invocation);
void add_upkeep_commands(CLI::App& kv, Invocation& invocation);
void add_log_append_command(CLI::App& log, Invocation& invocation);
void add_log_read_commands(CLI::App& log, Invocation& invocation);
void add_log_follow_command(CLI::App& log, Invocation& invocation);
void add_log_cursor_commands(CLI::App& log, Invocation& invocation);
void add_log_upkeep_commands(CLI::App& log, Invocation& invocation);
void add_shard_append_commands(CLI::App& shard, Invocation& invocation);
void add_shard_commands(CLI::App& shard, Invocation& invocation);
void add_checkpoint_commands(CLI::App& checkpoint, Invocation& invocation);
void add_region_commands(CLI::App& region, Invocation& invocation);
void add_region_copy_commands(CLI::App& region, Invocation& invocation);
void add_region_create_command(CLI::App& region, Invocation& invocation);
void add_region_edit_commands(CLI::App& region, Invocation& invocation);
void add_region_version_commands(CLI::App& region, Invocation& invocation);

}  // namespace holdfast::cli
