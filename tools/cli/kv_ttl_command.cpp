#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Error.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <holdfast/holdfast.hpp>
#include <memory>
#include <optional>
#include <string>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/durations.hpp"
#include "cli/json.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"

namespace holdfast::cli {
namespace {

struct TtlArguments {
  StoreArguments store;
  std::string space;
  std::string key;
  std::optional<std::uint64_t> ttl_ms;  // to be set; 0: never
};

Result<ExitCode> set(const TtlArguments& arguments) {
  return with_store_to_write(arguments.store, [&](Store& store) -> Result<ExitCode> {
    auto space = existing_space(store, arguments.space);
    if (!space) return Unexpected(space.error());
    const auto was_there = space->set_ttl(arguments.key, *arguments.ttl_ms);
    if (!was_there) return Unexpected(was_there.error());
    return *was_there ? done() : key_not_found(arguments.key);
  });
}

std::string text_of(std::optional<std::uint64_t> expires_us) {
  if (!expires_us) return "never";
  const std::chrono::sys_time<std::chrono::seconds> time(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::microseconds(*expires_us)));
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", time);
}

Result<ExitCode> show(const TtlArguments& arguments, bool json) {
  return with_store_to_read(arguments.store, [&](Store& store) -> Result<ExitCode> {
    const auto space = existing_space(store, arguments.space);
    if (!space) return Unexpected(space.error());
    const auto is_there = space->contains(arguments.key);
    if (!is_there) return Unexpected(is_there.error());
    if (!*is_there) return key_not_found(arguments.key);
    const auto expires_us = space->expires_at_us(arguments.key);
    if (!expires_us) return Unexpected(expires_us.error());
    if (!json) return Output::line(text_of(*expires_us)).and_then(done);
    Json document;
    set_bytes(document, "key", arguments.key);
    document["expires_us"] = *expires_us ? Json(**expires_us) : Json(nullptr);
    return Output::document(document).and_then(done);
  });
}

}  // namespace

void add_ttl_command(CLI::App& kv, Invocation& invocation) {
  const auto arguments = std::make_shared<TtlArguments>();
  auto& command = *kv.add_subcommand("ttl", "Shows when KEY expires, or sets how long it still lives.");
  command.footer(
      "Shown is a time in UTC, or never.\n"
      "example: holdfast kv ttl app.hf sessions s:1 30min\n"
      "example: holdfast kv ttl app.hf sessions s:1 never\n"
      "example: holdfast kv ttl app.hf sessions s:1");
  add_store_arguments(command, arguments->store);
  command.add_option("SPACE", arguments->space, "name of the key-value space")->required();
  command.add_option("KEY", arguments->key, "1 to 65,535 bytes")->required();
  const auto take = [arguments](const std::string& text) {
    const auto time = text == "never" ? std::optional(std::chrono::milliseconds(0)) : parse_duration(text);
    if (!time || (time->count() == 0 && text != "never"))
      throw CLI::ValidationError("TIME", "'" + text + "' is not a time like 200ms, 10s or 5min, and not never");
    arguments->ttl_ms = static_cast<std::uint64_t>(time->count());
  };
  command.add_option_function<std::string>("TIME", take, "from now on, like 200ms, 10s or 5min; or never");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return arguments->ttl_ms ? set(*arguments) : show(*arguments, invocation.json);
    };
  });
}

}  // namespace holdfast::cli
