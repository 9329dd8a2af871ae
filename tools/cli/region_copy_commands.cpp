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
#include "cli/dump_file.hpp"
#include "cli/input.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

constexpr std::size_t kPieceSizeBytes = std::size_t{1} << 20;

struct CopyArguments {
  StoreArguments store;
  std::string region;
  std::string file;
};

struct ImportArguments : CopyArguments {
  bool replace = false;
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

/// The region to write to: a new one, or with --replace the one that is there, made empty.
Result<Region> empty_region(Store& store, const ImportArguments& arguments) {
  auto present = store.region(arguments.region, {.mode = OpenMode::existing});
  if (!present && present.error().code == ErrorCode::not_found) return store.region(arguments.region);
  if (!present) return present;
  if (!arguments.replace) {
    return Unexpected(Error{
        .code = ErrorCode::exists,
        .message = "a region named " + arguments.region + " is there already; --replace gives it new bytes"});
  }
  if (const auto emptied = present->truncate(0); !emptied) return Unexpected(emptied.error());
  return present;
}

/// Writes the whole file; how much that was.
Result<std::uint64_t> write_all(Region& region, PieceReader& reader) {
  const std::uint64_t total_bytes = reader.size_bytes().value_or(0);
  if (const auto reserved = region.reserve(total_bytes); !reserved) return Unexpected(reserved.error());
  Progress progress("importing");
  std::vector<std::byte> piece(kPieceSizeBytes);
  std::uint64_t done_bytes = 0;
  for (;;) {
    const auto size = reader.next(piece);
    if (!size) return Unexpected(size.error());
    if (*size == 0) break;
    const auto written = region.write_at(done_bytes, std::span(piece).first(*size));
    if (!written) return Unexpected(written.error());
    done_bytes += *size;
    progress.bytes(done_bytes, total_bytes);
  }
  if (const auto flushed = region.flush(); !flushed) return Unexpected(flushed.error());
  return done_bytes;
}

Result<ExitCode> import_bytes(Store& store, PieceReader& reader, const ImportArguments& arguments,
                              bool json) {
  auto region = empty_region(store, arguments);
  if (!region) return Unexpected(region.error());
  const auto size = write_all(*region, reader);
  if (!size) {
    static_cast<void>(
        region->remove());  // half a file must not be taken for a whole one; the first error counts
    return Unexpected(size.error());
  }
  return print_result("imported", arguments.region, *size, json);
}

void add_import(CLI::App& region, Invocation& invocation) {
  const auto arguments = std::make_shared<ImportArguments>();
  auto& command = *region.add_subcommand(
      "import", "Puts the bytes of FILE into a new region; all are durable when the command ends well.");
  command.footer(
      "FILE - is standard input. If the import fails the region is removed; if the process is killed,\n"
      "what it had written stays, and --replace begins again.\n"
      "example: holdfast region import app.hf model weights.bin");
  add_store_arguments(command, arguments->store);
  command.add_option("NAME", arguments->region, "name of the region")->required();
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

Result<ExitCode> export_bytes(Store& store, const CopyArguments& arguments, bool json) {
  const auto region = existing_region(store, arguments.region);
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
  const auto arguments = std::make_shared<CopyArguments>();
  auto& command = *region.add_subcommand("export", "Writes the bytes of a region to FILE. Changes nothing.");
  command.footer(
      "FILE must not exist yet; - is standard output.\n"
      "example: holdfast region export app.hf model copy.bin");
  add_store_arguments(command, arguments->store);
  command.add_option("NAME", arguments->region, "name of the region")->required();
  command.add_option("FILE", arguments->file, "the file to write, or - for standard output")->required();
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(
          arguments->store, [&](Store& store) { return export_bytes(store, *arguments, invocation.json); });
    };
  });
}

}  // namespace

void add_region_copy_commands(CLI::App& region, Invocation& invocation) {
  add_import(region, invocation);
  add_export(region, invocation);
}

}  // namespace holdfast::cli
