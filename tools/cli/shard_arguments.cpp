#include "cli/shard_arguments.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <utility>

#include "cli/escape.hpp"

namespace holdfast::cli {

CLI::App& add_shard_command(CLI::App& group, const std::string& name, const std::string& text, const std::string& footer,
                            ShardArguments& arguments) {
  auto& command = *group.add_subcommand(name, text);
  command.footer(footer);
  add_store_arguments(command, arguments.store);
  command.add_option("LOG", arguments.log, "name of the sharded log")->required();
  return command;
}

Unexpected no_sharded_log(const std::string& name) {
  return Unexpected(Error{.code = ErrorCode::not_found, .message = "no sharded log named " + escape(name)});
}

Result<ShardedLog> sharded_log_of(Store& store, const std::string& name, bool index_latest) {
  auto log = ShardedLog::open(store, name, {.mode = OpenMode::existing, .index_latest = index_latest});
  if (!log && log.error().code == ErrorCode::not_found) return no_sharded_log(name);
  return log;
}

Command on_shards(const ShardArguments& arguments, bool index_latest,
                  std::function<Result<ExitCode>(ShardedLog&)> command) {
  return [&arguments, index_latest, command = std::move(command)](Store& store) -> Result<ExitCode> {
    auto log = sharded_log_of(store, arguments.log, index_latest);
    if (!log) return Unexpected(log.error());
    return command(*log);
  };
}

}  // namespace holdfast::cli
