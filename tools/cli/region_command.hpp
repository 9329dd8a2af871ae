#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdint>
#include <holdfast/holdfast.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/open.hpp"

namespace holdfast::cli {

/// What every command on one region takes; each adds what it needs besides.
struct RegionArguments {
  StoreArguments store;
  std::string region;
};

using WithStore = Result<ExitCode> (*)(const StoreArguments&, const Command&);

/// A command of `holdfast region` with its STORE; the other arguments are the caller's to add.
template <class Arguments>
std::pair<CLI::App*, std::shared_ptr<Arguments>> add_region_command(
    CLI::App& region, Invocation& invocation, const char* name, const char* description, const char* footer,
    WithStore with_store, Result<ExitCode> (*run)(Store&, Arguments&, bool json)) {
  const auto arguments = std::make_shared<Arguments>();
  auto& command = *region.add_subcommand(name, description);
  command.footer(footer);
  add_store_arguments(command, arguments->store);
  command.callback([arguments, with_store, run, &invocation] {
    invocation.run = [arguments, with_store, run, &invocation] {
      return with_store(arguments->store,
                        [&](Store& store) { return run(store, *arguments, invocation.json); });
    };
  });
  return {&command, arguments};
}

/// Adds the positional argument for a region that must be there.
inline void add_region_name(CLI::App& command, RegionArguments& arguments) {
  command.add_option("NAME", arguments.region, "name of the region")->required();
}

/// Adds --version.
inline void add_version_option(CLI::App& command, std::optional<std::uint64_t>& version) {
  command.add_option("--version", version,
                     "of that version, by its number ('region versions'), not of the region");
}

}  // namespace holdfast::cli
