#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <holdfast/holdfast.hpp>
#include <memory>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/sizes.hpp"
#include "cli/store_reports.hpp"

namespace holdfast::cli {
namespace {

Result<ExitCode> create(const std::string& path, const Options& options, bool json) {
  auto store = Store::open(path, options);
  if (!store) {
    Error error = store.error();
    if (error.path.empty()) error.path = path;
    return Unexpected(error);
  }
  const auto info = store->info();
  if (!info) return Unexpected(info.error());
  const RecoveryReport recovery = store->recovery();
  if (const auto closed = store->close(); !closed) return Unexpected(closed.error());
  if (json) return Output::document(info_json(*info, recovery)).and_then(done);
  return Output::line("created " + escape(path) + ": " + std::string(name(info->backend)) + ", " +
                      format_size(info->size_bytes) + (info->capabilities.durable ? "" : ", not durable"))
      .and_then(done);
}

Result<ExitCode> info(Store& store, bool json) {
  const auto info = store.info();
  if (!info) return Unexpected(info.error());
  if (json) return Output::document(info_json(*info, store.recovery())).and_then(done);
  return Output::write(info_text(*info, store.recovery())).and_then(done);
}

Result<ExitCode> ls(Store& store, bool json) {
  const auto spaces = store.spaces();
  if (!spaces) return Unexpected(spaces.error());
  if (json) return Output::document(spaces_json(*spaces)).and_then(done);
  return Output::write(spaces_text(*spaces)).and_then(done);
}

/// Damage that opening found and verify did not meet again (it no longer reads what recovery gave up).
void add_damage_found_at_open(VerifyReport& report, const RecoveryReport& recovery) {
  for (const Damage& damage : recovery.damage) {
    const auto same_place = [&damage](const Damage& other) {
      return other.segment_id == damage.segment_id && other.range.offset == damage.range.offset;
    };
    if (std::none_of(report.damage.begin(), report.damage.end(), same_place)) report.damage.push_back(damage);
  }
}

Result<ExitCode> verify(Store& store, bool json) {
  Result<VerifyReport> report = [&store] {
    Progress progress("verifying");
    return store.verify([&progress](std::uint64_t done_bytes, std::uint64_t total_bytes) {
      progress.bytes(done_bytes, total_bytes);
    });
  }();
  if (!report) return Unexpected(report.error());
  add_damage_found_at_open(*report, store.recovery());
  const auto printed = json ? Output::document(verify_json(*report)) : Output::write(verify_text(*report));
  if (!printed) return Unexpected(printed.error());
  return report->damage.empty() ? ExitCode::ok : ExitCode::corruption;
}

void add_create(CLI::App& app, Invocation& invocation) {
  struct Arguments {
    std::string path;
    Options options{.mode = OpenMode::create, .sigbus_guard = true};
  };
  const auto arguments = std::make_shared<Arguments>();
  Options& options = arguments->options;
  auto& command =
      *app.add_subcommand("create", "Creates an empty store; never touches what is there already.");
  command.footer("example: holdfast create app.hf --size 1GiB");
  command.add_option("STORE", arguments->path, "path of the new store")->required();
  add_backend_option(command, options.backend);
  add_size_option(command, "--size", options.size_bytes, "first size; the store grows by itself");
  add_size_option(command, "--max-size", options.max_size_bytes, "largest size it may reach");
  add_size_option(command, "--segment-size", options.segment_size_bytes,
                  "a power of two from 64KiB to 64MiB, fixed for the store's life");
  command.add_flag("--emulate-pmem", options.emulate_pmem,
                   "allow a pmem pool on a medium without byte access; nothing on it survives a power cut");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return create(arguments->path, arguments->options, invocation.json);
    };
  });
}

using Report = Result<ExitCode> (*)(Store&, bool json);

void add_report(CLI::App& app, Invocation& invocation, const std::string& name,
                const std::string& description, Report report) {
  const auto arguments = std::make_shared<StoreArguments>();
  auto& command = *app.add_subcommand(name, description);
  command.footer("example: holdfast " + name + " app.hf");
  add_store_arguments(command, *arguments);
  command.callback([arguments, report, &invocation] {
    invocation.run = [arguments, report, &invocation] {
      return with_store_to_read(*arguments, [&](Store& store) { return report(store, invocation.json); });
    };
  });
}

}  // namespace

void add_store_commands(CLI::App& app, Invocation& invocation) {
  add_create(app, invocation);
  add_report(app, invocation, "info", "Shows identity, sizes and what recovery found. Changes nothing.",
             info);
  add_report(app, invocation, "ls", "Lists the spaces of a store. Changes nothing.", ls);
  add_report(app, invocation, "verify",
             "Reads everything in use and checks it; lists damage and then ends with 3. Changes nothing.",
             verify);
}

}  // namespace holdfast::cli
