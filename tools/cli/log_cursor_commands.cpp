#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <holdfast/holdfast.hpp>
#include <memory>
#include <optional>
#include <string>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/json.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"

namespace holdfast::cli {
namespace {

Json cursor_json(const LogCursor& cursor) {
  Json json;
  set_bytes(json, "name", cursor.name);
  json["next"] = cursor.next;
  json["lag"] = cursor.lag;
  json["committed_us"] = cursor.committed_us;
  json["protects"] = cursor.protects;
  return json;
}

Result<void> print_cursor(const LogCursor& cursor) {
  return Output::line(fmt::format("{:>12}{:>12}  {}{}", cursor.next, cursor.lag, escape(cursor.name),
                                  cursor.protects ? "" : " (protects nothing)"));
}

// --- cursors ---

Result<ExitCode> list_cursors(Store& store, const std::string& stream, bool json) {
  const auto log = existing_log(store, stream);
  if (!log) return Unexpected(log.error());
  const auto cursors = log->cursors();
  if (!cursors) return Unexpected(cursors.error());
  if (json) {
    Json list = Json::array();
    for (const LogCursor& cursor : *cursors) list.push_back(cursor_json(cursor));
    return Output::document(Json{{"cursors", std::move(list)}}).and_then(done);
  }
  for (const LogCursor& cursor : *cursors)
    if (const auto printed = print_cursor(cursor); !printed) return Unexpected(printed.error());
  return done();
}

void add_cursors(CLI::App& log, Invocation& invocation) {
  const auto arguments = std::make_shared<StreamArguments>();
  auto& command = *log.add_subcommand("cursors", "Lists the cursors of a log. Changes nothing.");
  command.footer(
      "A line: the id that its consumer reads next, how many records it is behind, the name.\n"
      "example: holdfast log cursors app.hf events");
  add_stream_arguments(command, *arguments);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(arguments->store, [&](Store& store) {
        return list_cursors(store, arguments->stream, invocation.json);
      });
    };
  });
}

// --- cursor ---

struct CursorArguments : StreamArguments {
  std::string name;
  std::optional<LogId> next;
  bool protects_nothing = false;
  bool drops = false;
};

Result<ExitCode> no_cursor(const CursorArguments& arguments) {
  return Unexpected(Error{.code = ErrorCode::not_found,
                          .message = "no cursor '" + escape(arguments.name) + "' of log '" + escape(arguments.stream) + "'",
                          .path = arguments.store.path});
}

Result<ExitCode> show_cursor(Store& store, const CursorArguments& arguments, bool json) {
  const auto log = existing_log(store, arguments.stream);
  if (!log) return Unexpected(log.error());
  const auto cursor = log->cursor(arguments.name);
  if (!cursor) return Unexpected(cursor.error());
  if (!*cursor) return no_cursor(arguments);
  return (json ? Output::document(cursor_json(**cursor)) : print_cursor(**cursor)).and_then(done);
}

Result<ExitCode> change_cursor(Store& store, const CursorArguments& arguments, bool json) {
  auto log = existing_log(store, arguments.stream);
  if (!log) return Unexpected(log.error());
  if (arguments.drops) {
    const auto dropped = log->drop_cursor(arguments.name);
    if (!dropped) return Unexpected(dropped.error());
    return *dropped ? done() : no_cursor(arguments);
  }
  const CursorOptions options{.durability = Durability::immediate, .protects = !arguments.protects_nothing};
  if (auto committed = log->commit_cursor(arguments.name, *arguments.next, options); !committed)
    return Unexpected(committed.error());
  return show_cursor(store, arguments, json);
}

void add_cursor(CLI::App& log, Invocation& invocation) {
  const auto arguments = std::make_shared<CursorArguments>();
  auto& command = *log.add_subcommand("cursor", "Shows, commits or drops a cursor of a log.");
  command.footer(
      "A cursor is where a consumer goes on. What it has not passed is not taken away, by retention or truncate.\n"
      "example: holdfast log cursor app.hf events mailer --commit 500\n"
      "example: holdfast log cursor app.hf events mailer --drop");
  add_stream_arguments(command, *arguments);
  command.add_option("NAME", arguments->name, "name of the cursor")->required();
  auto* const commit = command.add_option("--commit", arguments->next, "the id to be read next")->option_text("ID");
  command.add_flag("--protects-nothing", arguments->protects_nothing, "records that it has not passed may go")
      ->needs(commit);
  command.add_flag("--drop", arguments->drops, "forget it; ends with 1 if it is not there")->excludes(commit);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      if (!arguments->next && !arguments->drops)
        return with_store_to_read(arguments->store,
                                  [&](Store& store) { return show_cursor(store, *arguments, invocation.json); });
      return with_store_to_write(arguments->store,
                                 [&](Store& store) { return change_cursor(store, *arguments, invocation.json); });
    };
  });
}

}  // namespace

void add_log_cursor_commands(CLI::App& log, Invocation& invocation) {
  add_cursors(log, invocation);
  add_cursor(log, invocation);
}

}  // namespace holdfast::cli
