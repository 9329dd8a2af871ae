#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <holdfast/holdfast.hpp>
#include <memory>
#include <string>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/json.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

struct SpaceArguments {
  StoreArguments store;
  std::string space;
};

void add_space_arguments(CLI::App& command, SpaceArguments& arguments) {
  add_store_arguments(command, arguments.store);
  command.add_option("SPACE", arguments.space, "name of the key-value space")->required();
}

// --- compact ---

Result<KvStatistics> compacted(Kv& space) {
  {
    Progress progress("compacting");
    auto compacted = space.compact([&progress](std::uint64_t done_bytes, std::uint64_t total_bytes) {
      progress.bytes(done_bytes, total_bytes);
      return true;
    });
    if (!compacted) return Unexpected(compacted.error());
  }
  return space.statistics();
}

Result<ExitCode> compact(Store& store, const std::string& name, bool json) {
  auto space = existing_space(store, name);
  if (!space) return Unexpected(space.error());
  const auto after = compacted(*space);
  if (!after) return Unexpected(after.error());
  if (!json)
    return Output::line(fmt::format("{}: {} given back in {} segments, {} copied; {} live, {} garbage left", escape(name),
                                    format_size(after->freed_bytes), after->cleaned_segments,
                                    format_size(after->moved_bytes), format_size(after->live_bytes),
                                    format_size(after->garbage_bytes)))
        .and_then(done);
  Json document;
  set_bytes(document, "space", name);
  document["freed_bytes"] = after->freed_bytes;
  document["cleaned_segments"] = after->cleaned_segments;
  document["moved_bytes"] = after->moved_bytes;
  document["live_bytes"] = after->live_bytes;
  document["garbage_bytes"] = after->garbage_bytes;
  return Output::document(document).and_then(done);
}

void add_compact(CLI::App& kv, Invocation& invocation) {
  const auto arguments = std::make_shared<SpaceArguments>();
  auto& command = *kv.add_subcommand("compact", "Gives back the room of what was replaced or erased.");
  command.footer(
      "A store does that by itself while it is written to; this does all of it at once.\n"
      "example: holdfast kv compact app.hf users");
  add_space_arguments(command, *arguments);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_write(arguments->store,
                                 [&](Store& store) { return compact(store, arguments->space, invocation.json); });
    };
  });
}

// --- drop ---

void add_drop(CLI::App& kv, Invocation& invocation) {
  const auto arguments = std::make_shared<SpaceArguments>();
  auto& command = *kv.add_subcommand("drop", "Removes a space and everything in it; ends with 1 if it is not there.");
  command.footer("example: holdfast kv drop app.hf copies");
  add_space_arguments(command, *arguments);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation]() -> Result<ExitCode> {
      const auto dropped = with_store_to_write(arguments->store, [&](Store& store) -> Result<ExitCode> {
        if (const auto space = existing_space(store, arguments->space); !space) return Unexpected(space.error());
        return store.drop_kv(arguments->space).and_then(done);
      });
      if (!dropped || !invocation.json) return dropped;
      Json document;
      set_bytes(document, "space", arguments->space);
      return Output::document(document).and_then(done);
    };
  });
}

}  // namespace

void add_upkeep_commands(CLI::App& kv, Invocation& invocation) {
  add_compact(kv, invocation);
  add_drop(kv, invocation);
}

}  // namespace holdfast::cli
