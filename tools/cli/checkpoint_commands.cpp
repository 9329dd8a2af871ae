#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <functional>
#include <holdfast/holdfast.hpp>
#include <holdfast/sharded_log.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/json.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

/// Of a checkpoint command: which log, and mostly which checkpoint.
struct CheckpointArguments {
  StoreArguments store;
  std::string log;
  std::string id;
};

/// Opened for its checkpoints: latest records are looked for by nobody, so there is no index of them.
Result<ShardedLog> existing_sharded_log(Store& store, const std::string& name) {
  auto log = ShardedLog::open(store, name, {.mode = OpenMode::existing, .index_latest = false});
  if (!log && log.error().code == ErrorCode::not_found) log.error().message = "no sharded log named " + escape(name);
  return log;
}

using OnLog = std::function<Result<ExitCode>(ShardedLog&)>;

Command on_sharded_log(const CheckpointArguments& arguments, const OnLog& command) {
  return [&arguments, command](Store& store) -> Result<ExitCode> {
    auto log = existing_sharded_log(store, arguments.log);
    if (!log) return Unexpected(log.error());
    return command(*log);
  };
}

Json checkpoint_json(const Checkpoint& checkpoint) {
  Json json;
  set_bytes(json, "id", checkpoint.id);
  json["created_us"] = checkpoint.created_us;
  json["next"] = checkpoint.next;
  return json;
}

std::uint64_t ids_below(const Checkpoint& checkpoint) {
  std::uint64_t count = 0;
  for (const LogId next : checkpoint.next) count += next - 1;
  return count;
}

Result<ExitCode> print_checkpoint(const Result<Checkpoint>& checkpoint, bool json) {
  if (!checkpoint) return Unexpected(checkpoint.error());
  if (json) return Output::document(checkpoint_json(*checkpoint)).and_then(done);
  if (auto printed = Output::line(fmt::format("{}: made at {} us", escape(checkpoint->id), checkpoint->created_us));
      !printed)
    return Unexpected(printed.error());
  for (std::size_t shard = 0; shard < checkpoint->next.size(); ++shard)
    if (auto printed = Output::line(fmt::format("shard {}: ids below {}", shard, checkpoint->next[shard])); !printed)
      return Unexpected(printed.error());
  return done();
}

CLI::App& add_command(CLI::App& group, const std::string& name, const std::string& text, const std::string& footer,
                      CheckpointArguments& arguments) {
  auto& command = *group.add_subcommand(name, text);
  command.footer(footer);
  add_store_arguments(command, arguments.store);
  command.add_option("LOG", arguments.log, "name of the sharded log")->required();
  return command;
}

// --- create, ls, show ---

void add_checkpoint_create(CLI::App& group, Invocation& invocation) {
  const auto arguments = std::make_shared<CheckpointArguments>();
  auto& command = add_command(group, "create", "Keeps a cut through all shards of a sharded log.",
                              "One of that id is replaced.\n"
                              "example: holdfast checkpoint create app.hf events before-upgrade",
                              *arguments);
  command.add_option("ID", arguments->id, "what it is called: 1 to 65535 bytes")->required();
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_write(arguments->store, on_sharded_log(*arguments, [&](ShardedLog& log) {
                                   return print_checkpoint(log.create_checkpoint(arguments->id), invocation.json);
                                 }));
    };
  });
}

Result<ExitCode> list_checkpoints(const ShardedLog& log, bool json) {
  const auto checkpoints = log.checkpoints();
  if (!checkpoints) return Unexpected(checkpoints.error());
  if (json) {
    Json list = Json::array();
    for (const Checkpoint& checkpoint : *checkpoints) list.push_back(checkpoint_json(checkpoint));
    return Output::document(Json{{"checkpoints", std::move(list)}}).and_then(done);
  }
  for (const Checkpoint& checkpoint : *checkpoints)
    if (auto printed = Output::line(
            fmt::format("{:>18}{:>14}  {}", checkpoint.created_us, ids_below(checkpoint), escape(checkpoint.id)));
        !printed)
      return Unexpected(printed.error());
  return done();
}

void add_checkpoint_ls(CLI::App& group, Invocation& invocation) {
  const auto arguments = std::make_shared<CheckpointArguments>();
  auto& command =
      add_command(group, "ls", "Lists the checkpoints of a sharded log, the oldest first. Changes nothing.",
                  "A line: when it was made, in microseconds since 1970; how many ids are below it; its id.\n"
                  "example: holdfast checkpoint ls app.hf events",
                  *arguments);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(arguments->store, on_sharded_log(*arguments, [&](const ShardedLog& log) {
                                  return list_checkpoints(log, invocation.json);
                                }));
    };
  });
}

void add_checkpoint_show(CLI::App& group, Invocation& invocation) {
  struct Arguments : CheckpointArguments {
    std::optional<std::string> asked;
  };
  const auto arguments = std::make_shared<Arguments>();
  auto& command =
      add_command(group, "show", "Shows a checkpoint: the ids of each shard that are below it. Changes nothing.",
                  "Without an id: the one made last.\n"
                  "example: holdfast checkpoint show app.hf events before-upgrade",
                  *arguments);
  command.add_option("ID", arguments->asked, "id of the checkpoint");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(arguments->store, on_sharded_log(*arguments, [&](const ShardedLog& log) {
                                  return print_checkpoint(
                                      arguments->asked ? log.checkpoint(*arguments->asked) : log.latest_checkpoint(),
                                      invocation.json);
                                }));
    };
  });
}

// --- prune, keep ---

Result<ExitCode> prune_before_checkpoint(ShardedLog& log, const std::string& id, bool json) {
  const auto pruned = log.prune_before(id);
  if (!pruned) return Unexpected(pruned.error());
  if (json)
    return Output::document(Json{{"shards", pruned->shards},
                                 {"segments", pruned->segments},
                                 {"bytes", pruned->bytes},
                                 {"checkpoints", pruned->checkpoints}})
        .and_then(done);
  return Output::line(fmt::format("{} of {} shards begin at {} now; {} given back in {} segments, {} checkpoints gone",
                                  pruned->shards, log.shard_count(), escape(id), format_size(pruned->bytes),
                                  pruned->segments, pruned->checkpoints))
      .and_then(done);
}

void add_checkpoint_prune(CLI::App& group, Invocation& invocation) {
  const auto arguments = std::make_shared<CheckpointArguments>();
  auto& command =
      add_command(group, "prune", "Takes the records below a checkpoint away, and the checkpoints older than it.",
                  "Ends with 1, and changes nothing, where a cursor that protects stands below it.\n"
                  "example: holdfast checkpoint prune app.hf events before-upgrade",
                  *arguments);
  command.add_option("ID", arguments->id, "id of the checkpoint")->required();
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_write(arguments->store, on_sharded_log(*arguments, [&](ShardedLog& log) {
                                   return prune_before_checkpoint(log, arguments->id, invocation.json);
                                 }));
    };
  });
}

void add_checkpoint_keep(CLI::App& group, Invocation& invocation) {
  struct Arguments : CheckpointArguments {
    std::uint64_t count = 0;
  };
  const auto arguments = std::make_shared<Arguments>();
  auto& command =
      add_command(group, "keep", "Forgets all checkpoints of a sharded log but the youngest; their records stay.",
                  "example: holdfast checkpoint keep app.hf events 10", *arguments);
  command.add_option("COUNT", arguments->count, "how many stay")->required();
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_write(arguments->store, on_sharded_log(*arguments, [&](ShardedLog& log) -> Result<ExitCode> {
                                   const auto gone = log.keep_checkpoints(arguments->count);
                                   if (!gone) return Unexpected(gone.error());
                                   if (invocation.json)
                                     return Output::document(Json{{"checkpoints", *gone}}).and_then(done);
                                   return Output::line(fmt::format("{} checkpoints gone", *gone)).and_then(done);
                                 }));
    };
  });
}

// --- restore, clone ---

void add_checkpoint_restore(CLI::App& group, Invocation& invocation) {
  const auto arguments = std::make_shared<CheckpointArguments>();
  auto& command = add_command(group, "restore",
                              "Takes away what was appended behind a checkpoint, and the checkpoints younger than it.",
                              "Over all shards in one step. Ids are not given out again.\n"
                              "example: holdfast checkpoint restore app.hf events before-upgrade",
                              *arguments);
  command.add_option("ID", arguments->id, "id of the checkpoint")->required();
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_write(arguments->store, on_sharded_log(*arguments, [&](ShardedLog& log) -> Result<ExitCode> {
                                   if (auto restored = log.restore(arguments->id); !restored)
                                     return Unexpected(restored.error());
                                   return invocation.json ? print_checkpoint(log.checkpoint(arguments->id), true)
                                                          : done();
                                 }));
    };
  });
}

Result<ExitCode> clone_checkpoint(const ShardedLog& log, const std::string& id, Store& store, const std::string& name,
                                  bool json) {
  const auto made = log.clone_at(id, store, name);
  if (!made) return Unexpected(made.error());
  if (!json) return done();
  Json document;
  set_bytes(document, "log", name);
  document["shards"] = made->shard_count();
  return Output::document(document).and_then(done);
}

void add_checkpoint_clone(CLI::App& group, Invocation& invocation) {
  struct Arguments : CheckpointArguments {
    std::string name;
    std::optional<std::string> into;
  };
  const auto arguments = std::make_shared<Arguments>();
  auto& command = add_command(group, "clone", "Makes a new sharded log of the records below a checkpoint.",
                              "Whole or not at all. Its ids begin with 1.\n"
                              "example: holdfast checkpoint clone app.hf events before-upgrade events-then\n"
                              "example: holdfast checkpoint clone app.hf events before-upgrade events --into backup.hf",
                              *arguments);
  command.add_option("ID", arguments->id, "id of the checkpoint")->required();
  command.add_option("NAME", arguments->name, "name of the new sharded log")->required();
  command.add_option("--into", arguments->into, "another store, which must exist, that gets it")->option_text("STORE");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation]() -> Result<ExitCode> {
      const auto clone_into = [&](Store& from, Store& into) -> Result<ExitCode> {
        const auto log = existing_sharded_log(from, arguments->log);
        if (!log) return Unexpected(log.error());
        return clone_checkpoint(*log, arguments->id, into, arguments->name, invocation.json);
      };
      if (!arguments->into)
        return with_store_to_write(arguments->store, [&](Store& store) { return clone_into(store, store); });
      const StoreArguments other{.path = *arguments->into, .emulate_pmem = arguments->store.emulate_pmem};
      return with_store_to_read(arguments->store, [&](Store& from) {
        return with_store_to_write(other, [&](Store& into) { return clone_into(from, into); });
      });
    };
  });
}

}  // namespace

void add_checkpoint_commands(CLI::App& checkpoint, Invocation& invocation) {
  add_checkpoint_create(checkpoint, invocation);
  add_checkpoint_ls(checkpoint, invocation);
  add_checkpoint_show(checkpoint, invocation);
  add_checkpoint_prune(checkpoint, invocation);
  add_checkpoint_keep(checkpoint, invocation);
  add_checkpoint_restore(checkpoint, invocation);
  add_checkpoint_clone(checkpoint, invocation);
}

}  // namespace holdfast::cli
