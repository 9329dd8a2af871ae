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

namespace holdfast::cli {
namespace {

struct RangeArguments {
  StoreArguments store;
  std::string space;
  KvRange range;
  bool from_is_excluded = false;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  bool keys_only = false;
};

/// A cursor, so that no value is read that nobody asked for.
Result<void> print_range(const Kv& space, const RangeArguments& arguments, EntryPrinter& printer) {
  auto cursor = space.cursor(arguments.range);
  if (!cursor) return Unexpected(cursor.error());
  if (const auto begun = printer.begin(); !begun) return begun;
  std::uint64_t left = arguments.limit;
  auto stands = left > 0 ? cursor->seek_first() : Result<bool>(false);
  for (; stands && *stands; stands = --left > 0 ? cursor->next() : Result<bool>(false)) {
    if (arguments.keys_only) {
      if (const auto printed = printer.key(cursor->key()); !printed) return printed;
      continue;
    }
    const auto value = cursor->value();
    if (!value) return Unexpected(value.error());
    if (const auto printed = printer.entry(cursor->key(), *value); !printed) return printed;
  }
  if (!stands) return Unexpected(stands.error());
  return printer.end();
}

Result<ExitCode> range(Store& store, const RangeArguments& arguments, bool json) {
  const auto space = existing_space(store, arguments.space);
  if (!space) return Unexpected(space.error());
  EntryPrinter printer(json);
  auto printed = print_range(*space, arguments, printer);
  if (!printed && printed.error().code == ErrorCode::not_supported)
    printed.error().message = "the space is not ordered; 'kv scan' goes through it in no order";
  return printed.and_then(done);
}

}  // namespace

void add_range_command(CLI::App& kv, Invocation& invocation) {
  const auto arguments = std::make_shared<RangeArguments>();
  auto& command =
      *kv.add_subcommand("range", "Prints the entries of an ordered space in the order of their keys.");
  command.footer(
      "Keys are compared byte by byte. All that is given must hold: from here on, up to there, with the "
      "prefix.\n"
      "example: holdfast kv range app.hf events --from 2026-01 --to 2026-02 --limit 10\n"
      "example: holdfast kv range app.hf events --prefix 2026 --reverse --limit 1");
  add_store_arguments(command, arguments->store);
  KvRange& range_asked_for = arguments->range;
  command.add_option("SPACE", arguments->space, "name of an ordered key-value space")->required();
  command.add_option("--from", range_asked_for.from, "the first key")->option_text("KEY");
  command.add_flag("--after", arguments->from_is_excluded, "without the key of --from itself");
  command.add_option("--to", range_asked_for.to, "up to this key, without it")->option_text("KEY");
  command.add_flag("--through", range_asked_for.to_inclusive, "with the key of --to itself");
  command.add_option("--prefix", range_asked_for.prefix, "only keys that begin with it")
      ->option_text("PREFIX");
  command.add_flag("--reverse", range_asked_for.reverse, "the greatest key first");
  command.add_option("--limit", arguments->limit, "entries at most")->option_text("N");
  command.add_flag("--keys-only", arguments->keys_only, "leave the values out");
  command.callback([arguments, &invocation] {
    arguments->range.from_inclusive = !arguments->from_is_excluded;
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(arguments->store,
                                [&](Store& store) { return range(store, *arguments, invocation.json); });
    };
  });
}

}  // namespace holdfast::cli
