#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <holdfast/holdfast.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/entry_printer.hpp"
#include "cli/escape.hpp"
#include "cli/input.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"

namespace holdfast::cli {
namespace {

struct GetArguments {
  StoreArguments store;
  std::string space;
  std::optional<std::string> key;
  bool many = false;
};

Result<void> print_value(const std::string& key, const std::string& value, bool json) {
  if (json) {
    Json document;
    set_bytes(document, "key", key);
    set_bytes(document, "value", value);
    return Output::document(document);
  }
  if (Output::is_terminal()) return Output::line(escape(value, Keep::line_breaks));
  return Output::write(value);
}

Result<ExitCode> get_one(const Kv& space, const std::string& key, bool json) {
  const auto value = space.get(key);
  if (!value) return Unexpected(value.error());
  if (!*value) return key_not_found(key);
  return print_value(key, **value, json).and_then(done);
}

// --- many ---

/// Looks up the keys of a file, a group at a time.
class ManyGets {
 public:
  ManyGets(const Kv& space, bool json) : space_(space), printer_(json) {}

  Result<ExitCode> run(LineReader& reader) {
    if (const auto begun = printer_.begin(); !begun) return Unexpected(begun.error());
    for (bool is_end = false; !is_end;) {
      const auto more = read_group(reader);
      if (!more) return Unexpected(more.error());
      is_end = !*more;
      if (const auto printed = print_group(); !printed) return Unexpected(printed.error());
    }
    if (const auto ended = printer_.end(); !ended) return Unexpected(ended.error());
    if (missing_ == 0) return done();
    return Unexpected(
        Error{.code = ErrorCode::not_found,
              .message = std::to_string(missing_) + " of " + std::to_string(count_) + " keys not found"});
  }

 private:
  static constexpr std::size_t kGroupSize = 1'024;

  /// False at the end.
  Result<bool> read_group(LineReader& reader) {
    keys_.clear();
    std::string line;
    while (keys_.size() < kGroupSize) {
      const auto more = reader.next(line);
      if (!more) return more;
      if (!*more) return false;
      keys_.push_back(line);
    }
    return true;
  }

  Result<void> print_group() {
    const std::vector<std::string_view> keys(keys_.begin(), keys_.end());
    const auto values = space_.multi_get(keys);
    if (!values) return Unexpected(values.error());
    count_ += keys.size();
    Result<void> printed;
    for (std::size_t i = 0; i < keys.size() && printed; ++i) {
      const auto& value = (*values)[i];
      missing_ += value ? 0 : 1;
      printed = value ? printer_.entry(keys[i], *value) : printer_.key(keys[i], /*is_missing=*/true);
    }
    return printed;
  }

  const Kv& space_;
  EntryPrinter printer_;
  std::vector<std::string> keys_;
  std::uint64_t count_ = 0;
  std::uint64_t missing_ = 0;
};

Result<ExitCode> get(const GetArguments& arguments, bool json) {
  return with_store_to_read(arguments.store, [&](Store& store) -> Result<ExitCode> {
    const auto space = existing_space(store, arguments.space);
    if (!space) return Unexpected(space.error());
    if (arguments.key) return get_one(*space, *arguments.key, json);
    auto reader = LineReader::open("-");
    if (!reader) return Unexpected(reader.error());
    return ManyGets(*space, json).run(*reader);
  });
}

}  // namespace

void add_get_command(CLI::App& kv, Invocation& invocation) {
  const auto arguments = std::make_shared<GetArguments>();
  auto& command = *kv.add_subcommand(
      "get", "Writes the value under KEY to standard output, byte for byte; ends with 1 if there is none.");
  command.footer(
      "--many: the keys are the lines of standard input; each comes out with a tab and its value, escaped as "
      "scan\n"
      "does, in their order. One that is not there comes without a tab, and the command ends with 1 then.\n"
      "example: holdfast kv get app.hf users user:1\n"
      "example: cut -f1 names.tsv | holdfast kv get app.hf users --many");
  add_store_arguments(command, arguments->store);
  command.add_option("SPACE", arguments->space, "name of the key-value space")->required();
  auto* const key = command.add_option("KEY", arguments->key, "1 to 65,535 bytes");
  auto* const many = command.add_flag("--many", arguments->many, "look up every line of standard input");
  many->excludes(key);
  command.callback([arguments, &invocation] {
    if (!arguments->key && !arguments->many) throw CLI::RequiredError("KEY or --many");
    invocation.run = [arguments, &invocation] { return get(*arguments, invocation.json); };
  });
}

}  // namespace holdfast::cli
