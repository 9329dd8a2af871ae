#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <holdfast/holdfast.hpp>
#include <memory>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

// --- ls and stat ---

struct RegionInfo {
  std::string name;
  RegionId id = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t extents = 0;
  std::uint64_t owned_bytes = 0;
};

Result<RegionInfo> region_info(Store& store, const SpaceInfo& space) {
  const auto region = existing_region(store, space.name);
  if (!region) return Unexpected(region.error());
  const auto size = region->size();
  if (!size) return Unexpected(size.error());
  return RegionInfo{space.name, region->id(), *size, space.segment_count, space.size_bytes};
}

Result<std::vector<RegionInfo>> region_infos(Store& store) {
  const auto spaces = store.spaces();
  if (!spaces) return Unexpected(spaces.error());
  std::vector<RegionInfo> regions;
  for (const SpaceInfo& space : *spaces) {
    if (space.kind != SpaceKind::region) continue;
    auto info = region_info(store, space);
    if (!info) return Unexpected(info.error());
    regions.push_back(std::move(*info));
  }
  return regions;
}

Json region_json(const RegionInfo& region) {
  Json json;
  set_bytes(json, "name", region.name);
  json["id"] = region.id;
  json["size_bytes"] = region.size_bytes;
  json["extents"] = region.extents;
  json["owned_bytes"] = region.owned_bytes;
  return json;
}

Result<ExitCode> ls(Store& store, bool json) {
  const auto regions = region_infos(store);
  if (!regions) return Unexpected(regions.error());
  if (json) {
    Json list = Json::array();
    for (const RegionInfo& region : *regions) list.push_back(region_json(region));
    return Output::document(Json{{"regions", std::move(list)}}).and_then(done);
  }
  for (const RegionInfo& region : *regions) {
    const auto printed =
        Output::line(fmt::format("{:>12}  {}", format_size(region.size_bytes), escape(region.name)));
    if (!printed) return Unexpected(printed.error());
  }
  return done();
}

Result<ExitCode> stat(Store& store, const std::string& name, bool json) {
  if (const auto region = existing_region(store, name); !region) return Unexpected(region.error());
  const auto regions = region_infos(store);
  if (!regions) return Unexpected(regions.error());
  for (const RegionInfo& region : *regions) {
    if (region.name != name) continue;
    if (json) return Output::document(region_json(region)).and_then(done);
    return Output::write(fmt::format("{:<10}{}\n{:<10}{}\n{:<10}{} bytes\n{:<10}{}\n{:<10}{} bytes\n", "name",
                                     escape(region.name), "id", region.id, "size", region.size_bytes,
                                     "extents", region.extents, "owns", region.owned_bytes))
        .and_then(done);
  }
  return Unexpected(Error{.code = ErrorCode::not_found, .message = "no region named " + name});
}

// --- rm ---

Result<ExitCode> rm(Store& store, const std::string& name, bool json) {
  auto region = existing_region(store, name);
  if (!region) return Unexpected(region.error());
  if (const auto removed = region->remove(); !removed) return Unexpected(removed.error());
  if (!json) return done();
  Json document;
  set_bytes(document, "name", name);
  document["id"] = region->id();
  return Output::document(document).and_then(done);
}

// --- the command line ---

using WithStore = Result<ExitCode> (*)(const StoreArguments&, const Command&);
using NameCommand = Result<ExitCode> (*)(Store&, const std::string& name, bool json);

void add_name_command(CLI::App& region, Invocation& invocation, const std::string& name,
                      const std::string& description, WithStore with_store, NameCommand run) {
  struct Arguments {
    StoreArguments store;
    std::string region;
  };
  const auto arguments = std::make_shared<Arguments>();
  auto& command = *region.add_subcommand(name, description);
  command.footer("example: holdfast region " + name + " app.hf model");
  add_store_arguments(command, arguments->store);
  command.add_option("NAME", arguments->region, "name of the region")->required();
  command.callback([arguments, with_store, run, &invocation] {
    invocation.run = [arguments, with_store, run, &invocation] {
      return with_store(arguments->store,
                        [&](Store& store) { return run(store, arguments->region, invocation.json); });
    };
  });
}

void add_ls(CLI::App& region, Invocation& invocation) {
  const auto arguments = std::make_shared<StoreArguments>();
  auto& command = *region.add_subcommand("ls", "Lists the regions of a store. Changes nothing.");
  command.footer("example: holdfast region ls app.hf");
  add_store_arguments(command, *arguments);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(*arguments, [&](Store& store) { return ls(store, invocation.json); });
    };
  });
}

}  // namespace

void add_region_commands(CLI::App& region, Invocation& invocation) {
  add_ls(region, invocation);
  add_name_command(region, invocation, "stat",
                   "Shows a region's id, its size, and what it owns of the medium. Changes nothing.",
                   with_store_to_read, stat);
  add_name_command(region, invocation, "rm", "Removes a region; it is gone for good.", with_store_to_write,
                   rm);
}

}  // namespace holdfast::cli
