#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <exception>

#include "cli/command.hpp"
#include "cli/output.hpp"

namespace holdfast::cli {
namespace {

constexpr const char* kEnd =
    "exit codes: 0 done, 1 failed or not found, 2 wrong usage, 3 damaged data\n"
    "sizes: 64MiB, 64M, 1GiB, 4096; letters are powers of 1024\n"
    "times: 200ms, 10s, 5min; a bare number is seconds\n"
    "a store is open in one process at a time; a command waits for it for a second";

void build(CLI::App& app, Invocation& invocation) {
  app.footer(kEnd);
  app.fallthrough();
  app.add_flag("--json", invocation.json,
               "print JSON; bytes that are not UTF-8 go into fields named ..._base64");
  add_store_commands(app, invocation);
  auto& kv = *app.add_subcommand("kv", "Works on a key-value space.");
  kv.fallthrough();
  add_key_commands(kv, invocation);
  add_get_command(kv, invocation);
  add_scan_commands(kv, invocation);
  add_range_command(kv, invocation);
  add_load_command(kv, invocation);
  add_dump_command(kv, invocation);
  add_stats_commands(kv, invocation);
  add_ttl_command(kv, invocation);
  add_upkeep_commands(kv, invocation);
  auto& log = *app.add_subcommand("log", "Works on a log: records in the order in which they were appended.");
  log.fallthrough();
  add_log_append_command(log, invocation);
  add_log_read_commands(log, invocation);
  add_log_follow_command(log, invocation);
  add_log_upkeep_commands(log, invocation);
  add_log_cursor_commands(log, invocation);
  auto& shard = *app.add_subcommand("shard", "Works on a sharded log: records spread over streams by their keys.");
  shard.fallthrough();
  add_shard_append_commands(shard, invocation);
  add_shard_commands(shard, invocation);
  auto& checkpoint = *app.add_subcommand("checkpoint", "Works on the checkpoints of a sharded log: cuts through its shards.");
  checkpoint.fallthrough();
  add_checkpoint_commands(checkpoint, invocation);
  auto& region = *app.add_subcommand("region", "Works on a region: a named run of bytes.");
  region.fallthrough();
  add_region_copy_commands(region, invocation);
  add_region_commands(region, invocation);
  add_region_create_command(region, invocation);
  add_region_edit_commands(region, invocation);
  add_region_version_commands(region, invocation);
}

ExitCode run(const Invocation& invocation) {
  auto result = invocation.run();
  if (const auto flushed = Output::flush(); result && !flushed) result = Unexpected(flushed.error());
  if (result) return *result;
  print_error(result.error());
  return exit_code(result.error());
}

ExitCode main_with(int argc, char** argv) {
  CLI::App app("Holdfast keeps key-value spaces, logs and regions durable in one store.", "holdfast");
  Invocation invocation;
  build(app, invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked_for_help) {
    app.exit(asked_for_help);
    return ExitCode::ok;
  } catch (const CLI::ParseError& error) {
    print_error(std::string(error.what()) + "; see holdfast --help");
    return ExitCode::usage;
  }
  if (!invocation.run) {
    print_error("a command is needed; see holdfast --help");
    return ExitCode::usage;
  }
  return run(invocation);
}

}  // namespace
}  // namespace holdfast::cli

int main(int argc, char** argv) {
  try {
    return static_cast<int>(holdfast::cli::main_with(argc, argv));
  } catch (const std::exception& exception) {  // out of memory
    holdfast::cli::print_error(exception.what());
    return static_cast<int>(holdfast::cli::ExitCode::failed);
  }
}
