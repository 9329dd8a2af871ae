#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <holdfast/holdfast.hpp>
#include <string>

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/open.hpp"

namespace holdfast::cli {

/// A sharded log of a store.
struct ShardArguments {
  StoreArguments store;
  std::string log;
};

/// Adds a command on one.
CLI::App& add_shard_command(CLI::App& group, const std::string& name, const std::string& text, const std::string& footer,
                            ShardArguments& arguments);

/// The sharded log of that name, which must exist. Errors: not_found, naming it; and as ShardedLog::open.
[[nodiscard]] Result<ShardedLog> sharded_log_of(Store& store, const std::string& name, bool index_latest);
[[nodiscard]] Unexpected no_sharded_log(const std::string& name);

/// `command` on that log. With `index_latest` every record is looked at first.
[[nodiscard]] Command on_shards(const ShardArguments& arguments, bool index_latest,
                                std::function<Result<ExitCode>(ShardedLog&)> command);

}  // namespace holdfast::cli
