#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <holdfast/holdfast.hpp>
#include <memory>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/input.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"

namespace holdfast::cli {
namespace {

struct KeyArguments {
  StoreArguments store;
  std::string space;
  std::string key;
};

Result<ExitCode> key_not_found(const std::string& key) {
  return Unexpected(Error{.code = ErrorCode::not_found, .message = "key not found", .path = key});
}

Json key_json(const std::string& key) {
  Json json;
  set_bytes(json, "key", key);
  return json;
}

// --- put ---

Result<ExitCode> put(const KeyArguments& arguments, std::optional<std::string> value, bool json) {
  if (!value || *value == "-") {
    auto input = read_standard_input(kValueSizeBytesMax);
    if (!input) return Unexpected(input.error());
    value = std::move(*input);
  }
  const auto stored = with_store_to_write(arguments.store, [&](Store& store) -> Result<ExitCode> {
    const auto space = store.kv(arguments.space);
    if (!space) return Unexpected(space.error());
    auto kv = *space;
    return kv.put(arguments.key, *value).and_then(done);
  });
  if (!stored || !json) return stored;
  Json document = key_json(arguments.key);
  document["value_size_bytes"] = value->size();
  return Output::document(document).and_then(done);
}

void add_put(CLI::App& kv, Invocation& invocation) {
  struct Arguments : KeyArguments {
    std::optional<std::string> value;
  };
  const auto arguments = std::make_shared<Arguments>();
  auto& command = *kv.add_subcommand(
      "put", "Stores VALUE under KEY, durable when the command ends; creates the space if it is not there.");
  command.footer(
      "VALUE - or none: standard input, any bytes. A VALUE that begins with a dash goes behind --.\n"
      "example: holdfast kv put app.hf users user:1 alice\n"
      "example: holdfast kv put app.hf photos cat < cat.jpeg");
  add_store_arguments(command, arguments->store);
  command.add_option("SPACE", arguments->space, "name of the key-value space")->required();
  command.add_option("KEY", arguments->key, "1 to 65,535 bytes")->required();
  command.add_option("VALUE", arguments->value, "the value, or - for standard input");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] { return put(*arguments, arguments->value, invocation.json); };
  });
}

// --- get ---

Result<void> print_value(const KeyArguments& arguments, const std::string& value, bool json) {
  if (json) {
    Json document = key_json(arguments.key);
    set_bytes(document, "value", value);
    return Output::document(document);
  }
  if (Output::is_terminal()) return Output::line(escape(value, Keep::line_breaks));
  return Output::write(value);
}

Result<ExitCode> get(const KeyArguments& arguments, bool json) {
  return with_store_to_read(arguments.store, [&](Store& store) -> Result<ExitCode> {
    const auto space = existing_space(store, arguments.space);
    if (!space) return Unexpected(space.error());
    const auto value = space->get(arguments.key);
    if (!value) return Unexpected(value.error());
    if (!*value) return key_not_found(arguments.key);
    return print_value(arguments, **value, json).and_then(done);
  });
}

// --- erase ---

Result<ExitCode> erase(const KeyArguments& arguments, bool json) {
  const auto erased = with_store_to_write(arguments.store, [&](Store& store) -> Result<ExitCode> {
    auto space = existing_space(store, arguments.space);
    if (!space) return Unexpected(space.error());
    const auto was_there = space->erase(arguments.key);
    if (!was_there) return Unexpected(was_there.error());
    return *was_there ? done() : key_not_found(arguments.key);
  });
  if (!erased || !json) return erased;
  return Output::document(key_json(arguments.key)).and_then(done);
}

using KeyCommand = Result<ExitCode> (*)(const KeyArguments&, bool json);

void add_key_command(CLI::App& kv, Invocation& invocation, const std::string& name,
                     const std::string& description, KeyCommand run) {
  const auto arguments = std::make_shared<KeyArguments>();
  auto& command = *kv.add_subcommand(name, description);
  command.footer("example: holdfast kv " + name + " app.hf users user:1");
  add_store_arguments(command, arguments->store);
  command.add_option("SPACE", arguments->space, "name of the key-value space")->required();
  command.add_option("KEY", arguments->key, "1 to 65,535 bytes")->required();
  command.callback([arguments, run, &invocation] {
    invocation.run = [arguments, run, &invocation] { return run(*arguments, invocation.json); };
  });
}

}  // namespace

void add_key_commands(CLI::App& kv, Invocation& invocation) {
  add_put(kv, invocation);
  add_key_command(
      kv, invocation, "get",
      "Writes the value under KEY to standard output, byte for byte; ends with 1 if there is none.", get);
  add_key_command(kv, invocation, "erase", "Removes KEY; ends with 1 if it is not there.", erase);
}

}  // namespace holdfast::cli
