#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <functional>
#include <holdfast/holdfast.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/json.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/record_printer.hpp"
#include "cli/shard_arguments.hpp"
#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

// --- create, rm ---

void add_shard_create(CLI::App& group, Invocation& invocation) {
  struct Arguments : ShardArguments {
    std::uint32_t shards = 8;
  };
  const auto arguments = std::make_shared<Arguments>();
  auto& command =
      add_shard_command(group, "create", "Creates an empty sharded log; ends with 1 if there is one of that name.",
                        "append creates a log by itself, of 8 shards.\n"
                        "example: holdfast shard create app.hf events --shards 16",
                        *arguments);
  command.add_option("--shards", arguments->shards, "over how many streams keys are dealt out; default: 8")
      ->option_text("N");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_write(arguments->store, [&](Store& store) -> Result<ExitCode> {
        const auto log =
            ShardedLog::open(store, arguments->log, {.mode = OpenMode::create, .shards = arguments->shards});
        if (!log) return Unexpected(log.error());
        if (!invocation.json) return done();
        Json document;
        set_bytes(document, "log", arguments->log);
        document["shards"] = log->shard_count();
        return Output::document(document).and_then(done);
      });
    };
  });
}

void add_shard_rm(CLI::App& group, Invocation& invocation) {
  const auto arguments = std::make_shared<ShardArguments>();
  auto& command = add_shard_command(group, "rm", "Removes a sharded log, its shards and its checkpoints.",
                                    "example: holdfast shard rm app.hf events", *arguments);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_write(arguments->store, [&](Store& store) -> Result<ExitCode> {
        if (auto removed = ShardedLog::remove(store, arguments->log); !removed) {
          if (removed.error().code == ErrorCode::not_found) return no_sharded_log(arguments->log);
          return Unexpected(removed.error());
        }
        if (!invocation.json) return done();
        Json document;
        set_bytes(document, "log", arguments->log);
        return Output::document(document).and_then(done);
      });
    };
  });
}

// --- ls, stat ---

std::uint64_t records_in(const ShardedLogStatistics& statistics) {
  std::uint64_t records = 0;
  for (const LogStatistics& shard : statistics.shards) records += shard.next_id - shard.first_id;
  return records;
}

std::uint64_t bytes_in(const ShardedLogStatistics& statistics) {
  std::uint64_t bytes = 0;
  for (const LogStatistics& shard : statistics.shards) bytes += shard.segment_bytes;
  return bytes;
}

Json totals_json(const std::string& name, const ShardedLogStatistics& statistics) {
  Json json;
  set_bytes(json, "log", name);
  json["shards"] = statistics.shards.size();
  json["records"] = records_in(statistics);
  json["segment_bytes"] = bytes_in(statistics);
  json["checkpoints"] = statistics.checkpoints;
  return json;
}

Result<ExitCode> list_sharded_logs(Store& store, bool json) {
  const auto names = ShardedLog::list(store);
  if (!names) return Unexpected(names.error());
  Json list = Json::array();
  for (const std::string& name : *names) {
    const auto log = sharded_log_of(store, name, false);
    const auto statistics = log ? log->statistics() : Unexpected(log.error());
    if (!statistics) return Unexpected(statistics.error());
    list.push_back(totals_json(name, *statistics));
    if (json) continue;
    auto printed = Output::line(fmt::format("{:>6}{:>14}{:>12}  {}", statistics->shards.size(), records_in(*statistics),
                                            format_size(bytes_in(*statistics)), escape(name)));
    if (!printed) return Unexpected(printed.error());
  }
  return json ? Output::document(Json{{"sharded_logs", std::move(list)}}).and_then(done) : done();
}

void add_shard_ls(CLI::App& group, Invocation& invocation) {
  const auto arguments = std::make_shared<StoreArguments>();
  auto& command = *group.add_subcommand("ls", "Lists the sharded logs of a store. Changes nothing.");
  command.footer(
      "A line: how many shards, ids in use and bytes of segments; its name. Logs over several stores are not shown.\n"
      "example: holdfast shard ls app.hf");
  add_store_arguments(command, *arguments);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(*arguments, [&](Store& store) { return list_sharded_logs(store, invocation.json); });
    };
  });
}

Result<ExitCode> stat_sharded_log(const ShardedLog& log, const std::string& name, bool json) {
  const auto statistics = log.statistics();
  if (!statistics) return Unexpected(statistics.error());
  Json document = totals_json(name, *statistics);
  document["keys"] = statistics->keys;
  document["each"] = Json::array();
  for (std::size_t i = 0; i < statistics->shards.size(); ++i) {
    const LogStatistics& shard = statistics->shards[i];
    document["each"].push_back(Json{{"first_id", shard.first_id},
                                    {"next_id", shard.next_id},
                                    {"segments", shard.segments},
                                    {"segment_bytes", shard.segment_bytes}});
    if (json) continue;
    auto printed = Output::line(fmt::format("shard {}: ids {} to {}, {} in {} segments", i, shard.first_id,
                                            shard.next_id - 1, format_size(shard.segment_bytes), shard.segments));
    if (!printed) return Unexpected(printed.error());
  }
  if (json) return Output::document(document).and_then(done);
  return Output::line(
             fmt::format("{}: {} keys, {} checkpoints", escape(name), statistics->keys, statistics->checkpoints))
      .and_then(done);
}

void add_shard_stat(CLI::App& group, Invocation& invocation) {
  const auto arguments = std::make_shared<ShardArguments>();
  auto& command = add_shard_command(group, "stat", "Shows the shards of a sharded log. Changes nothing.",
                                    "example: holdfast shard stat app.hf events --json", *arguments);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(arguments->store, on_shards(*arguments, true, [&](ShardedLog& log) {
                                  return stat_sharded_log(log, arguments->log, invocation.json);
                                }));
    };
  });
}

// --- read, latest ---

struct ShardReadArguments : ShardArguments {
  std::optional<std::uint32_t> shard;
  std::optional<LogId> from;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
};

Result<ExitCode> read_shards(const ShardedLog& log, const ShardReadArguments& arguments, bool json) {
  RecordPrinter printer(json ? RecordFormat::json : RecordFormat::plain);
  Result<void> printed = printer.begin();
  std::uint64_t left = arguments.limit;
  const std::uint32_t begin = arguments.shard.value_or(0);
  const std::uint32_t end = arguments.shard ? begin + 1 : log.shard_count();
  for (std::uint32_t index = begin; printed && left > 0 && index < end; ++index) {
    const auto shard = log.shard(index);
    const auto first = shard ? shard->first_id() : Result<LogId>(Unexpected(shard.error()));
    if (!first) return Unexpected(first.error());
    const auto scanned = shard->scan(arguments.from.value_or(*first), [&](const LogEntryView& entry) {
      printed = printer.record(entry);
      return printed.has_value() && --left > 0;
    });
    if (!scanned) return Unexpected(scanned.error());
  }
  return printed.and_then([&printer] { return printer.end(); }).and_then(done);
}

void add_shard_read(CLI::App& group, Invocation& invocation) {
  const auto arguments = std::make_shared<ShardReadArguments>();
  auto& command = add_shard_command(group, "read", "Prints the records of a sharded log, shard by shard.",
                                    "Records are printed as log read does.\n"
                                    "example: holdfast shard read app.hf events --json --shard 3 --from 1000",
                                    *arguments);
  auto* const shard = command.add_option("--shard", arguments->shard, "of this shard alone, from 0")->option_text("N");
  command.add_option("--from", arguments->from, "first id of that shard to print; default: the first there is")
      ->option_text("ID")
      ->needs(shard);
  command.add_option("--limit", arguments->limit, "records at most")->option_text("N");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(arguments->store, on_shards(*arguments, false, [&](ShardedLog& log) {
                                  return read_shards(log, *arguments, invocation.json);
                                }));
    };
  });
}

Result<ExitCode> print_latest(const ShardedLog& log, const std::string& key, bool json) {
  const auto found = log.latest(key);
  if (!found) return Unexpected(found.error());
  if (!*found) return key_not_found(key);
  RecordPrinter printer(json ? RecordFormat::json_lines : RecordFormat::plain);
  const LogEntry& entry = **found;
  return printer.begin()
      .and_then([&] {
        return printer.record(
            {.id = entry.id, .timestamp_us = entry.timestamp_us, .payload = entry.payload, .key = entry.key});
      })
      .and_then([&] { return printer.end(); })
      .and_then(done);
}

void add_shard_latest(CLI::App& group, Invocation& invocation) {
  struct Arguments : ShardArguments {
    std::string key;
  };
  const auto arguments = std::make_shared<Arguments>();
  auto& command = add_shard_command(group, "latest", "Prints the latest record of a key; ends with 1 if there is none.",
                                    "example: holdfast shard latest app.hf events user:1", *arguments);
  command.add_option("KEY", arguments->key, "the key")->required();
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(arguments->store, on_shards(*arguments, true, [&](ShardedLog& log) {
                                  return print_latest(log, arguments->key, invocation.json);
                                }));
    };
  });
}

// --- reshard ---

void add_shard_reshard(CLI::App& group, Invocation& invocation) {
  struct Arguments : ShardArguments {
    std::uint32_t shards = 0;
  };
  const auto arguments = std::make_shared<Arguments>();
  auto& command =
      add_shard_command(group, "reshard", "Deals the records of a sharded log out anew over N shards.",
                        "Ids are new, cursors of shards go, checkpoints stay. It needs room for all records twice,\n"
                        "and goes on where it was when it was interrupted.\n"
                        "example: holdfast shard reshard app.hf events 32",
                        *arguments);
  command.add_option("N", arguments->shards, "how many shards")->required();
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      const auto reshard = [&](ShardedLog& log) -> Result<ExitCode> {
        Progress progress("resharding");
        auto resharded = log.reshard(arguments->shards, [&](const ReshardProgress& now) {
          progress.entries(0, now.done_records, now.total_records);
        });
        if (!resharded) return Unexpected(resharded.error());
        if (!invocation.json) return done();
        return Output::document(Json{{"shards", log.shard_count()}}).and_then(done);
      };
      return with_store_to_write(arguments->store, on_shards(*arguments, false, reshard));
    };
  });
}

}  // namespace

void add_shard_commands(CLI::App& shard, Invocation& invocation) {
  add_shard_create(shard, invocation);
  add_shard_ls(shard, invocation);
  add_shard_stat(shard, invocation);
  add_shard_read(shard, invocation);
  add_shard_latest(shard, invocation);
  add_shard_reshard(shard, invocation);
  add_shard_rm(shard, invocation);
}

}  // namespace holdfast::cli
