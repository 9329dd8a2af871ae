#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <holdfast/holdfast.hpp>
#include <limits>
#include <memory>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/entry_printer.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"

namespace holdfast::cli {
namespace {

struct ScanArguments {
  StoreArguments store;
  std::string space;
  std::string prefix;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  bool keys_only = false;
};

Result<ExitCode> scan(Store& store, const ScanArguments& arguments, bool json) {
  const auto space = existing_space(store, arguments.space);
  if (!space) return Unexpected(space.error());
  EntryPrinter printer(json);
  Result<void> printed = printer.begin();
  std::uint64_t left = arguments.limit;
  if (printed && left > 0) {
    const auto scanned = space->scan(arguments.prefix, [&](std::string_view key, std::string_view value) {
      printed = arguments.keys_only ? printer.key(key) : printer.entry(key, value);
      return printed.has_value() && --left > 0;
    });
    if (!scanned) return Unexpected(scanned.error());
  }
  return printed.and_then([&printer] { return printer.end(); }).and_then(done);
}

Result<std::uint64_t> count_keys(const Kv& space, const std::string& prefix) {
  if (prefix.empty()) return space.size();
  auto counted = space.count({.prefix = prefix});
  if (counted || counted.error().code != ErrorCode::not_supported) return counted;
  std::uint64_t keys = 0;  // the space is not ordered
  const auto scanned = space.scan(prefix, [&keys](std::string_view, std::string_view) {
    ++keys;
    return true;
  });
  if (!scanned) return Unexpected(scanned.error());
  return keys;
}

Result<ExitCode> count(Store& store, const ScanArguments& arguments, bool json) {
  const auto space = existing_space(store, arguments.space);
  if (!space) return Unexpected(space.error());
  const auto keys = count_keys(*space, arguments.prefix);
  if (!keys) return Unexpected(keys.error());
  if (json) return Output::document(Json{{"count", *keys}}).and_then(done);
  return Output::line(std::to_string(*keys)).and_then(done);
}

using ScanCommand = Result<ExitCode> (*)(Store&, const ScanArguments&, bool json);

CLI::App& add_scan_command(CLI::App& kv, Invocation& invocation, const std::string& name,
                           const std::string& description, std::shared_ptr<ScanArguments> arguments,
                           ScanCommand run) {
  auto& command = *kv.add_subcommand(name, description);
  command.footer("example: holdfast kv " + name + " app.hf users user:");
  add_store_arguments(command, arguments->store);
  command.add_option("SPACE", arguments->space, "name of the key-value space")->required();
  command.add_option("PREFIX", arguments->prefix, "only keys that begin with it");
  command.callback([arguments, run, &invocation] {
    invocation.run = [arguments, run, &invocation] {
      return with_store_to_read(arguments->store,
                                [&](Store& store) { return run(store, *arguments, invocation.json); });
    };
  });
  return command;
}

}  // namespace

void add_scan_commands(CLI::App& kv, Invocation& invocation) {
  const auto arguments = std::make_shared<ScanArguments>();
  CLI::App& command = add_scan_command(
      kv, invocation, "scan", "Prints the entries whose keys begin with PREFIX, in no particular order.",
      arguments, scan);
  command.add_option("--limit", arguments->limit, "entries at most")->option_text("N");
  command.add_flag("--keys-only", arguments->keys_only, "leave the values out");
  add_scan_command(kv, invocation, "count", "Prints how many keys begin with PREFIX.",
                   std::make_shared<ScanArguments>(), count);
}

}  // namespace holdfast::cli
