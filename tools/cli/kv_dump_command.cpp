#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <holdfast/holdfast.hpp>
#include <memory>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/dump_file.hpp"
#include "cli/kv_stream.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"

namespace holdfast::cli {
namespace {

struct DumpArguments {
  StoreArguments store;
  std::string space;
  std::string file = "-";
  StreamFormat format = StreamFormat::jsonl;
  bool resumes = false;
};

/// What a dump has written; bytes of keys and values.
struct Dumped {
  std::uint64_t entries = 0;
  std::uint64_t size_bytes = 0;
};

Result<Dumped> dump_lines(const Kv& space, DumpFile& file, Progress& progress) {
  const auto total = space.size();
  if (!total) return Unexpected(total.error());
  const auto snapshot = space.snapshot();
  if (!snapshot) return Unexpected(snapshot.error());
  Dumped dumped;
  Result<void> written;
  const auto scanned = snapshot->scan("", [&](std::string_view key, std::string_view value) {
    const auto expires_us = snapshot->expires_at_us(key);
    written = expires_us ? file.line(format_entry(key, value, *expires_us)) : Unexpected(expires_us.error());
    ++dumped.entries;
    dumped.size_bytes += key.size() + value.size();
    progress.entries(dumped.size_bytes, dumped.entries, *total);
    return written.has_value();
  });
  if (!scanned) return Unexpected(scanned.error());
  if (!written) return Unexpected(written.error());
  return dumped;
}

Result<Dumped> dump_stream(const Kv& space, DumpFile& file, Progress& progress) {
  KvExportOptions options;
  options.observer = [&](const KvStreamProgress& so_far) {
    progress.entries(so_far.stream_bytes, so_far.entries, so_far.entries_total);
  };
  const auto report = export_kv(
      space,
      [&](std::span<const std::byte> bytes) {
        return file.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});  // bytes as text
      },
      options);
  if (!report) return Unexpected(report.error());
  return Dumped{.entries = report->entries, .size_bytes = report->content_bytes};
}

Result<ExitCode> dump(Store& store, const DumpArguments& arguments, bool json) {
  const auto space = existing_space(store, arguments.space);
  if (!space) return Unexpected(space.error());
  auto file = DumpFile::create(arguments.file, arguments.resumes);
  if (!file) return Unexpected(file.error());
  Result<Dumped> dumped;
  {
    Progress progress("dumping");
    dumped = arguments.format == StreamFormat::binary ? dump_stream(*space, *file, progress)
                                                      : dump_lines(*space, *file, progress);
  }
  if (!dumped) return Unexpected(dumped.error());
  if (const auto finished = file->finish(); !finished) return Unexpected(finished.error());
  if (file->is_standard_output()) return done();
  if (json)
    return Output::document(Json{{"entries", dumped->entries}, {"bytes", dumped->size_bytes}}).and_then(done);
  return Output::line("dumped " + std::to_string(dumped->entries) + " entries").and_then(done);
}

}  // namespace

void add_dump_command(CLI::App& kv, Invocation& invocation) {
  const auto arguments = std::make_shared<DumpArguments>();
  auto& command = *kv.add_subcommand("dump", "Writes every entry of a space as load takes it back.");
  command.footer(
      "FILE must not exist yet; - or none: standard output. It has its name once it is whole; until then it "
      "is\n"
      "FILE.partial, which a killed dump leaves and --resume replaces, from the start. jsonl: one JSON "
      "object a\n"
      "line; binary: smaller, faster, and every damaged or missing byte is noticed by load.\n"
      "example: holdfast kv dump app.hf users users.jsonl\n"
      "example: holdfast kv dump app.hf users users.hfkv --format binary");
  add_store_arguments(command, arguments->store);
  command.add_option("SPACE", arguments->space, "name of the key-value space")->required();
  command.add_option("FILE", arguments->file, "the file to write, or - for standard output");
  add_format_option(command, arguments->format);
  command.add_flag("--resume", arguments->resumes, "replace what a dump to FILE that did not end has left");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(arguments->store,
                                [&](Store& store) { return dump(store, *arguments, invocation.json); });
    };
  });
}

}  // namespace holdfast::cli
