// Commands that look at regions, and remove them.
#include <fmt/format.h>

#include "cli/escape.hpp"
#include "cli/output.hpp"
#include "cli/region_command.hpp"
#include "cli/region_reports.hpp"
#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

// --- ls and stat ---

struct LsArguments {
  StoreArguments store;
  std::string prefix;
};

Result<std::size_t> version_count(const Region& region) {
  const auto versions = region.versions();
  if (!versions) return Unexpected(versions.error());
  return versions->size();
}

Result<ExitCode> ls_json(Store& store, const std::vector<RegionInfo>& regions) {
  Json list = Json::array();
  for (const RegionInfo& info : regions) {
    const auto region = store.region(info.id);
    if (!region) return Unexpected(region.error());
    const auto count = version_count(*region);
    if (!count) return Unexpected(count.error());
    list.push_back(region_json(info, *count));
  }
  return Output::document(Json{{"regions", std::move(list)}}).and_then(done);
}

Result<ExitCode> ls(Store& store, LsArguments& arguments, bool json) {
  const auto regions = store.regions(arguments.prefix);
  if (!regions) return Unexpected(regions.error());
  if (json) return ls_json(store, *regions);
  for (const RegionInfo& region : *regions) {
    const std::string name = region.name.empty() ? fmt::format("(id {})", region.id) : escape(region.name);
    const auto printed = Output::line(fmt::format("{:>12}  {}", format_size(region.size_bytes), name));
    if (!printed) return Unexpected(printed.error());
  }
  return done();
}

Result<ExitCode> stat(Store& store, RegionArguments& arguments, bool json) {
  const auto region = existing_region(store, arguments.region);
  if (!region) return Unexpected(region.error());
  const auto info = region->info();
  if (!info) return Unexpected(info.error());
  const auto count = version_count(*region);
  if (!count) return Unexpected(count.error());
  if (json) return Output::document(region_json(*info, *count)).and_then(done);
  return Output::write(region_text(*info, *count)).and_then(done);
}

// --- rm ---

struct RmArguments : RegionArguments {
  std::optional<std::uint64_t> version;
};

Result<ExitCode> rm(Store& store, RmArguments& arguments, bool json) {
  auto region = existing_region(store, arguments.region, arguments.version);
  if (!region) return Unexpected(region.error());
  if (const auto removed = region->remove(); !removed) return Unexpected(removed.error());
  if (!json) return done();
  Json document;
  set_bytes(document, "name", arguments.region);
  if (arguments.version) document["version"] = *arguments.version;
  document["id"] = region->id();
  return Output::document(document).and_then(done);
}

}  // namespace

void add_region_commands(CLI::App& region, Invocation& invocation) {
  const auto listing = add_region_command<LsArguments>(
      region, invocation, "ls", "Lists the regions of a store. Changes nothing.",
      "example: holdfast region ls app.hf run7/", with_store_to_read, ls);
  listing.first->add_option("PREFIX", listing.second->prefix, "only those whose name begins so");
  const auto showing = add_region_command<RegionArguments>(
      region, invocation, "stat",
      "Shows a region's id, size, form and metadata, and what it owns of the medium. Changes nothing.",
      "example: holdfast region stat app.hf model", with_store_to_read, stat);
  add_region_name(*showing.first, *showing.second);
  const auto removing = add_region_command<RmArguments>(
      region, invocation, "rm", "Removes a region with its versions, or one version; it is gone for good.",
      "example: holdfast region rm app.hf model\n"
      "example: holdfast region rm app.hf model --version 3",
      with_store_to_write, rm);
  add_region_name(*removing.first, *removing.second);
  removing.first->add_option("--version", removing.second->version, "that version alone, by its number");
}

}  // namespace holdfast::cli
