#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <cstring>
#include <holdfast/holdfast.hpp>
#include <limits>
#include <memory>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/input.hpp"
#include "cli/kv_stream.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"

namespace holdfast::cli {
namespace {

struct LoadArguments {
  StoreArguments store;
  std::string space;
  std::string file = "-";
  StreamFormat format = StreamFormat::jsonl;
  Durability durability = Durability::immediate;
  std::uint64_t batch_count = 256;
  std::uint64_t mark_every_bytes = KvImportOptions().mark_every_bytes;
  bool keeps_existing = false;
  bool resumes = false;
};

KvImportOptions options_of(const LoadArguments& arguments) {
  return {.conflict = arguments.keeps_existing ? KvConflict::keep_existing : KvConflict::replace,
          .durability = arguments.durability,
          .batch_entries = arguments.batch_count,
          .mark_every_bytes = arguments.mark_every_bytes,
          .resumes = arguments.resumes};
}

void show(Progress& progress, const KvStreamProgress& so_far) {
  if (so_far.stream_bytes_total != 0) return progress.bytes(so_far.stream_bytes, so_far.stream_bytes_total);
  progress.entries(so_far.stream_bytes, so_far.entries, so_far.entries_total);
}

// --- JSON Lines ---

/// A file of lines has no id of its own; as long as nobody writes to it, this is one.
KvStreamId id_of(const LineReader::Identity& file) {
  const std::uint64_t halves[2] = {file.inode ^ file.device << 48, file.modified_ns ^ file.size_bytes << 32};
  KvStreamId id;
  static_assert(sizeof halves == sizeof id);
  std::memcpy(id.data(), halves, sizeof id);
  return id;
}

/// The error of a load that stopped half-way: which line, and what is in the store by now.
Error at_line(Error error, const LineReader& reader, const KvImporter& importer) {
  error.message = "line " + std::to_string(reader.line_number()) + ": " + error.to_string() + "; " +
                  std::to_string(importer.report().stored) + " entries before it are stored";
  error.path = reader.name();
  error.offset = 0;
  error.expected.clear();
  error.found.clear();
  return error;
}

Result<Entry> entry_in(const std::string& line, const LineReader& reader) {
  auto entry = parse_entry(line);
  if (!entry && reader.line_number() == 1 && line.starts_with("HFKVSTRM"))
    entry.error().message = "a binary stream, which --format binary takes";
  return entry;
}

Result<void> load_lines(LineReader& reader, KvImporter& importer, std::uint64_t total_bytes,
                        Progress& progress) {
  if (const KvImportMark& mark = importer.resumed_at(); mark.offset != 0)
    if (const auto skipped = reader.skip_to(mark.offset, mark.entries); !skipped) return skipped;
  std::string line;
  for (;;) {
    const auto more = reader.next(line);
    if (!more) return Unexpected(more.error());
    if (!*more) return {};
    const auto entry = entry_in(line, reader);
    if (!entry) return Unexpected(entry.error());
    if (const auto added = importer.add(entry->key, entry->value, entry->expires_us); !added) return added;
    if (const auto reached = importer.reached(reader.offset(), reader.line_number()); !reached)
      return reached;
    show(progress, {.entries = reader.line_number(),
                    .stream_bytes = reader.offset(),
                    .stream_bytes_total = total_bytes});
  }
}

Result<KvImportReport> load_lines(Store& store, Kv& space, LineReader& reader, const LoadArguments& arguments,
                                  Progress& progress) {
  KvImportOptions options = options_of(arguments);
  const auto identity = reader.identity();
  if (!identity)
    options.mark_every_bytes = std::numeric_limits<std::uint64_t>::max();  // nobody could use one
  if (!identity && arguments.resumes)
    return Unexpected(Error{.code = ErrorCode::invalid_argument,
                            .message = "--resume needs a file: lines of a pipe do not say which they are",
                            .path = reader.name()});
  auto importer = KvImporter::begin(store, space, identity ? id_of(*identity) : KvStreamId{}, options);
  if (!importer) return Unexpected(importer.error());
  auto loaded = load_lines(reader, *importer, identity ? identity->size_bytes : 0, progress);
  if (!loaded) return Unexpected(at_line(loaded.error(), reader, *importer));
  auto report = importer->finish();
  if (!report) return Unexpected(at_line(report.error(), reader, *importer));
  return report;
}

// --- binary ---

/// What a stream's own errors are about is the stream, not the store.
Error of_stream(Error error, const std::string& name) {
  const bool is_its_own = error.code == ErrorCode::corruption || error.code == ErrorCode::version_mismatch ||
                          error.code == ErrorCode::invalid_argument;
  if (is_its_own && error.path.empty()) error.path = name;
  return error;
}

Result<KvImportReport> load_stream(Store& store, Kv& space, const LoadArguments& arguments,
                                   Progress& progress) {
  KvImportOptions options = options_of(arguments);
  options.observer = [&](const KvStreamProgress& so_far) { show(progress, so_far); };
  if (arguments.file != "-") return import_kv(store, space, arguments.file, options);
  auto input = PieceReader::open(arguments.file);
  if (!input) return Unexpected(input.error());
  auto report = import_kv(
      store, space, [&](std::span<std::byte> bytes) { return input->next(bytes); }, options);
  if (!report) return Unexpected(of_stream(report.error(), input->name()));
  return report;
}

// --- the command ---

Result<ExitCode> print_report(const KvImportReport& report, const LoadArguments& arguments, bool json) {
  if (json) {
    Json document{{"entries", report.stored}, {"bytes", report.stored_bytes}};
    if (arguments.keeps_existing) document["kept"] = report.kept;
    if (arguments.resumes) document["resumed_behind"] = report.resumed_at.entries;
    return Output::document(document).and_then(done);
  }
  std::string text = "loaded " + std::to_string(report.stored) + " entries";
  if (report.kept != 0) text += ", kept " + std::to_string(report.kept);
  if (report.resumed_at.entries != 0)
    text += ", behind " + std::to_string(report.resumed_at.entries) + " loaded before";
  return Output::line(text).and_then(done);
}

/// `reader` is there for lines alone.
Result<ExitCode> load(Store& store, LineReader* reader, const LoadArguments& arguments, bool json) {
  auto space = store.kv(arguments.space);
  if (!space) return Unexpected(space.error());
  Result<KvImportReport> report;
  {
    Progress progress("loading");
    report = reader != nullptr ? load_lines(store, *space, *reader, arguments, progress)
                               : load_stream(store, *space, arguments, progress);
  }
  if (!report) return Unexpected(report.error());
  return print_report(*report, arguments, json);
}

Result<ExitCode> load(const LoadArguments& arguments, bool json) {
  // Said before anything is done with the store, whatever the format.
  auto reader = LineReader::open(arguments.file);
  if (!reader) return Unexpected(reader.error());
  const bool takes_lines = arguments.format == StreamFormat::jsonl;
  return with_store_to_write(arguments.store, [&](Store& store) {
    return load(store, takes_lines ? &*reader : nullptr, arguments, json);
  });
}

}  // namespace

void add_load_command(CLI::App& kv, Invocation& invocation) {
  const auto arguments = std::make_shared<LoadArguments>();
  auto& command =
      *kv.add_subcommand("load", "Stores the entries of a dump; creates the space if it is not there.");
  command.footer(
      "FILE: one JSON object a line, {\"key\": TEXT, \"value\": TEXT}; \"key_base64\" and \"value_base64\"\n"
      "hold bytes that are not UTF-8, \"expires_us\" when the key is gone. Or, with --format binary, a stream; a damaged block of it is not "
      "loaded.\n"
      "A batch is stored all or nothing; of two entries with one key the later one counts. A load that was\n"
      "ended goes on with --resume, behind the last mark that it has left in the store; lines need a file "
      "for\n"
      "that, and one that was not written to since.\n"
      "example: holdfast kv load app.hf users users.jsonl --durability buffered\n"
      "example: holdfast kv load app.hf users users.hfkv --format binary --resume");
  add_store_arguments(command, arguments->store);
  command.add_option("SPACE", arguments->space, "name of the key-value space")->required();
  command.add_option("FILE", arguments->file, "the dump, or - for standard input");
  add_format_option(command, arguments->format);
  add_durability_option(command, arguments->durability);
  command.add_option("--batch", arguments->batch_count, "entries that are made durable together")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 20))
      ->option_text("N [256]");
  command.add_flag("--keep-existing", arguments->keeps_existing, "leave keys alone that are there already");
  add_size_option(command, "--mark-every", arguments->mark_every_bytes,
                  "so much of the dump between two marks");
  command.add_flag("--resume", arguments->resumes, "go on where a load of the same dump was ended");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] { return load(*arguments, invocation.json); };
  });
}

}  // namespace holdfast::cli
