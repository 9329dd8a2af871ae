// Commands that change regions, and read parts of them.
#include <algorithm>
#include <span>

#include "cli/output.hpp"
#include "cli/region_bytes.hpp"
#include "cli/region_command.hpp"
#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

/// What some of these commands take.
struct EditArguments : RegionArguments {
  std::string new_name;
  std::string file;
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;
  bool has_size = false;
  std::optional<std::uint64_t> version;
};

Result<ExitCode> done_unless(const Result<void>& result) {
  if (!result) return Unexpected(result.error());
  return done();
}

// --- write and read ---

Result<ExitCode> write(Store& store, EditArguments& arguments, bool json) {
  auto reader = PieceReader::open(arguments.file);
  if (!reader) return Unexpected(reader.error());
  auto region = existing_region(store, arguments.region);
  if (!region) return Unexpected(region.error());
  const auto written = write_from(*region, arguments.offset, *reader, "writing");
  if (!written) return Unexpected(written.error());
  if (json) return Output::document(Json{{"bytes", *written}}).and_then(done);
  return Output::line("wrote " + format_size(*written)).and_then(done);
}

Result<ExitCode> read(Store& store, EditArguments& arguments, bool) {
  const auto region = existing_region(store, arguments.region, arguments.version);
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

Result<ExitCode> rename(Store& store, EditArguments& arguments, bool) {
  auto region = existing_region(store, arguments.region);
  if (!region) return Unexpected(region.error());
  return done_unless(region->rename(arguments.new_name));
}

Result<ExitCode> truncate(Store& store, EditArguments& arguments, bool) {
  auto region = existing_region(store, arguments.region);
  if (!region) return Unexpected(region.error());
  return done_unless(region->truncate(arguments.size_bytes));
}

// --- punch and seal ---

Result<ExitCode> punch(Store& store, EditArguments& arguments, bool json) {
  auto region = existing_region(store, arguments.region);
  if (!region) return Unexpected(region.error());
  if (const auto punched = region->punch(arguments.offset, arguments.size_bytes); !punched)
    return Unexpected(punched.error());
  if (!json) return done();
  const auto info = region->info();
  if (!info) return Unexpected(info.error());
  Json document;
  set_bytes(document, "name", arguments.region);
  document["hole_bytes"] = info->hole_bytes;
  return Output::document(document).and_then(done);
}

Result<ExitCode> seal(Store& store, EditArguments& arguments, bool json) {
  auto region = existing_region(store, arguments.region);
  if (!region) return Unexpected(region.error());
  if (const auto sealed = region->seal(); !sealed) return Unexpected(sealed.error());
  if (!json) return done();
  Json document;
  set_bytes(document, "name", arguments.region);
  document["sealed"] = true;
  return Output::document(document).and_then(done);
}

// --- the command line ---

using Run = Result<ExitCode> (*)(Store&, EditArguments&, bool json);

/// A command with a store and a region; its other arguments are the caller's to add.
std::pair<CLI::App*, std::shared_ptr<EditArguments>> add(CLI::App& region, Invocation& invocation, const char* name,
                                                         const char* description, const char* footer,
                                                         WithStore with_store, Run run) {
  const auto added = add_region_command<EditArguments>(region, invocation, name, description, footer, with_store, run);
  add_region_name(*added.first, *added.second);
  return added;
}

void add_write(CLI::App& region, Invocation& invocation) {
  const auto [command, arguments] =
      add(region, invocation, "write", "Writes the bytes of FILE into a region; they are durable when the command ends well.",
          "FILE - is standard input. A gap behind the region's end reads as zeros.\n"
          "example: holdfast region write app.hf model 4096 header.bin",
          with_store_to_write, write);
  add_size_option(*command, "OFFSET", arguments->offset, "where in the region");
  command->get_option("OFFSET")->required();
  command->add_option("FILE", arguments->file, "the file to read, or - for standard input")->required();
}

void add_read(CLI::App& region, Invocation& invocation) {
  const auto [command, arguments] =
      add(region, invocation, "read", "Writes bytes of a region to standard output. Changes nothing.",
          "example: holdfast region read app.hf model 4096 64", with_store_to_read, read);
  add_size_option(*command, "OFFSET", arguments->offset, "where in the region; else its begin");
  add_size_option(*command, "SIZE", arguments->size_bytes, "how many; else all up to its end");
  add_version_option(*command, arguments->version);
  command->parse_complete_callback([command = command, arguments = arguments] {
    arguments->has_size = command->get_option("SIZE")->count() > 0;
  });
}

void add_rename(CLI::App& region, Invocation& invocation) {
  const auto [command, arguments] =
      add(region, invocation, "rename", "Gives a region another name, which must be free.",
          "example: holdfast region rename app.hf model model.old", with_store_to_write, rename);
  command->add_option("NEW", arguments->new_name, "its name from now on")->required();
}

void add_truncate(CLI::App& region, Invocation& invocation) {
  const auto [command, arguments] =
      add(region, invocation, "truncate", "Cuts a region, or lets it grow with zeros.",
          "example: holdfast region truncate app.hf model 1MiB", with_store_to_write, truncate);
  add_size_option(*command, "SIZE", arguments->size_bytes, "its size from now on");
  command->get_option("SIZE")->required();
}

void add_punch(CLI::App& region, Invocation& invocation) {
  const auto [command, arguments] =
      add(region, invocation, "punch", "Makes bytes of a region zeros and gives back the room of the whole blocks among them.",
          "All or nothing; its size stays. Only blocks that lie inside as a whole, of 4 KiB or the region's checked\n"
          "block size, become a hole, and never the last one of the region.\n"
          "example: holdfast region punch app.hf model 64KiB 1MiB",
          with_store_to_write, punch);
  add_size_option(*command, "OFFSET", arguments->offset, "where in the region");
  command->get_option("OFFSET")->required();
  add_size_option(*command, "SIZE", arguments->size_bytes, "how many bytes");
  command->get_option("SIZE")->required();
}

}  // namespace

void add_region_edit_commands(CLI::App& region, Invocation& invocation) {
  add_write(region, invocation);
  add_read(region, invocation);
  add_rename(region, invocation);
  add_truncate(region, invocation);
  add_punch(region, invocation);
  add(region, invocation, "seal", "Makes a region read-only for good, with checksums of all of it.",
      "It can still be read, renamed and removed. Reads every byte once.\n"
      "example: holdfast region seal app.hf model",
      with_store_to_write, seal);
}

}  // namespace holdfast::cli
