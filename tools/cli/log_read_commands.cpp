#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <holdfast/holdfast.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/record_printer.hpp"
#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

// --- read ---

struct ReadArguments {
  StoreArguments store;
  std::string stream;
  std::optional<LogId> from;
  std::optional<std::uint64_t> since_us;
  bool reverse = false;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
};

Result<ExitCode> read(Store& store, const ReadArguments& arguments, bool json) {
  const auto log = existing_log(store, arguments.stream);
  if (!log) return Unexpected(log.error());
  const auto begin = [&]() -> Result<LogId> {
    if (arguments.from) return *arguments.from;
    if (arguments.since_us) return log->find_time(*arguments.since_us);
    return arguments.reverse ? log->next_id() : log->first_id();
  };
  const auto from = begin();
  if (!from) return Unexpected(from.error());
  RecordPrinter printer(json ? RecordFormat::json : RecordFormat::plain);
  Result<void> printed = printer.begin();
  std::uint64_t left = arguments.limit;
  if (printed && left > 0) {
    const auto print = [&](const LogEntryView& entry) {
      printed = printer.record(entry);
      return printed.has_value() && --left > 0;
    };
    const auto scanned = arguments.reverse ? log->scan_back(*from, print) : log->scan(*from, print);
    if (!scanned) return Unexpected(scanned.error());
  }
  return printed.and_then([&printer] { return printer.end(); }).and_then(done);
}

void add_read(CLI::App& log, Invocation& invocation) {
  const auto arguments = std::make_shared<ReadArguments>();
  auto& command = *log.add_subcommand("read", "Prints the records of a log in the order of their ids, or back.");
  command.footer(
      "Each record is its payload and a line break, on a terminal escaped. --json shows ids and times as\n"
      "well, and keeps payloads apart that hold line breaks.\n"
      "example: holdfast log read app.hf events --from 1000 --limit 10\n"
      "example: holdfast log read app.hf events --reverse --limit 1");
  add_store_arguments(command, arguments->store);
  command.add_option("STREAM", arguments->stream, "name of the log")->required();
  auto* const from = command.add_option("--from", arguments->from, "first id to print; default: the first there is")
                         ->option_text("ID");
  auto* const since = command.add_option("--since-us", arguments->since_us,
                                         "begins with the first record of that time, in microseconds since 1970")
                          ->option_text("N")
                          ->excludes(from);
  command.add_flag("--reverse", arguments->reverse, "the last one first, or back from --from")->excludes(since);
  command.add_option("--limit", arguments->limit, "records at most")->option_text("N");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(arguments->store,
                                [&](Store& store) { return read(store, *arguments, invocation.json); });
    };
  });
}

// --- streams ---

struct StreamInfo {
  SpaceInfo space;
  LogId first_id = 0;
  LogId next_id = 0;
};

Result<std::vector<StreamInfo>> stream_infos(Store& store) {
  const auto spaces = store.spaces();
  if (!spaces) return Unexpected(spaces.error());
  std::vector<StreamInfo> streams;
  for (const SpaceInfo& space : *spaces) {
    if (space.kind != SpaceKind::log) continue;
    const auto log = existing_log(store, space.name);
    if (!log) return Unexpected(log.error());
    const auto first = log->first_id();
    const auto next = log->next_id();
    if (!first || !next) return Unexpected(first ? next.error() : first.error());
    streams.push_back({space, *first, *next});
  }
  return streams;
}

Json stream_json(const StreamInfo& stream) {
  Json json;
  set_bytes(json, "name", stream.space.name);
  json["first_id"] = stream.first_id;
  json["next_id"] = stream.next_id;
  json["size_bytes"] = stream.space.size_bytes;
  return json;
}

Result<ExitCode> streams(Store& store, bool json) {
  const auto streams = stream_infos(store);
  if (!streams) return Unexpected(streams.error());
  if (json) {
    Json list = Json::array();
    for (const StreamInfo& stream : *streams) list.push_back(stream_json(stream));
    return Output::document(Json{{"streams", std::move(list)}}).and_then(done);
  }
  for (const StreamInfo& stream : *streams) {
    const auto printed =
        Output::line(fmt::format("{:>12}{:>12}{:>12}  {}", stream.first_id, stream.next_id,
                                 format_size(stream.space.size_bytes), escape(stream.space.name)));
    if (!printed) return Unexpected(printed.error());
  }
  return done();
}

void add_streams(CLI::App& log, Invocation& invocation) {
  const auto arguments = std::make_shared<StoreArguments>();
  auto& command = *log.add_subcommand("streams", "Lists the logs of a store. Changes nothing.");
  command.footer(
      "A line: the first id that can be read, the id that comes next, the size on the medium, the name.\n"
      "example: holdfast log streams app.hf");
  add_store_arguments(command, *arguments);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(*arguments, [&](Store& store) { return streams(store, invocation.json); });
    };
  });
}

}  // namespace

void add_log_read_commands(CLI::App& log, Invocation& invocation) {
  add_read(log, invocation);
  add_streams(log, invocation);
}

}  // namespace holdfast::cli
