#include <fmt/format.h>

#include <limits>

#include "cli/output.hpp"
#include "cli/region_bytes.hpp"
#include "cli/region_command.hpp"

namespace holdfast::cli {
namespace {

struct CreateArguments : RegionArguments {
  std::uint64_t size_bytes = 0;
  std::string file;
  std::uint64_t checked_block_bytes = 0;
  RegionForm form;
  RegionMetadata metadata;
  std::vector<std::string> attributes;
};

Result<void> take_attributes(CreateArguments& arguments) {
  for (const std::string& attribute : arguments.attributes) {
    const auto equals = attribute.find('=');
    if (equals == std::string::npos)
      return Unexpected(
          Error{.code = ErrorCode::invalid_argument, .message = "an attribute is KEY=VALUE: " + attribute});
    arguments.metadata.attributes[attribute.substr(0, equals)] = attribute.substr(equals + 1);
  }
  return {};
}

/// The library judges the form; here only what it could not be told.
Result<void> take_form(CreateArguments& arguments) {
  if (arguments.checked_block_bytes > std::numeric_limits<std::uint32_t>::max())
    return Unexpected(Error{.code = ErrorCode::invalid_argument,
                            .message = "a region's checked blocks cannot have that size",
                            .found = fmt::format("{}", arguments.checked_block_bytes)});
  arguments.form.checked_block_bytes = static_cast<std::uint32_t>(arguments.checked_block_bytes);
  return {};
}

/// What the new region holds, zeros or the bytes of the file.
Result<void> fill(Region& region, const CreateArguments& arguments, std::optional<PieceReader>& reader) {
  if (!reader) return arguments.size_bytes == 0 ? Result<void>{} : region.truncate(arguments.size_bytes);
  const auto filled = fill_from(region, *reader, "creating");
  if (!filled) return Unexpected(filled.error());
  return {};
}

Result<ExitCode> create(Store& store, CreateArguments& arguments, bool json) {
  if (auto taken = take_attributes(arguments); !taken) return Unexpected(taken.error());
  if (auto taken = take_form(arguments); !taken) return Unexpected(taken.error());
  std::optional<PieceReader> reader;
  if (!arguments.file.empty()) {
    auto opened = PieceReader::open(arguments.file);
    if (!opened) return Unexpected(opened.error());
    reader.emplace(std::move(*opened));
  }
  auto region =
      store.create_region({.name = arguments.region, .metadata = arguments.metadata, .form = arguments.form});
  if (!region) return Unexpected(region.error());
  if (const auto filled = fill(*region, arguments, reader); !filled) {
    static_cast<void>(region->remove());  // the first error counts
    return Unexpected(filled.error());
  }
  if (json) return Output::document(Json{{"id", region->id()}}).and_then(done);
  return arguments.region.empty() ? Output::line(fmt::format("{}", region->id())).and_then(done) : done();
}

void add_form_options(CLI::App& command, CreateArguments& arguments) {
  add_size_option(
      command, "--checked", arguments.checked_block_bytes,
      "a checksum for every block of so many bytes, a power of two from 4KiB to 64MiB; else none");
  command.add_flag("--mirrored", arguments.form.is_mirrored, "every block lies on the medium twice")
      ->needs("--checked");
  command.add_option("--versions", arguments.form.versions_kept,
                     "so many versions are kept ('region keep', 'region replace'); else none");
  command
      .add_flag("--compress-versions", arguments.form.compresses_versions,
                "versions take less room, if they can")
      ->needs("--versions");
}

}  // namespace

void add_region_create_command(CLI::App& region, Invocation& invocation) {
  const auto [command, arguments] = add_region_command<CreateArguments>(
      region, invocation, "create",
      "Makes a region, of zeros or a file's bytes; without a NAME its id is printed.",
      "If it fails there is no region; if the process is killed, what it had made stays.\n"
      "example: holdfast region create app.hf model --size 64MiB --owner 'run 7' --attribute units=Pa\n"
      "example: holdfast region create app.hf state --from state.bin --checked 64KiB --mirrored --versions 3",
      with_store_to_write, create);
  command->add_option("NAME", arguments->region, "name of the region");
  add_size_option(*command, "--size", arguments->size_bytes, "its size; else it is empty");
  command->add_option("--from", arguments->file, "a file with its bytes, or - for standard input")
      ->excludes("--size");
  add_form_options(*command, *arguments);
  command->add_option("--owner", arguments->metadata.owner, "kept with it");
  command->add_option("--description", arguments->metadata.description, "kept with it");
  add_size_option(*command, "--expected-size", arguments->metadata.expected_size_bytes, "kept with it");
  command->add_option("--attribute", arguments->attributes, "KEY=VALUE, kept with it; may be given often")
      ->allow_extra_args(false);
}

}  // namespace holdfast::cli
