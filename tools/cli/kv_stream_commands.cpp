#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <holdfast/holdfast.hpp>
#include <memory>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/dump_file.hpp"
#include "cli/input.hpp"
#include "cli/kv_stream.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"

namespace holdfast::cli {
namespace {

constexpr std::uint64_t kBatchSizeBytesMax = std::uint64_t{8} << 20;

struct StreamArguments {
  StoreArguments store;
  std::string space;
  std::string file = "-";
};

struct LoadArguments : StreamArguments {
  Durability durability = Durability::immediate;
  std::uint64_t batch_count = 256;
};

Json counts_json(std::uint64_t entries, std::uint64_t size_bytes) {
  return Json{{"entries", entries}, {"bytes", size_bytes}};
}

// --- load ---

/// Collects entries into batches and commits each batch when it is full.
class Loader {
 public:
  Loader(Store& store, const Kv& space, const LoadArguments& arguments)
      : store_(store), space_(space), arguments_(arguments) {}

  Result<void> add(const Entry& entry) {
    batch_.put(space_, entry.key, entry.value);
    batch_size_bytes_ += entry.key.size() + entry.value.size();
    const bool full = batch_.count() >= arguments_.batch_count || batch_size_bytes_ >= kBatchSizeBytesMax;
    return full ? commit() : Result<void>{};
  }

  Result<void> commit() {
    if (batch_.count() == 0) return {};
    if (auto committed = store_.commit(batch_, {.durability = arguments_.durability}); !committed)
      return committed;
    stored_count_ += batch_.count();
    stored_size_bytes_ += batch_size_bytes_;
    batch_.clear();
    batch_size_bytes_ = 0;
    return {};
  }

  [[nodiscard]] std::uint64_t stored_count() const noexcept { return stored_count_; }
  [[nodiscard]] std::uint64_t stored_size_bytes() const noexcept { return stored_size_bytes_; }

 private:
  Store& store_;
  const Kv& space_;
  const LoadArguments& arguments_;
  Batch batch_;
  std::uint64_t batch_size_bytes_ = 0;
  std::uint64_t stored_count_ = 0;
  std::uint64_t stored_size_bytes_ = 0;
};

Result<void> load_lines(LineReader& reader, Loader& loader, Progress& progress) {
  std::string line;
  for (;;) {
    const auto more = reader.next(line);
    if (!more) return Unexpected(more.error());
    if (!*more) return loader.commit();
    const auto entry = parse_entry(line);
    if (!entry) return Unexpected(entry.error());
    if (const auto added = loader.add(*entry); !added) return added;
    progress.entries(loader.stored_size_bytes(), loader.stored_count());
  }
}

/// The error of a load that stopped half-way: which line, and what is in the store by now.
Error at_line(Error error, const LineReader& reader, const Loader& loader) {
  error.message = "line " + std::to_string(reader.line_number()) + ": " + error.to_string() + "; " +
                  std::to_string(loader.stored_count()) + " entries before it are stored";
  error.path = reader.name();
  error.offset = 0;
  error.expected.clear();
  error.found.clear();
  return error;
}

Result<ExitCode> load(Store& store, LineReader& reader, const LoadArguments& arguments, bool json) {
  const auto space = store.kv(arguments.space);
  if (!space) return Unexpected(space.error());
  Loader loader(store, *space, arguments);
  Result<void> loaded;
  {
    Progress progress("loading");
    loaded = load_lines(reader, loader, progress);
  }
  if (!loaded) return Unexpected(at_line(loaded.error(), reader, loader));
  if (const auto synced = store.sync(); !synced) return Unexpected(synced.error());
  if (json)
    return Output::document(counts_json(loader.stored_count(), loader.stored_size_bytes())).and_then(done);
  return Output::line("loaded " + std::to_string(loader.stored_count()) + " entries").and_then(done);
}

void add_load(CLI::App& kv, Invocation& invocation) {
  const auto arguments = std::make_shared<LoadArguments>();
  auto& command =
      *kv.add_subcommand("load", "Stores the entries of a dump; creates the space if it is not there.");
  command.footer(
      "FILE: one JSON object a line, {\"key\": TEXT, \"value\": TEXT}; \"key_base64\" and \"value_base64\"\n"
      "hold bytes that are not UTF-8. A batch is stored all or nothing; of two entries with one key\n"
      "the later one counts.\n"
      "example: holdfast kv load app.hf users users.jsonl --durability buffered");
  add_store_arguments(command, arguments->store);
  command.add_option("SPACE", arguments->space, "name of the key-value space")->required();
  command.add_option("FILE", arguments->file, "the dump, or - for standard input");
  add_durability_option(command, arguments->durability);
  command.add_option("--batch", arguments->batch_count, "entries that are made durable together")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 20))
      ->option_text("N [256]");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation]() -> Result<ExitCode> {
      auto reader = LineReader::open(arguments->file);
      if (!reader) return Unexpected(reader.error());
      return with_store_to_write(
          arguments->store, [&](Store& store) { return load(store, *reader, *arguments, invocation.json); });
    };
  });
}

// --- dump ---

Result<ExitCode> dump(Store& store, const StreamArguments& arguments, bool json) {
  const auto space = existing_space(store, arguments.space);
  if (!space) return Unexpected(space.error());
  auto file = DumpFile::create(arguments.file);
  if (!file) return Unexpected(file.error());
  std::uint64_t entries = 0;
  std::uint64_t size_bytes = 0;
  Result<void> written;
  {
    Progress progress("dumping");
    const auto scanned = space->scan("", [&](std::string_view key, std::string_view value) {
      written = file->line(format_entry(key, value));
      ++entries;
      size_bytes += key.size() + value.size();
      progress.entries(size_bytes, entries);
      return written.has_value();
    });
    if (!scanned) return Unexpected(scanned.error());
  }
  if (!written) return Unexpected(written.error());
  if (const auto finished = file->finish(); !finished) return Unexpected(finished.error());
  if (file->is_standard_output()) return done();
  if (json) return Output::document(counts_json(entries, size_bytes)).and_then(done);
  return Output::line("dumped " + std::to_string(entries) + " entries").and_then(done);
}

void add_dump(CLI::App& kv, Invocation& invocation) {
  const auto arguments = std::make_shared<StreamArguments>();
  auto& command = *kv.add_subcommand("dump", "Writes every entry of a space as text that load takes back.");
  command.footer(
      "FILE must not exist yet; - or none: standard output. One JSON object a line, as load takes it.\n"
      "example: holdfast kv dump app.hf users users.jsonl");
  add_store_arguments(command, arguments->store);
  command.add_option("SPACE", arguments->space, "name of the key-value space")->required();
  command.add_option("FILE", arguments->file, "the file to write, or - for standard output");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(arguments->store,
                                [&](Store& store) { return dump(store, *arguments, invocation.json); });
    };
  });
}

}  // namespace

void add_stream_commands(CLI::App& kv, Invocation& invocation) {
  add_load(kv, invocation);
  add_dump(kv, invocation);
}

}  // namespace holdfast::cli
