#include <algorithm>
#include <span>

#include "cli/dump_file.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/region_bytes.hpp"
#include "cli/region_command.hpp"
#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

struct CopyArguments : RegionArguments {
  std::string file;
};

struct ImportArguments : CopyArguments {
  bool replace = false;
};

struct ExportArguments : CopyArguments {
  std::optional<std::uint64_t> version;
};

Result<ExitCode> print_result(const std::string& verb, const std::string& region, std::uint64_t size_bytes,
                              bool json) {
  if (!json) return Output::line(verb + " " + format_size(size_bytes)).and_then(done);
  Json document;
  set_bytes(document, "name", region);
  document["bytes"] = size_bytes;
  return Output::document(document).and_then(done);
}

// --- import ---

struct EmptyRegion {
  Region region;
  bool is_new;
};

/// The region to write to: a new one, or with --replace the one that is there, made empty.
Result<EmptyRegion> empty_region(Store& store, const ImportArguments& arguments) {
  auto present = store.region(arguments.region, {.mode = OpenMode::existing});
  if (!present && present.error().code == ErrorCode::not_found) {
    auto created = store.region(arguments.region);
    if (!created) return Unexpected(created.error());
    return EmptyRegion{std::move(*created), true};
  }
  if (!present) return Unexpected(present.error());
  if (!arguments.replace) {
    return Unexpected(Error{
        .code = ErrorCode::exists,
        .message = "a region named " + arguments.region + " is there already; --replace gives it new bytes"});
  }
  if (const auto emptied = present->truncate(0); !emptied) return Unexpected(emptied.error());
  return EmptyRegion{std::move(*present), false};
}

Result<ExitCode> import_bytes(Store& store, PieceReader& reader, const ImportArguments& arguments,
                              bool json) {
  auto empty = empty_region(store, arguments);
  if (!empty) return Unexpected(empty.error());
  const auto size = fill_from(empty->region, reader, "importing");
  if (!size) {
    // Half a file must not be taken for a whole one; the first error counts. Versions are not the import's to remove.
    static_cast<void>(empty->is_new ? empty->region.remove() : empty->region.truncate(0));
    return Unexpected(size.error());
  }
  return print_result("imported", arguments.region, *size, json);
}

void add_import(CLI::App& region, Invocation& invocation) {
  const auto arguments = std::make_shared<ImportArguments>();
  auto& command = *region.add_subcommand(
      "import", "Puts the bytes of FILE into a new region; all are durable when the command ends well.");
  command.footer(
      "FILE - is standard input. If the import fails a new region is removed, and one that was there is empty;\n"
      "if the process is killed, what it had written stays, and --replace begins again. All or nothing:\n"
      "'region replace'.\n"
      "example: holdfast region import app.hf model weights.bin");
  add_store_arguments(command, arguments->store);
  add_region_name(command, *arguments);
  command.add_option("FILE", arguments->file, "the file to read, or - for standard input")->required();
  command.add_flag("--replace", arguments->replace, "a region of that name loses its bytes and keeps its id");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation]() -> Result<ExitCode> {
      auto reader = PieceReader::open(arguments->file);
      if (!reader) return Unexpected(reader.error());
      return with_store_to_write(arguments->store, [&](Store& store) {
        return import_bytes(store, *reader, *arguments, invocation.json);
      });
    };
  });
}

// --- export ---

/// Writes the bytes where they lie to `file`.
Result<void> write_view(DumpFile& file, const RegionView& view) {
  Progress progress("exporting");
  std::uint64_t done_bytes = 0;
  for (const std::span<const std::byte> span : view.spans()) {
    for (std::size_t at = 0; at < span.size(); at += kPieceSizeBytes) {
      const auto piece = span.subspan(at, std::min(kPieceSizeBytes, span.size() - at));
      const auto written = file.write({reinterpret_cast<const char*>(piece.data()), piece.size()});
      if (!written) return written;
      done_bytes += piece.size();
      progress.bytes(done_bytes, view.size_bytes());
    }
  }
  return {};
}

Result<ExitCode> export_bytes(Store& store, ExportArguments& arguments, bool json) {
  const auto region = existing_region(store, arguments.region, arguments.version);
  if (!region) return Unexpected(region.error());
  const auto size = region->size();
  if (!size) return Unexpected(size.error());
  const auto view = region->view(0, *size);
  if (!view) return Unexpected(view.error());
  auto file = DumpFile::create(arguments.file);
  if (!file) return Unexpected(file.error());
  if (const auto written = write_view(*file, *view); !written) return Unexpected(written.error());
  if (const auto finished = file->finish(); !finished) return Unexpected(finished.error());
  return file->is_standard_output() ? done() : print_result("exported", arguments.region, *size, json);
}

void add_export(CLI::App& region, Invocation& invocation) {
  const auto [command, arguments] = add_region_command<ExportArguments>(
      region, invocation, "export", "Writes the bytes of a region to FILE. Changes nothing.",
      "FILE must not exist yet; - is standard output.\n"
      "example: holdfast region export app.hf model copy.bin",
      with_store_to_read, export_bytes);
  add_region_name(*command, *arguments);
  command->add_option("FILE", arguments->file, "the file to write, or - for standard output")->required();
  add_version_option(*command, arguments->version);
}

}  // namespace

void add_region_copy_commands(CLI::App& region, Invocation& invocation) {
  add_import(region, invocation);
  add_export(region, invocation);
}

}  // namespace holdfast::cli
