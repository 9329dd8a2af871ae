// Commands on the versions of a region.
#include <fmt/format.h>

#include "cli/output.hpp"
#include "cli/region_bytes.hpp"
#include "cli/region_command.hpp"
#include "cli/region_reports.hpp"

namespace holdfast::cli {
namespace {

// --- versions and set-versions ---

Result<ExitCode> versions(Store& store, RegionArguments& arguments, bool json) {
  const auto region = existing_region(store, arguments.region);
  if (!region) return Unexpected(region.error());
  const auto kept = region->versions();
  if (!kept) return Unexpected(kept.error());
  if (!json) return Output::write(versions_text(*kept)).and_then(done);
  Json document;
  set_bytes(document, "name", arguments.region);
  document["versions"] = versions_json(*kept);
  return Output::document(document).and_then(done);
}

struct SetVersionsArguments : RegionArguments {
  std::uint32_t count = 0;
  bool compress = false;
};

Result<ExitCode> set_versions(Store& store, SetVersionsArguments& arguments, bool json) {
  auto region = existing_region(store, arguments.region);
  if (!region) return Unexpected(region.error());
  const auto set = region->set_versions_kept(arguments.count, arguments.compress);
  if (!set) return Unexpected(set.error());
  if (!json) return done();
  Json document;
  set_bytes(document, "name", arguments.region);
  document["versions_kept"] = arguments.count;
  document["compresses_versions"] = arguments.compress;
  return Output::document(document).and_then(done);
}

// --- keep and replace ---

Result<ExitCode> keep(Store& store, RegionArguments& arguments, bool json) {
  auto region = existing_region(store, arguments.region);
  if (!region) return Unexpected(region.error());
  auto version = region->keep_version();
  if (!version && version.error().code == ErrorCode::not_supported)
    version.error().message =
        "region " + arguments.region + " keeps no versions; 'holdfast region set-versions' lets it";
  if (!version) return Unexpected(version.error());
  if (!json) return Output::line(fmt::format("{}", version->number)).and_then(done);
  Json document;
  set_bytes(document, "name", arguments.region);
  document["version"] = version_json(*version);
  return Output::document(document).and_then(done);
}

struct ReplaceArguments : RegionArguments {
  std::string file;
};

Result<ExitCode> replace(Store& store, ReplaceArguments& arguments, bool json) {
  auto region = existing_region(store, arguments.region);
  if (!region) return Unexpected(region.error());
  auto reader = PieceReader::open(arguments.file);
  if (!reader) return Unexpected(reader.error());
  // Not mapped: a file that somebody changes meanwhile would get a checksum of other bytes than are written.
  const auto bytes = read_whole(*reader);
  if (!bytes) return Unexpected(bytes.error());
  const auto version = region->replace(*bytes);
  if (!version) return Unexpected(version.error());
  const bool has_version = version->number != 0;
  if (!json) return has_version ? Output::line(fmt::format("{}", version->number)).and_then(done) : done();
  Json document;
  set_bytes(document, "name", arguments.region);
  document["bytes"] = bytes->size();
  document["version"] = has_version ? version_json(*version) : Json(nullptr);
  return Output::document(document).and_then(done);
}

}  // namespace

void add_region_version_commands(CLI::App& region, Invocation& invocation) {
  const auto listing = add_region_command<RegionArguments>(
      region, invocation, "versions",
      "Lists a region's versions, the oldest first: number, size, room, when it was kept, id. Changes "
      "nothing.",
      "'region read' and 'region export' take the number as --version; 'region rm' removes one.\n"
      "example: holdfast region versions app.hf model",
      with_store_to_read, versions);
  add_region_name(*listing.first, *listing.second);

  const auto setting = add_region_command<SetVersionsArguments>(
      region, invocation, "set-versions", "Says how many versions of a region are kept from now on, and how.",
      "Those beyond go when the next one is kept; 0: none is kept.\n"
      "example: holdfast region set-versions app.hf model 5 --compress",
      with_store_to_write, set_versions);
  add_region_name(*setting.first, *setting.second);
  setting.first->add_option("COUNT", setting.second->count, "how many are kept")->required();
  setting.first->add_flag("--compress", setting.second->compress, "they take less room, if they can");

  const auto keeping = add_region_command<RegionArguments>(
      region, invocation, "keep", "Keeps what a region holds as a version, and prints its number.",
      "The oldest goes when there are more than are kept ('region set-versions').\n"
      "example: holdfast region keep app.hf model",
      with_store_to_write, keep);
  add_region_name(*keeping.first, *keeping.second);

  const auto replacing = add_region_command<ReplaceArguments>(
      region, invocation, "replace",
      "Puts the bytes of FILE in the place of all that a region holds, all or nothing.",
      "If versions are kept, what it held becomes one, whose number is printed.\n"
      "FILE - is standard input. FILE is read into memory as a whole; for one that is larger than that,\n"
      "'region keep' and 'region import --replace', which is not all or nothing.\n"
      "example: holdfast region replace app.hf model weights.bin",
      with_store_to_write, replace);
  add_region_name(*replacing.first, *replacing.second);
  replacing.first->add_option("FILE", replacing.second->file, "the file to read, or - for standard input")
      ->required();
}

}  // namespace holdfast::cli
