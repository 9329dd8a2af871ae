#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <chrono>
#include <holdfast/holdfast.hpp>
#include <memory>
#include <optional>
#include <string>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
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

Json key_json(const std::string& key) {
  Json json;
  set_bytes(json, "key", key);
  return json;
}

// --- put ---

struct PutArguments : KeyArguments {
  std::optional<std::string> value;
  std::chrono::milliseconds ttl{0};
};

Result<ExitCode> put(const PutArguments& arguments, bool json) {
  std::optional<std::string> value = arguments.value;
  if (!value || *value == "-") {
    auto input = read_standard_input(kValueSizeBytesMax);
    if (!input) return Unexpected(input.error());
    value = std::move(*input);
  }
  const auto stored = with_store_to_write(arguments.store, [&](Store& store) -> Result<ExitCode> {
    const auto space = store.kv(arguments.space);
    if (!space) return Unexpected(space.error());
    auto kv = *space;
    PutOptions options;
    if (arguments.ttl.count() > 0) options.ttl_ms = static_cast<std::uint64_t>(arguments.ttl.count());
    return kv.put(arguments.key, *value, options).and_then(done);
  });
  if (!stored || !json) return stored;
  Json document = key_json(arguments.key);
  document["value_size_bytes"] = value->size();
  return Output::document(document).and_then(done);
}

void add_put(CLI::App& kv, Invocation& invocation) {
  const auto arguments = std::make_shared<PutArguments>();
  auto& command = *kv.add_subcommand(
      "put", "Stores VALUE under KEY, durable when the command ends; creates the space if it is not there.");
  command.footer(
      "VALUE - or none: standard input, any bytes. A VALUE that begins with a dash goes behind --.\n"
      "example: holdfast kv put app.hf users user:1 alice\n"
      "example: holdfast kv put app.hf sessions s:1 alice --ttl 30min\n"
      "example: holdfast kv put app.hf photos cat < cat.jpeg");
  add_store_arguments(command, arguments->store);
  command.add_option("SPACE", arguments->space, "name of the key-value space")->required();
  command.add_option("KEY", arguments->key, "1 to 65,535 bytes")->required();
  command.add_option("VALUE", arguments->value, "the value, or - for standard input");
  add_duration_option(command, "--ttl", arguments->ttl, "the key is gone so long from now [as the space's settings say]");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] { return put(*arguments, invocation.json); };
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

void add_erase(CLI::App& kv, Invocation& invocation) {
  const auto arguments = std::make_shared<KeyArguments>();
  auto& command = *kv.add_subcommand("erase", "Removes KEY; ends with 1 if it is not there.");
  command.footer("example: holdfast kv erase app.hf users user:1");
  add_store_arguments(command, arguments->store);
  command.add_option("SPACE", arguments->space, "name of the key-value space")->required();
  command.add_option("KEY", arguments->key, "1 to 65,535 bytes")->required();
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] { return erase(*arguments, invocation.json); };
  });
}

// --- create ---

void add_create(CLI::App& kv, Invocation& invocation) {
  struct Arguments {
    StoreArguments store;
    std::string space;
    KvSettings settings;
    std::chrono::milliseconds ttl{0};
  };
  const auto arguments = std::make_shared<Arguments>();
  auto& command = *kv.add_subcommand("create", "Creates an empty space; ends with 1 if there is one of that name.");
  command.footer(
      "put and load create a space by themselves; what a space is made with is said here.\n"
      "example: holdfast kv create app.hf events --ordered\n"
      "example: holdfast kv create app.hf cache --keys-max 1000000 --bytes-max 512MiB");
  add_store_arguments(command, arguments->store);
  command.add_option("SPACE", arguments->space, "name of the key-value space")->required();
  command.add_flag("--ordered", arguments->settings.ordered, "keep its keys in order in memory, for kv range");
  add_size_option(command, "--compress-above", arguments->settings.compress_above_bytes,
                  "compress values that are larger (LZ4); 0: none");
  add_duration_option(command, "--ttl", arguments->ttl, "keys are gone so long behind their put [never]");
  command.add_option("--keys-max", arguments->settings.keys_max, "evict keys beyond so many; 0: none")->option_text("N");
  add_size_option(command, "--bytes-max", arguments->settings.bytes_max, "evict keys beyond so many bytes; 0: none");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation]() -> Result<ExitCode> {
      arguments->settings.default_ttl_ms = static_cast<std::uint64_t>(arguments->ttl.count());
      const auto created = with_store_to_write(arguments->store, [&](Store& store) -> Result<ExitCode> {
        const auto space = store.kv(arguments->space, {.mode = OpenMode::create, .settings = arguments->settings});
        if (!space) return Unexpected(space.error());
        return done();
      });
      if (!created || !invocation.json) return created;
      Json document;
      set_bytes(document, "space", arguments->space);
      document["ordered"] = arguments->settings.ordered;
      document["compress_above_bytes"] = arguments->settings.compress_above_bytes;
      document["default_ttl_ms"] = arguments->settings.default_ttl_ms;
      document["keys_max"] = arguments->settings.keys_max;
      document["bytes_max"] = arguments->settings.bytes_max;
      return Output::document(document).and_then(done);
    };
  });
}

}  // namespace

void add_key_commands(CLI::App& kv, Invocation& invocation) {
  add_put(kv, invocation);
  add_erase(kv, invocation);
  add_create(kv, invocation);
}

}  // namespace holdfast::cli
