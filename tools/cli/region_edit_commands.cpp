// Commands that make and change regions, and read parts of them.
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <holdfast/holdfast.hpp>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/input.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

constexpr std::size_t kPieceSizeBytes = std::size_t{1} << 20;

/// What all of these commands take, and what some do.
struct Arguments {
  StoreArguments store;
  std::string region;
  std::string new_name;
  std::string file;
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;
  bool has_size = false;
  RegionMetadata metadata;
  std::vector<std::string> attributes;
};

Result<ExitCode> done_unless(const Result<void>& result) {
  if (!result) return Unexpected(result.error());
  return done();
}

// --- create ---

Result<void> take_attributes(Arguments& arguments) {
  for (const std::string& attribute : arguments.attributes) {
    const auto equals = attribute.find('=');
    if (equals == std::string::npos)
      return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = "an attribute is KEY=VALUE: " + attribute});
    arguments.metadata.attributes[attribute.substr(0, equals)] = attribute.substr(equals + 1);
  }
  return {};
}

Result<ExitCode> create(Store& store, Arguments& arguments, bool json) {
  if (auto taken = take_attributes(arguments); !taken) return Unexpected(taken.error());
  auto region = store.create_region({.name = arguments.region, .metadata = arguments.metadata});
  if (!region) return Unexpected(region.error());
  if (arguments.size_bytes != 0) {
    if (const auto sized = region->truncate(arguments.size_bytes); !sized) {
      static_cast<void>(region->remove());  // the first error counts
      return Unexpected(sized.error());
    }
  }
  if (json) return Output::document(Json{{"id", region->id()}}).and_then(done);
  return arguments.region.empty() ? Output::line(fmt::format("{}", region->id())).and_then(done) : done();
}

// --- write and read ---

Result<ExitCode> write(Store& store, Arguments& arguments, bool json) {
  auto reader = PieceReader::open(arguments.file);
  if (!reader) return Unexpected(reader.error());
  auto region = existing_region(store, arguments.region);
  if (!region) return Unexpected(region.error());
  std::vector<std::byte> piece(kPieceSizeBytes);
  std::uint64_t done_bytes = 0;
  for (;;) {
    const auto size = reader->next(piece);
    if (!size) return Unexpected(size.error());
    if (*size == 0) break;
    const auto written = region->write_at(arguments.offset + done_bytes, std::span(piece).first(*size));
    if (!written) return Unexpected(written.error());
    done_bytes += *size;
  }
  if (const auto flushed = region->flush(); !flushed) return Unexpected(flushed.error());
  if (json) return Output::document(Json{{"bytes", done_bytes}}).and_then(done);
  return Output::line("wrote " + format_size(done_bytes)).and_then(done);
}

Result<ExitCode> read(Store& store, Arguments& arguments, bool) {
  const auto region = existing_region(store, arguments.region);
  if (!region) return Unexpected(region.error());
  const auto size = region->size();
  if (!size) return Unexpected(size.error());
  const std::uint64_t rest = *size - std::min(*size, arguments.offset);
  const auto view = region->view(arguments.offset, arguments.has_size ? arguments.size_bytes : rest);
  if (!view) return Unexpected(view.error());
  for (const std::span<const std::byte> span : view->spans()) {
    const auto written = Output::write({reinterpret_cast<const char*>(span.data()), span.size()});
    if (!written) return Unexpected(written.error());
  }
  return done();
}

// --- rename and truncate ---

Result<ExitCode> rename(Store& store, Arguments& arguments, bool) {
  auto region = existing_region(store, arguments.region);
  if (!region) return Unexpected(region.error());
  return done_unless(region->rename(arguments.new_name));
}

Result<ExitCode> truncate(Store& store, Arguments& arguments, bool) {
  auto region = existing_region(store, arguments.region);
  if (!region) return Unexpected(region.error());
  return done_unless(region->truncate(arguments.size_bytes));
}

// --- the command line ---

using WithStore = Result<ExitCode> (*)(const StoreArguments&, const Command&);
using Run = Result<ExitCode> (*)(Store&, Arguments&, bool json);

/// A command with a store; its other arguments are the caller's to add.
std::pair<CLI::App*, std::shared_ptr<Arguments>> add(CLI::App& region, Invocation& invocation, const char* name,
                                                     const char* description, const char* footer,
                                                     WithStore with_store, Run run) {
  const auto arguments = std::make_shared<Arguments>();
  auto& command = *region.add_subcommand(name, description);
  command.footer(footer);
  add_store_arguments(command, arguments->store);
  command.callback([arguments, with_store, run, &invocation] {
    invocation.run = [arguments, with_store, run, &invocation] {
      return with_store(arguments->store, [&](Store& store) { return run(store, *arguments, invocation.json); });
    };
  });
  return {&command, arguments};
}

void add_create(CLI::App& region, Invocation& invocation) {
  const auto [command, arguments] =
      add(region, invocation, "create", "Makes a region, of zeros; without a NAME its id is printed.",
          "example: holdfast region create app.hf model --size 64MiB --owner 'run 7' --attribute units=Pa",
          with_store_to_write, create);
  command->add_option("NAME", arguments->region, "name of the region");
  add_size_option(*command, "--size", arguments->size_bytes, "its size; else it is empty");
  command->add_option("--owner", arguments->metadata.owner, "kept with it");
  command->add_option("--description", arguments->metadata.description, "kept with it");
  add_size_option(*command, "--expected-size", arguments->metadata.expected_size_bytes, "kept with it");
  command->add_option("--attribute", arguments->attributes, "KEY=VALUE, kept with it; may be given often")
      ->allow_extra_args(false);
}

void add_write(CLI::App& region, Invocation& invocation) {
  const auto [command, arguments] =
      add(region, invocation, "write", "Writes the bytes of FILE into a region; they are durable when the command ends well.",
          "FILE - is standard input. A gap behind the region's end reads as zeros.\n"
          "example: holdfast region write app.hf model 4096 header.bin",
          with_store_to_write, write);
  command->add_option("NAME", arguments->region, "name of the region")->required();
  add_size_option(*command, "OFFSET", arguments->offset, "where in the region");
  command->get_option("OFFSET")->required();
  command->add_option("FILE", arguments->file, "the file to read, or - for standard input")->required();
}

void add_read(CLI::App& region, Invocation& invocation) {
  const auto [command, arguments] =
      add(region, invocation, "read", "Writes bytes of a region to standard output. Changes nothing.",
          "example: holdfast region read app.hf model 4096 64", with_store_to_read, read);
  command->add_option("NAME", arguments->region, "name of the region")->required();
  add_size_option(*command, "OFFSET", arguments->offset, "where in the region; else its begin");
  add_size_option(*command, "SIZE", arguments->size_bytes, "how many; else all up to its end");
  command->parse_complete_callback([command = command, arguments = arguments] {
    arguments->has_size = command->get_option("SIZE")->count() > 0;
  });
}

void add_rename(CLI::App& region, Invocation& invocation) {
  const auto [command, arguments] =
      add(region, invocation, "rename", "Gives a region another name, which must be free.",
          "example: holdfast region rename app.hf model model.old", with_store_to_write, rename);
  command->add_option("NAME", arguments->region, "name of the region")->required();
  command->add_option("NEW", arguments->new_name, "its name from now on")->required();
}

void add_truncate(CLI::App& region, Invocation& invocation) {
  const auto [command, arguments] =
      add(region, invocation, "truncate", "Cuts a region, or lets it grow with zeros.",
          "example: holdfast region truncate app.hf model 1MiB", with_store_to_write, truncate);
  command->add_option("NAME", arguments->region, "name of the region")->required();
  add_size_option(*command, "SIZE", arguments->size_bytes, "its size from now on");
  command->get_option("SIZE")->required();
}

}  // namespace

void add_region_edit_commands(CLI::App& region, Invocation& invocation) {
  add_create(region, invocation);
  add_write(region, invocation);
  add_read(region, invocation);
  add_rename(region, invocation);
  add_truncate(region, invocation);
}

}  // namespace holdfast::cli
