#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <holdfast/holdfast.hpp>
#include <limits>
#include <memory>
#include <utility>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/escape.hpp"
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

/// Prints entries one by one: a space may be larger than memory.
class EntryPrinter {
 public:
  EntryPrinter(bool json, bool keys_only) : json_(json), keys_only_(keys_only) {}

  Result<void> begin() { return json_ ? Output::write("{\"entries\": [") : Result<void>{}; }

  Result<void> entry(std::string_view key, std::string_view value) {
    if (!json_) return Output::line(keys_only_ ? escape(key) : escape(key) + '\t' + escape(value));
    Json item;
    set_bytes(item, "key", key);
    if (!keys_only_) set_bytes(item, "value", value);
    const std::string_view separator = std::exchange(first_, false) ? "\n" : ",\n";
    return Output::write(separator).and_then([&item] { return Output::write(item.dump()); });
  }

  Result<void> end() { return json_ ? Output::line("\n]}") : Result<void>{}; }

 private:
  bool json_;
  bool keys_only_;
  bool first_ = true;
};

Result<ExitCode> scan(Store& store, const ScanArguments& arguments, bool json) {
  const auto space = existing_space(store, arguments.space);
  if (!space) return Unexpected(space.error());
  EntryPrinter printer(json, arguments.keys_only);
  Result<void> printed = printer.begin();
  std::uint64_t left = arguments.limit;
  if (printed && left > 0) {
    const auto scanned = space->scan(arguments.prefix, [&](std::string_view key, std::string_view value) {
      printed = printer.entry(key, value);
      return printed.has_value() && --left > 0;
    });
    if (!scanned) return Unexpected(scanned.error());
  }
  return printed.and_then([&printer] { return printer.end(); }).and_then(done);
}

Result<ExitCode> count(Store& store, const ScanArguments& arguments, bool json) {
  const auto space = existing_space(store, arguments.space);
  if (!space) return Unexpected(space.error());
  std::uint64_t keys = 0;
  if (arguments.prefix.empty()) {
    const auto size = space->size();
    if (!size) return Unexpected(size.error());
    keys = *size;
  } else {
    const auto scanned = space->scan(arguments.prefix, [&keys](std::string_view, std::string_view) {
      ++keys;
      return true;
    });
    if (!scanned) return Unexpected(scanned.error());
  }
  if (json) return Output::document(Json{{"count", keys}}).and_then(done);
  return Output::line(std::to_string(keys)).and_then(done);
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
