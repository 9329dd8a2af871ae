#include <fmt/chrono.h>
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <chrono>
#include <holdfast/holdfast.hpp>
#include <memory>
#include <string_view>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

// --- ls and stat ---

std::string created_text(const RegionInfo& region) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(region.created);
  return seconds == std::chrono::sys_seconds{} ? "not known" : fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", seconds);
}

Json region_json(const RegionInfo& region) {
  Json json;
  set_bytes(json, "name", region.name);
  json["id"] = region.id;
  json["size_bytes"] = region.size_bytes;
  json["extents"] = region.extent_count;
  json["owned_bytes"] = region.capacity_bytes;
  json["created"] = created_text(region);
  json["expected_size_bytes"] = region.metadata.expected_size_bytes;
  set_bytes(json, "owner", region.metadata.owner);
  set_bytes(json, "description", region.metadata.description);
  Json attributes = Json::array();
  for (const auto& [key, value] : region.metadata.attributes) {
    Json attribute;
    set_bytes(attribute, "key", key);
    set_bytes(attribute, "value", value);
    attributes.push_back(std::move(attribute));
  }
  json["attributes"] = std::move(attributes);
  return json;
}

Result<ExitCode> ls(Store& store, const std::string& prefix, bool json) {
  const auto regions = store.regions(prefix);
  if (!regions) return Unexpected(regions.error());
  if (json) {
    Json list = Json::array();
    for (const RegionInfo& region : *regions) list.push_back(region_json(region));
    return Output::document(Json{{"regions", std::move(list)}}).and_then(done);
  }
  for (const RegionInfo& region : *regions) {
    const std::string name = region.name.empty() ? fmt::format("(id {})", region.id) : escape(region.name);
    const auto printed = Output::line(fmt::format("{:>12}  {}", format_size(region.size_bytes), name));
    if (!printed) return Unexpected(printed.error());
  }
  return done();
}

Result<ExitCode> stat(Store& store, const std::string& name, bool json) {
  const auto region = existing_region(store, name);
  if (!region) return Unexpected(region.error());
  const auto info = region->info();
  if (!info) return Unexpected(info.error());
  if (json) return Output::document(region_json(*info)).and_then(done);
  std::string text;
  const auto add = [&text](std::string_view what, const std::string& value) {
    text += fmt::format("{:<13}{}\n", what, value);
  };
  add("name", escape(info->name));
  add("id", fmt::format("{}", info->id));
  add("size", fmt::format("{} bytes", info->size_bytes));
  add("extents", fmt::format("{}", info->extent_count));
  add("owns", fmt::format("{} bytes", info->capacity_bytes));
  add("created", created_text(*info));
  if (!info->metadata.owner.empty()) add("owner", escape(info->metadata.owner));
  if (!info->metadata.description.empty()) add("description", escape(info->metadata.description));
  if (info->metadata.expected_size_bytes != 0)
    add("expected", fmt::format("{} bytes", info->metadata.expected_size_bytes));
  for (const auto& [key, value] : info->metadata.attributes) add("attribute", escape(key) + " = " + escape(value));
  return Output::write(text).and_then(done);
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
  struct Arguments {
    StoreArguments store;
    std::string prefix;
  };
  const auto arguments = std::make_shared<Arguments>();
  auto& command = *region.add_subcommand("ls", "Lists the regions of a store. Changes nothing.");
  command.footer("example: holdfast region ls app.hf run7/");
  add_store_arguments(command, arguments->store);
  command.add_option("PREFIX", arguments->prefix, "only those whose name begins so");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(arguments->store,
                                [&](Store& store) { return ls(store, arguments->prefix, invocation.json); });
    };
  });
}

}  // namespace

void add_region_commands(CLI::App& region, Invocation& invocation) {
  add_ls(region, invocation);
  add_name_command(region, invocation, "stat",
                   "Shows a region's id, its size, what it owns of the medium, and its metadata. Changes nothing.",
                   with_store_to_read, stat);
  add_name_command(region, invocation, "rm", "Removes a region; it is gone for good.", with_store_to_write,
                   rm);
}

}  // namespace holdfast::cli
